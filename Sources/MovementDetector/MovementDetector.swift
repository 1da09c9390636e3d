import Console
import Logging
import MobilitySocket
import MobilityWire
import Platform
import Settings

/// babymdd: hears from the kernel about the uplinks and tells nemonetd, which tells everybody.
///
/// Needs no privileges: what is to be asked of a link's routers, nemonetd asks, or has the kernel ask.
final class MovementDetector {
    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let counters: CounterPublisher
    private let log: Logger
    private var tracker: UplinkTracker
    private var monitor: RouteMonitor?
    private var kernel: RouteNetlink?
    private var rereading: EventLoop.Timer?
    private var asking: EventLoop.Timer?
    private var usage = UsageMeter()
    private var managed = ManagedLinks()
    private var managedFolder: ManagedFolder
    private var believing: EventLoop.Timer?
    private var radios: RadioWatch?
    private var sleep: SleepMonitor?
    private var reading: EventLoop.Timer?
    /// A limit of a month is not met within ten seconds, and the time that counts is the provider's.
    private static let usageInterval: Instant.Span = .seconds(10)
    /// Routers that did not answer are asked again so often: the kernel asks three times within three seconds, and then
    /// gives up (RFC 4861 §10).
    private static let patience: Instant.Span = .seconds(5)
    private static let flagReturned = "managed_flag_returned"
    /// As last logged, by name.
    private var states: [String: UplinkReport.State] = [:]
    /// Whether nemonetd may know uplinks of a detector before this one.
    private var isSweepDue = false

    /// - Parameter client: Not started yet; its callbacks become this object's.
    init(loop: EventLoop, client: MobilitySocketClient, uplinks: [UplinkSettings], log: Logger) {
        self.loop = loop
        self.client = client
        self.log = log
        tracker = UplinkTracker(uplinks)
        managedFolder = ManagedFolder(log: log)
        counters = CounterPublisher(
            loop: loop, client: client,
            names: [
                "uplink_report_sent", "movement_scan_received", "kernel_overrun", "router_probe_asked",
                "router_solicitation_asked", Self.flagReturned,
            ])
        client.onConnected = { [unowned self] in
            self.log.info("connected to nemonetd")
            counters.publish()
            reportAll()
            isSweepDue = true
            sweep()
            // Nobody was there to ask them meanwhile.
            carryOut(tracker.repeats(onlyUnreachable: false))
            usage.forget()
            tellUsage()
        }
        client.onMessage = { [unowned self] in receive($0) }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    private func receive(_ message: MobilitySocketMessage) {
        guard case .movementScan(let indices) = message else { return }
        counters.count("movement_scan_received")
        reread()
        carryOut(tracker.scan(indices))
        reportAll()
    }

    /// The machine may have woken up anywhere.
    private func wake() {
        log.notice("the machine has slept; asking on all uplinks")
        reread()
        carryOut(tracker.wake())
    }

    private func observe(_ event: RouteMonitor.Event) {
        if event == .overrun {
            counters.count("kernel_overrun")
            log.notice("the kernel had more news than could be read; reading everything anew")
            return reread()
        }
        let undone = managed.withdrawalsUndone
        if managed.handle(event, at: loop.now) { tellManaged() }
        if managed.withdrawalsUndone != undone { counters.count(Self.flagReturned) }
        guard let observation = LinkObservation(event) else { return }
        carryOut(tracker.handle(observation))
    }

    /// Reads all tables of the kernel. After a failure (the tables kept changing, or no memory) again a moment later.
    private func reread() {
        rereading?.cancel()
        rereading = nil
        guard let kernel else { return }
        do throws(PlatformError) {
            carryOut(tracker.handle(try LinkObservation(kernel)))
            sweep()
            managed.handle(everything: try kernel.links(), at: loop.now)
            tellManaged()
        } catch {
            log.warning("\(error); trying again")
            rereading = loop.timer(after: .milliseconds(200)) { [weak self] in self?.reread() }
        }
    }

    /// Tells of the uplinks where addresses come by DHCPv6.
    private func tellManaged() {
        managedFolder.tell(managed.managed(at: loop.now), of: Set(tracker.reports.map(\.name)))
        believing?.cancel()
        believing = managed.nextDeadline(after: loop.now).map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.tellManaged() }
        }
    }

    private func carryOut(_ outputs: [UplinkTracker.Output]) {
        for output in outputs {
            switch output {
            case .report(let report):
                send(report)
                guard states.updateValue(report.state, forKey: report.name) != report.state else { continue }
                log.info("\(report.name): \(report.text)")
                publish(report)
            case .gone(let index, let name):
                client.send(.uplinkGone(interfaceIndex: index, name: name))
                if let name { states[name] = nil }
            case .probe(let index, let router):
                counters.count("router_probe_asked")
                tell(.routerProbe(interfaceIndex: index, router: router))
            case .solicit(let index):
                counters.count("router_solicitation_asked")
                tell(.routerSolicit(interfaceIndex: index))
            }
        }
        askAgain()
        radios?.watch(Set(tracker.reports.filter(\.state.isOn).map(\.interfaceIndex)))
    }

    /// Sends what nemonetd may refuse: that an uplink goes meanwhile is nothing to complain of.
    private func tell(_ message: MobilitySocketMessage) {
        client.send(message) { [log] refusal in
            if let refusal { log.debug("nemonetd refused: \(refusal)") }
        }
    }

    /// Tells what the uplinks have carried, now and from then on.
    private func tellUsage() {
        reading?.cancel()
        reading = loop.timer(after: Self.usageInterval) { [weak self] in self?.tellUsage() }
        hearModems()
        guard let kernel, client.isConnected else { return }
        do throws(PlatformError) {
            let counters = try kernel.traffic()
            for changed in usage.take(counters, uplinks: tracker.reports.map(\.interfaceIndex)) {
                tell(.uplinkUsage(changed))
            }
        } catch {
            log.debug("\(error)")
        }
    }

    /// Takes what shisamodem tells.
    private func hearModems() {
        for report in tracker.reports where report.type == UplinkSettings.Kind.cellular.rawValue {
            carryOut(tracker.handle(.modem(name: report.name, ModemFile.read(report.name))))
        }
    }

    private func askAgain() {
        guard tracker.hasUnreachable, asking?.isPending != true else { return }
        asking = loop.timer(after: Self.patience) { [weak self] in
            guard let self else { return }
            carryOut(tracker.repeats(onlyUnreachable: true))
        }
    }

    private func reportAll() {
        for report in tracker.reports { send(report) }
    }

    /// Has nemonetd forget what is no uplink any more, once it has been told of those that are.
    private func sweep() {
        guard isSweepDue, client.isConnected, !tracker.reports.isEmpty else { return }
        isSweepDue = false
        tell(.uplinkSweep)
    }

    private func send(_ report: UplinkReport) {
        counters.count("uplink_report_sent")
        client.send(.uplinkReport(report))
    }

    private func publish(_ report: UplinkReport) {
        client.send(
            .event(
                EventRecord(
                    time: loop.now, program: Role.detector.program,
                    event: report.state == .up ? "uplink_up" : "uplink_down",
                    detail: "\(report.name): \(report.text)", uplink: report.name)))
    }
}

