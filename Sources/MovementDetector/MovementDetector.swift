import Console
import Logging
import MobilitySocket
import MobilityWire
import Platform
import Settings

/// babymdd: hears from the kernel about the uplinks and tells nemonetd, which tells everybody.
///
/// Needs no privileges. Routers are solicited by the kernel itself when a link comes up.
final class MovementDetector {
    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let counters: CounterPublisher
    private let log: Logger
    private var tracker: UplinkTracker
    private var monitor: RouteMonitor?
    private var kernel: RouteNetlink?
    private var rereading: EventLoop.Timer?
    /// As last logged, by name.
    private var states: [String: UplinkReport.State] = [:]

    /// - Parameter client: Not started yet; its callbacks become this object's.
    init(loop: EventLoop, client: MobilitySocketClient, uplinks: [UplinkSettings], log: Logger) {
        self.loop = loop
        self.client = client
        self.log = log
        tracker = UplinkTracker(uplinks)
        counters = CounterPublisher(
            loop: loop, client: client, names: ["uplink_report_sent", "movement_scan_received", "kernel_overrun"])
        client.onConnected = { [unowned self] in
            self.log.info("connected to nemonetd")
            counters.publish()
            reportAll()
        }
        client.onMessage = { [unowned self] in receive($0) }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    private func receive(_ message: MobilitySocketMessage) {
        guard case .movementScan = message else { return }
        counters.count("movement_scan_received")
        reread()
        reportAll()
    }

    private func observe(_ event: RouteMonitor.Event) {
        if event == .overrun {
            counters.count("kernel_overrun")
            log.notice("the kernel had more news than could be read; reading everything anew")
            return reread()
        }
        guard let observation = LinkObservation(event) else { return }
        report(tracker.handle(observation))
    }

    /// Reads all tables of the kernel. After a failure (the tables kept changing, or no memory) again a moment later.
    private func reread() {
        rereading?.cancel()
        rereading = nil
        guard let kernel else { return }
        do throws(PlatformError) {
            report(tracker.handle(try LinkObservation(kernel)))
        } catch {
            log.warning("\(error); trying again")
            rereading = loop.timer(after: .milliseconds(200)) { [weak self] in self?.reread() }
        }
    }

    private func report(_ outputs: [UplinkTracker.Output]) {
        for output in outputs {
            switch output {
            case .report(let report):
                send(report)
                guard states.updateValue(report.state, forKey: report.name) != report.state else { continue }
                log.info("\(report.name): \(report.state.text)")
                publish(report)
            case .gone(let index):
                client.send(.uplinkGone(interfaceIndex: index))
            }
        }
    }

    private func reportAll() {
        for report in tracker.reports { send(report) }
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
                    detail: "\(report.name): \(report.state.text)")))
    }
}

extension MovementDetector: Daemon {
    func start() throws(PlatformError) {
        // First the news, then the tables: what changes in between comes twice and not never.
        let monitor = try RouteMonitor()
        try monitor.start(on: loop) { [weak self] in self?.observe($0) }
        self.monitor = monitor
        kernel = try RouteNetlink()
        reread()
        client.start()
    }

    func reload(_ settings: ShisaSettings) throws(DaemonError) {
        try Self.check(settings)
        report(tracker.configure(settings.uplinks))
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
    /// For people.
    var text: String {
        switch self {
        case .absent: "no such interface"
        case .down: "switched off"
        case .noCarrier: "no carrier"
        case .noAddress: "no address"
        case .noRouter: "no router"
        case .up: "up"
        }
    }
}
