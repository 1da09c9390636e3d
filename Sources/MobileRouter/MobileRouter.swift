import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Multihoming
import Platform
import Settings

/// mrd: chooses the uplink, keeps the registration, and tells nemonetd both.
///
///     uplink reports → PathPolicy → RegistrationMachine → registrations and Mobility Headers to nemonetd
final class MobileRouter {
    /// How long the end of the program waits for the home agent's answer.
    static let farewell = Instant.Span.seconds(2)
    /// How long it then waits until nemonetd has taken the rest.
    static let flush = Instant.Span.milliseconds(500)

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let counters: CounterPublisher
    private let log: Logger
    private var home: HomeSettings
    private var uplinks: UplinkTable
    private var policy: PathPolicy
    private var policyTimer: EventLoop.Timer?
    private var active: ActivePath?
    /// All that work, the active one first.
    private var usable: [ActivePath] = []
    private var style: AdaptiveRegistrationMachine.Style
    private var registration: HomeRegistration?
    /// Whether nemonetd was asked once what an earlier mrd left behind.
    private var hasAdopted = false
    private var isStopping = false

    /// - Parameter client: Not started yet; its callbacks become this object's.
    init(
        loop: EventLoop, client: MobilitySocketClient, home: HomeSettings, uplinks: [UplinkSettings],
        bindings: PolicySettings.Bindings = .single, log: Logger
    ) {
        style = AdaptiveRegistrationMachine.Style(bindings)
        self.loop = loop
        self.client = client
        self.log = log
        self.home = home
        self.uplinks = UplinkTable(uplinks)
        policy = PathPolicy(excludedPrefixes: Self.excludedPrefixes(home))
        counters = CounterPublisher(
            loop: loop, client: client, names: RegistrationCounter.allCases.map(\.rawValue) + ["uplink_changed"])
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onOverrun = { [unowned self] in dumpUplinks() }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    func connect() { client.start() }

    /// Takes over new settings. A registration of another home address or at another home agent is ended first.
    func reload(
        home: HomeSettings, uplinks: [UplinkSettings], bindings: PolicySettings.Bindings
    ) throws(MobilitySecurityAssociationError) {
        let configuration = try RegistrationConfiguration(home)
        self.home = home
        style = AdaptiveRegistrationMachine.Style(bindings)
        self.uplinks.configure(uplinks)
        policy.excludedPrefixes = Self.excludedPrefixes(home)
        if let registration {
            if registration.configuration.homeAddress == configuration.homeAddress,
                registration.configuration.homeAgent == configuration.homeAgent
            {
                registration.configure(configuration, style: style)
            } else {
                registration.onFinished = { [unowned self] in
                    loop.soon { [weak self] in self?.begin(inherited: []) }
                }
                registration.stop()
            }
        }
        // Somebody who reloads wants the present looked at, not remembered.
        client.send(.movementScan(interfaceIndices: []))
        dumpUplinks()
        decide(.uplinks(self.uplinks.uplinks))
    }

    /// De-registers, takes back what nemonetd was told, and calls `finished`.
    func stop(_ finished: @escaping () -> Void) {
        guard !isStopping else { return }
        isStopping = true
        guard client.isConnected, let registration else { return finished() }
        var isDone = false
        let leave = { [unowned self] in
            guard !isDone else { return }
            isDone = true
            counters.publish()
            client.send(.registrationFlush) { _ in finished() }
            loop.timer(after: Self.flush, finished)
        }
        registration.onFinished = { [unowned self] in loop.soon(leave) }
        loop.timer(after: Self.farewell, leave)
        registration.stop()
    }

    private static func excludedPrefixes(_ home: HomeSettings) -> [IPv6Prefix] {
        home.prefixes + [IPv6Prefix(home.address, length: home.prefixLength)]
    }
}

// MARK: - nemonetd

extension MobileRouter {
    private func connected() {
        log.info("connected to nemonetd")
        counters.publish()
        guard hasAdopted else {
            client.dump(.registrations) { [weak self] in self?.adopt($0) }
            return
        }
        registration?.announceAll()
        client.send(.registrationSweep)
        dumpUplinks()
    }

    /// What nemonetd still holds tells a restarted mrd where its predecessor stood.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        begin(
            inherited: messages.compactMap { if case .registrationAdd(let entry) = $0 { entry } else { nil } })
        client.send(.registrationSweep)
        dumpUplinks()
    }

    private func begin(inherited: [RegistrationEntry]) {
        guard !isStopping else { return }
        do throws(MobilitySecurityAssociationError) {
            let registration = HomeRegistration(
                try RegistrationConfiguration(home), style: style, homePrefixLength: home.prefixLength,
                inherited: inherited,
                loop: loop, client: client, counters: counters, log: log,
                interfaceName: { [unowned self] in uplinks.name(of: $0) })
            registration.onEvent = { [unowned self] in publish($0, $1) }
            self.registration = registration
            registration.start()
        } catch {
            log.error("the key of home cannot be used: \(error)")
        }
        tellPath()
    }

    private func dumpUplinks() {
        client.dump(.uplinks) { [weak self] result in
            guard let self, case .success(let messages) = result else { return }
            for case .uplinkReport(let report) in messages { _ = uplinks.update(report) }
            decide(.uplinks(uplinks.uplinks))
        }
    }

    private func receive(_ message: MobilitySocketMessage) {
        switch message {
        case .uplinkReport(let report):
            if uplinks.update(report) { decide(.uplinks(uplinks.uplinks)) }
        case .uplinkGone(let index):
            uplinks.remove(index: index)
            decide(.uplinks(uplinks.uplinks))
        case .mobilityReceived(let datagram): registration?.receive(datagram)
        default: break
        }
    }

    private func publish(_ name: String, _ detail: String) {
        client.send(
            .event(EventRecord(time: loop.now, program: Role.mobileRouter.program, event: name, detail: detail)))
    }
}

// MARK: - Paths

extension MobileRouter {
    private func decide(_ event: PathPolicy.Event) {
        let decision = policy.handle(event, at: loop.now)
        policyTimer?.cancel()
        policyTimer = policy.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.decide(.timer) }
        }
        if decision.active?.index != active?.index {
            counters.count("uplink_changed")
            let name = decision.active?.name
            log.info("\(name.map { "\($0) carries the traffic" } ?? "no uplink is usable")")
            publish(name == nil ? "uplink_lost" : "uplink_active", name ?? "no uplink is usable")
        }
        for verdict in decision.verdicts { log.debug("\(verdict.name): \(verdict.reason.text)") }
        active = decision.active
        usable = decision.usable
        tellPath()
    }

    private func tellPath() {
        let careOf = active.map { CareOf(address: $0.careOfAddress, interfaceIndex: $0.index) }
        let paths = usable.compactMap { path in
            uplinks.bindingIdentifier(of: path.name).map {
                RegistrationPath(
                    identifier: $0, careOf: CareOf(address: path.careOfAddress, interfaceIndex: path.index))
            }
        }
        registration?.use(careOf, paths: paths, uplinks: uplinks)
    }
}
