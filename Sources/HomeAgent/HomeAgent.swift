import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Wiring

/// had: takes Binding Updates from nemonetd, decides, and tells nemonetd what to forward.
final class HomeAgent {
    /// How long the end of the program waits until nemonetd has taken the bindings back.
    static let flush = Instant.Span.seconds(1)

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let counters: CounterPublisher
    private let log: Logger
    private var machine: HomeAgentMachine
    private var timer: EventLoop.Timer?
    /// Refusals that are told as events: a stranger can cause as many as he likes, and what else happened must not be
    /// washed out of everybody's sight. All of them are counted.
    private var refusalEvents = RateLimit(perSecond: 1, burst: 10)
    /// Whether nemonetd was asked once for the bindings of an earlier had.
    private var hasAdopted = false
    /// The time of day at the start, which then runs on the monotonic clock: whoever sets the wall clock later locks
    /// nobody out.
    private let wallClock: (reading: NTPTimestamp, at: Instant)

    /// - Parameter client: Not started yet; its callbacks become this object's.
    init(
        loop: EventLoop, client: MobilitySocketClient, settings: HomeAgentSettings, log: Logger
    ) throws(MobilitySecurityAssociationError) {
        self.loop = loop
        self.client = client
        self.log = log
        machine = HomeAgentMachine(try HomeAgentConfiguration(settings))
        counters = CounterPublisher(
            loop: loop, client: client, names: HomeAgentCounter.allCases.map(\.rawValue))
        wallClock = (NTPTimestamp(rawValue: WallClock.ntp()), loop.now)
        client.hello.addresses = settings.addresses
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
        handle(.start)
    }

    func connect() { client.start() }

    /// Takes over new settings; bindings that they do not allow end.
    func reload(_ settings: HomeAgentSettings) throws(MobilitySecurityAssociationError) {
        handle(.configurationChanged(try HomeAgentConfiguration(settings)))
        guard client.hello.addresses != settings.addresses else { return }
        client.hello.addresses = settings.addresses
        guard client.isConnected else { return }
        client.sayHello()
        announceAll()
    }

    /// Takes the bindings back from nemonetd and calls `finished`.
    func stop(_ finished: @escaping () -> Void) {
        guard client.isConnected else { return finished() }
        counters.publish()
        client.send(.bindingFlush) { _ in finished() }
        loop.timer(after: Self.flush, finished)
    }
}

// MARK: - nemonetd

extension HomeAgent {
    private func connected() {
        log.info("connected to nemonetd")
        counters.publish()
        guard hasAdopted else {
            client.dump(.bindings) { [weak self] in self?.adopt($0) }
            return
        }
        announceAll()
    }

    /// nemonetd goes on forwarding while had restarts; what the configuration still allows stays as it is.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        let bindings = messages.compactMap { message in
            if case .bindingAdd(let entry) = message { Binding(entry, at: loop.now) } else { nil }
        }
        if !bindings.isEmpty { log.notice("found \(bindings.count) bindings from before") }
        handle(.restored(bindings))
        client.send(.bindingSweep)
    }

    private func announceAll() {
        for binding in machine.cache.bindings { install(binding) }
        client.send(.bindingSweep)
    }

    private func receive(_ message: MobilitySocketMessage) {
        switch message {
        case .mobilityReceived(let datagram):
            handle(.messageReceived(MobilityEnvelope(datagram), wallClock: now))
        case .bindingMissing(let homeAddress, let peer, let homeAgentAddress):
            handle(.bindingMissing(peer: peer, homeAddress: homeAddress, agent: homeAgentAddress))
        default: break
        }
    }

    private var now: NTPTimestamp { wallClock.reading + (loop.now - wallClock.at) }

    private func install(_ binding: Binding) {
        client.send(.bindingAdd(BindingEntry(binding, at: loop.now))) { [weak self] refusal in
            guard let self, let refusal, refusal.code != .notConnected else { return }
            log.error("nemonetd does not forward for \(Self.title(binding)): \(refusal)")
            handle(.revoke(homeAddress: binding.homeAddress))
        }
    }
}

// MARK: - The machine

extension HomeAgent {
    private func handle(_ event: HomeAgentMachine.Event) {
        for action in machine.handle(event, at: loop.now) { perform(action) }
        timer?.cancel()
        timer = machine.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.handle(.timer) }
        }
    }

    private func perform(_ action: HomeAgentMachine.Action) {
        switch action {
        case .send(let envelope): client.send(.mobilitySend(MobilityDatagram(envelope)))
        case .install(let binding): install(binding)
        case .remove(let binding, let reason):
            client.send(.bindingDelete(homeAddress: binding.homeAddress, bindingIdentifier: binding.identifier)) { _ in
            }
            publish("binding_removed", "\(Self.title(binding)): \(reason.rawValue)")
        case .detectDuplicates, .stopDetecting: break  // The home network is a virtual one.
        case .count(let counter): count(counter)
        case .log(let severity, let text): log.log(level: Logger.Level(severity), "\(text)")
        }
    }

    private func count(_ counter: HomeAgentCounter) {
        counters.count(counter.rawValue)
        switch counter {
        case .bindingCreated, .bindingMoved: publish(counter.rawValue, "\(machine.cache.count) bindings")
        case .acknowledgementSent(let status) where !status.isAccepted:
            if refusalEvents.allow(at: loop.now) { publish("refused", status.name) }
        default: break
        }
    }

    private func publish(_ name: String, _ detail: String) {
        client.send(
            .event(EventRecord(time: loop.now, program: Role.homeAgent.program, event: name, detail: detail)))
    }

    private static func title(_ binding: Binding) -> String {
        binding.name.isEmpty ? "\(binding.homeAddress)" : binding.name
    }
}