extension MovementDetector: Daemon {
    func start() throws(PlatformError) {
        // First the news, then the tables: what changes in between comes twice and not never.
        let monitor = try RouteMonitor(neighbors: true)
        try monitor.start(on: loop) { [weak self] in self?.observe($0) }
        self.monitor = monitor
        kernel = try RouteNetlink()
        let open = { () throws(PlatformError) in try RadioNetlink() as any Radios }
        radios = RadioWatch(loop: loop, log: log, open: open) { [weak self] observation in
            guard let self else { return }
            carryOut(tracker.handle(observation))
        }
        sleep = try SleepMonitor(on: loop) { [weak self] in self?.wake() }
        reread()
        client.start()
    }

    func reload(_ settings: ShisaSettings) throws(DaemonError) {
        try Self.check(settings)
        carryOut(tracker.configure(settings.uplinks))
        tellManaged()
        // Of the neighbours of a link that was none of the uplinks nothing is known.
        reread()
    }

    func publish(_ event: String, _ detail: String) {
        client.send(
            .event(EventRecord(time: loop.now, program: Role.detector.program, event: event, detail: detail)))
    }

    func stop(_ finished: @escaping () -> Void) {
        counters.publish()
        client.stop()
        finished()
    }

    static func check(_ settings: ShisaSettings) throws(DaemonError) {
        guard !settings.uplinks.isEmpty else {
            throw DaemonError("babymdd watches the group uplinks, which is missing")
        }
    }
}

extension UplinkReport.State {
    /// Whether the link has carrier.
    fileprivate var isOn: Bool {
        switch self {
        case .absent, .down, .noCarrier: false
        case .noAddress, .noRouter, .up: true
        }
    }
}

extension UplinkReport {
    /// Its state for people.
    fileprivate var text: String {
        switch state {
        case .absent: "no such interface"
        case .down: "switched off"
        case .noCarrier: "no carrier"
        case .noAddress: "no address"
        case .noRouter: routerState == .unreachable ? "the router does not answer" : "no router"
        case .up: "up"
        }
    }
}
