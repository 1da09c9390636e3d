import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import RouteOptimization
import Settings
import Wiring

/// cnd: answers the tests and the Binding Updates of mobile nodes, and tells nemonetd whom to send to directly.
final class CorrespondentNode {
    let client: MobilitySocketClient
    let counters: CounterPublisher
    private(set) var machine: CorrespondentMachine
    private let loop: EventLoop
    private let log: Logger
    private var timer: EventLoop.Timer?
    private lazy var reporter = ProgramStateReporter(loop: loop, client: client) { [unowned self] in
        .init(
            timers: CorrespondentMachine.Timer.allCases.compactMap { timer in
                let (waiting, due) = machine.pending(timer)
                return PendingTimer(timer.rawValue, waiting: waiting, due: due)
            })
    }
    /// A stranger can cause as many bindings as he likes, and what else happened must not be washed out of everybody's
    /// sight. All of them are counted.
    private var events = RateLimit(perSecond: 1, burst: 10)
    /// What was counted and is to be told with what comes next: whose it is.
    private var news: CorrespondentCounter?
    /// Whether nemonetd was asked once for the bindings of an earlier cnd.
    private var hasAdopted = false

    /// - Parameters:
    ///   - client: Not started yet; its callbacks become this object's.
    ///   - secret: the first node key and nonce.
    init(
        loop: EventLoop, client: MobilitySocketClient, configuration: CorrespondentConfiguration, secret: NodeSecret,
        log: Logger
    ) {
        self.loop = loop
        self.client = client
        self.log = log
        machine = CorrespondentMachine(configuration, secret: secret)
        counters = CounterPublisher(
            loop: loop, client: client, names: CorrespondentCounter.allCases.map(\.rawValue))
        client.hello.addresses = configuration.addresses.sorted()
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    func connect() { client.start() }

    /// Takes over new settings; bindings that they do not allow end.
    func reload(_ configuration: CorrespondentConfiguration) {
        handle(.configurationChanged(configuration))
        let addresses = configuration.addresses.sorted()
        guard client.hello.addresses != addresses else { return }
        client.hello.addresses = addresses
        guard client.isConnected else { return }
        client.sayHello()
        announceAll()
    }

    /// Leaves the bindings with nemonetd. Whoever sends by one cannot be told that it ended, and would send into a black
    /// hole until it wants to refresh it; as it is, the refresh fails, and packets take the way over the home agent again
    /// before the binding ends.
    func stop(_ finished: @escaping () -> Void) {
        timer?.cancel()
        guard client.isConnected else { return finished() }
        counters.publish()
        // What was sent before has been taken when this is answered.
        client.dump(.status) { _ in finished() }
        loop.timer(after: Self.farewell, finished)
    }

    /// How long the end of the program waits for nemonetd.
    private static let farewell = Instant.Span.seconds(1)
}

// MARK: - nemonetd

extension CorrespondentNode {
    private func connected() {
        log.info("connected to nemonetd")
        counters.publish()
        reporter.connected()
        guard hasAdopted else {
            client.dump(.bindings) { [weak self] in self?.adopt($0) }
            return
        }
        announceAll()
    }

    /// nemonetd goes on forwarding while cnd restarts; what the settings still allow stays as it is.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        let bindings: [Binding] = messages.compactMap { message in
            guard case .bindingAdd(let entry) = message, entry.kind == .correspondent else { return nil }
            return Binding(entry, at: loop.now)
        }
        if !bindings.isEmpty { log.notice("found \(bindings.count) bindings from before") }
        handle(.restored(bindings))
        announceAll()
    }

    private func announceAll() {
        for binding in machine.cache.bindings { install(binding) }
        client.send(.bindingSweep)
    }

    private func receive(_ message: MobilitySocketMessage) {
        switch message {
        case .mobilityReceived(let datagram): handle(.messageReceived(MobilityEnvelope(datagram)))
        case .bindingMissing(let homeAddress, let peer, let correspondent):
            handle(.bindingMissing(peer: peer, homeAddress: homeAddress, correspondent: correspondent))
        case .bindingUsed(let homeAddress, let correspondent):
            handle(.bindingUsed(homeAddress: homeAddress, correspondent: correspondent))
        case .bindingRevoke(let homeAddresses):
            for homeAddress in homeAddresses { handle(.revoke(homeAddress: homeAddress)) }
        default: break
        }
    }

    private func install(_ binding: Binding) {
        client.send(.bindingAdd(BindingEntry(binding, kind: .correspondent, at: loop.now))) { [weak self] refusal in
            guard let self, let refusal, refusal.code != .notConnected else { return }
            log.error("nemonetd does not take a binding: \(refusal)")
            handle(.revoke(homeAddress: binding.homeAddress))
        }
    }
}

// MARK: - The machine

extension CorrespondentNode {
    private func handle(_ event: CorrespondentMachine.Event) {
        for action in machine.handle(event, at: loop.now) { perform(action) }
        reporter.note()
        let next = machine.nextDeadline
        if let timer, timer.isPending, timer.deadline == next { return }
        timer?.cancel()
        timer = next.map { deadline in loop.timer(at: deadline) { [weak self] in self?.handle(.timer) } }
    }

    private func perform(_ action: CorrespondentMachine.Action) {
        switch action {
        case .send(let envelope):
            client.send(.mobilitySend(MobilityDatagram(envelope))) { [log] refusal in
                if let refusal { log.debug("a message was not sent: \(refusal)") }
            }
            tellRefusal(envelope)
        case .install(let binding):
            install(binding)
            tellChange(binding)
        case .remove(let binding, let reason):
            client.send(
                .bindingDelete(
                    homeAddress: binding.homeAddress, bindingIdentifier: nil, correspondent: binding.homeAgent)
            ) { _ in }
            tell("binding_removed", "\(binding.homeAddress): \(reason.rawValue)")
        case .drawSecret: drawSecret()
        case .count(let counter): count(counter)
        case .log(let severity, let text): log.log(level: LogLevel(severity), text)
        }
    }

    private func drawSecret() {
        guard let octets = try? RandomBytes.make(NodeSecret.octetCount), let secret = try? NodeSecret(octets) else {
            return log.error("the system has no randomness: mobile nodes cannot be tested until it has")
        }
        handle(.secret(secret))
    }

    private func count(_ counter: CorrespondentCounter) {
        counters.count(counter.rawValue)
        switch counter {
        case .bindingCreated, .bindingMoved: news = counter
        case .acknowledgementSent(let status): news = status.isAccepted ? nil : counter
        default: break
        }
    }

    /// The refusal that was counted last is this one.
    private func tellRefusal(_ envelope: MobilityEnvelope) {
        guard case .acknowledgementSent(let status)? = news else { return }
        news = nil
        let homeAddress = envelope.routingHeader ?? envelope.destination
        tell("refused", "\(homeAddress) at \(envelope.destination): \(status.words)")
    }

    private func tellChange(_ binding: Binding) {
        guard let counter = news else { return }
        news = nil
        let total = machine.cache.count == 1 ? "the only binding" : "one of \(machine.cache.count) bindings"
        tell(counter.rawValue, "\(binding.homeAddress) at \(binding.careOfAddress), \(total)")
    }

    /// What strangers can cause.
    private func tell(_ name: String, _ detail: String) {
        if events.allow(at: loop.now) { publish(name, detail) }
    }

    func publish(_ name: String, _ detail: String) {
        client.send(
            .event(
                EventRecord(time: loop.now, program: Role.correspondentNode.program, event: name, detail: detail)))
    }
}
