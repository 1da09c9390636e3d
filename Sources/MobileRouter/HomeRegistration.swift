import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Wiring

/// One registration machine between the event loop and nemonetd: events go in, actions are performed, in their order.
final class HomeRegistration {
    let configuration: RegistrationConfiguration
    private var style: AdaptiveRegistrationMachine.Style
    /// The ways that the machine was told last.
    private var paths: [RegistrationPath] = []
    /// The care-of address that the machine was told last.
    private(set) var careOf: CareOf?
    /// The machine has de-registered, or given up to.
    var onFinished: () -> Void = {}
    /// What became of the registration, for monitors: a stable name and a sentence.
    var onEvent: (String, String) -> Void = { _, _ in }

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let counters: CounterPublisher
    private let log: Logger
    private let interfaceName: (UInt32) -> String
    private var machine: AdaptiveRegistrationMachine
    private var table: RegistrationTable
    private var timer: EventLoop.Timer?
    private var told: (state: Registration.State, careOf: CareOf?)?
    private var toldPaths: [UInt16: MultipleRegistration.State] = [:]

    /// - Parameters:
    ///   - inherited: What nemonetd still holds of a program that ran before.
    ///   - interfaceName: The name of the interface with an index.
    init(
        _ configuration: RegistrationConfiguration, style: AdaptiveRegistrationMachine.Style, homePrefixLength: UInt8,
        inherited: [RegistrationEntry],
        loop: EventLoop, client: MobilitySocketClient, counters: CounterPublisher, log: Logger,
        interfaceName: @escaping (UInt32) -> String
    ) {
        self.configuration = configuration
        self.style = style
        self.loop = loop
        self.client = client
        self.counters = counters
        self.log = log
        self.interfaceName = interfaceName
        table = RegistrationTable(
            homeAddress: configuration.homeAddress, homePrefixLength: homePrefixLength,
            homeAgent: configuration.homeAgent)
        let last = table.adopt(inherited, at: loop.now)
        if table.isInheriting { log.notice("an earlier registration goes on forwarding until it is renewed") }
        var generator = SystemRandomNumberGenerator()
        machine = AdaptiveRegistrationMachine(configuration, style: style, seed: generator.next(), after: last)
    }

    func start() { handle(.start(wallClock: NTPTimestamp(rawValue: WallClock.ntp()))) }

    func stop() { handle(.stop) }

    func receive(_ datagram: MobilityDatagram) { handle(.messageReceived(MobilityEnvelope(datagram))) }

    func configure(_ configuration: RegistrationConfiguration, style: AdaptiveRegistrationMachine.Style) {
        self.style = style
        handle(.configurationChanged(configuration, style))
    }

    /// The care-of address to use, all that could be used, best first, and the uplinks as they are.
    func use(_ careOf: CareOf?, paths: [RegistrationPath], uplinks: UplinkTable) {
        // Before the first report of an uplink nothing speaks against what was adopted.
        table.dropInherited { !uplinks.isKnown($0.interfaceIndex) || uplinks.isUsable($0) }
        let isUsable = uplinks.isUsable
        let previous = self.careOf
        // In a planned hand-over the address before still carries; its end makes the hand-over an unplanned one.
        let carrier = table.plan.active ?? previous
        let carrierWorks = carrier.map(isUsable) ?? false
        guard
            careOf != previous || paths != self.paths
                || (carrier != careOf && !carrierWorks && table.plan.active != nil)
        else { return announce() }
        self.careOf = careOf
        self.paths = paths
        handle(
            .pathsChanged(
                paths, active: careOf, previousUsable: carrierWorks && (previous.map(isUsable) ?? false)))
    }

    /// Tells nemonetd everything, after a new hello.
    func announceAll() {
        for message in table.announceAll(at: loop.now, name: interfaceName) { client.send(message) }
    }

}

extension HomeRegistration {
    private func handle(_ event: AdaptiveRegistrationMachine.Event) {
        let actions = machine.handle(event, at: loop.now)
        for action in actions {
            switch action {
            case .takenOver(let isMultiple): table.startOver(isMultiple: isMultiple, at: loop.now)
            case .tunnels(let plan): table.set(plan)
            case .reportMultiple(let registration): table.set(registration)
            default: break
            }
        }
        for case .report(let registration) in actions { table.set(registration) }
        // First the table, so that traffic moves and nemonetd listens where the answers will come.
        announce()
        for action in actions { perform(action) }
        timer?.cancel()
        timer = machine.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.handle(.timer) }
        }
    }

    private func announce() {
        guard client.isConnected else { return }
        for message in table.announceChanges(at: loop.now, name: interfaceName) {
            client.send(message) { [weak self] refusal in
                // What is to be deleted may have ended by its own lifetime a moment before.
                guard let refusal, refusal.code != .notConnected, refusal.code != .noSuchEntry else { return }
                self?.log.error("nemonetd refused: \(refusal)")
            }
        }
    }

    private func perform(_ action: AdaptiveRegistrationMachine.Action) {
        switch action {
        case .send(let envelope): client.send(.mobilitySend(MobilityDatagram(envelope)))
        case .tunnels: break
        case .takenOver(let isMultiple):
            log.info("registering \(isMultiple ? "every uplink that works" : "one uplink at a time")")
            told = nil
            toldPaths = [:]
        case .report(let registration): tell(registration)
        case .reportMultiple(let registration): tell(registration)
        case .count(let counter): counters.count(counter.rawValue)
        case .log(let severity, let text): log.log(level: Logger.Level(severity), "\(text)")
        case .finished:
            onFinished()
        }
    }

    private func tell(_ registration: Registration) {
        let before = told
        guard before?.state != registration.state || before?.careOf != registration.careOf else { return }
        told = (registration.state, registration.careOf)
        let uplink = registration.careOf.map { interfaceName($0.interfaceIndex) } ?? "no uplink"
        switch registration.state {
        case .registered:
            onEvent("registered", "over \(uplink), for \(Int64(registration.lifetime.seconds)) s")
        case .refused: onEvent("refused", registration.status?.name ?? "")
        case .registering: onEvent("registering", "over \(uplink)")
        case .deregistering: onEvent("deregistering", "over \(uplink)")
        case .idle: if before != nil { onEvent("idle", "no registration") }
        }
    }

    private func tell(_ registration: MultipleRegistration) {
        for path in registration.paths where path.state != .retiring && toldPaths[path.identifier] != path.state {
            toldPaths[path.identifier] = path.state
            let uplink = interfaceName(path.careOf.interfaceIndex)
            switch path.state {
            case .registered:
                onEvent("registered", "over \(uplink), for \(path.lifetime.milliseconds / 1000) s")
            case .refused: onEvent("refused", path.status?.name ?? "no answer over \(uplink)")
            case .registering: onEvent("registering", "over \(uplink)")
            case .deregistering: onEvent("deregistering", "over \(uplink)")
            case .retiring: break
            }
        }
        let present = Set(registration.paths.map(\.identifier))
        toldPaths = toldPaths.filter { present.contains($0.key) }
    }
}
