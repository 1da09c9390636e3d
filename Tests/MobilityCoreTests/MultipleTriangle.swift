import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// A mobile router with three uplinks, a home agent and a network between them that loses, repeats and reorders, in
/// virtual time. One seed is one story.
struct MultipleTriangle {
    private enum Destination { case mobile, agent }

    static let uplinks = [
        RegistrationPath(identifier: 1, careOf: Sample.cable), RegistrationPath(identifier: 2, careOf: Sample.radio),
        RegistrationPath(identifier: 3, careOf: Sample.third),
    ]

    var network = Triangle.Network()
    var mobile: AdaptiveRegistrationMachine
    var agent: HomeAgentMachine
    var agentConfiguration: HomeAgentConfiguration
    /// An agent that has never heard of RFC 5648: it sees no such options and sends none.
    var isAgentOld = false
    var now = Sample.start
    var random: RandomNumbers
    /// The uplinks that carry nothing, whether anybody noticed or not.
    var cut: Set<UInt32> = []
    var paths: [RegistrationPath] = []
    var plan = TunnelPlan.none
    var report: MultipleRegistration?
    var counts: [RegistrationCounter: Int] = [:]
    var sizes: [Int] = []
    var isFinished = false
    var updates = 0
    private var updateTimes: [Instant] = []
    private var flying: [(at: Instant, destination: Destination, envelope: MobilityEnvelope)] = []

    init(
        seed: UInt64, style: AdaptiveRegistrationMachine.Style = .multiple,
        registration: RegistrationConfiguration = Sample.registration(),
        agent: HomeAgentConfiguration = Sample.homeAgent(), mobileClock: NTPTimestamp = Sample.wallClock
    ) {
        random = RandomNumbers(seed: seed)
        mobile = AdaptiveRegistrationMachine(registration, style: style, seed: seed &+ 1)
        self.agent = HomeAgentMachine(agent)
        agentConfiguration = agent
        perform(mobile.handle(.start(wallClock: mobileClock), at: now))
    }

    /// The uplinks that work from now on, best first.
    mutating func use(_ paths: [RegistrationPath]) {
        self.paths = paths
        perform(
            mobile.handle(.pathsChanged(paths, active: paths.first?.careOf, previousUsable: false), at: now))
    }

    mutating func restartAgent() { agent = HomeAgentMachine(agentConfiguration) }

    /// The home agent's time of day, which never drifts.
    private var wallClock: NTPTimestamp { Sample.wallClock + (now - Sample.start) }

    /// What a state file of the home agent has now.
    var snapshot: BindingSnapshot { agent.snapshot(wallClock: wallClock, at: now) }

    /// The home agent starts anew with what it had written before.
    mutating func restartAgent(with snapshot: BindingSnapshot) {
        restartAgent()
        perform(agent.handle(.snapshotRestored(snapshot, wallClock: wallClock), at: now))
    }

    /// A packet comes to the home agent by a way that it has no binding for.
    mutating func sendUnbound(by path: RegistrationPath) {
        perform(
            agent.handle(
                .bindingMissing(
                    peer: path.careOf.address, homeAddress: Sample.home, agent: agentConfiguration.addresses[0]),
                at: now))
    }

    mutating func run(for span: Instant.Span) {
        let end = now + span
        var steps = 0
        while let next = nextTime, next <= end {
            now = max(now, next)
            steps += 1
            guard steps < 100_000 else {
                Issue.record("events without end at one time")
                return
            }
            if let index = flying.indices.min(by: { flying[$0].at < flying[$1].at }), flying[index].at <= now {
                let flight = flying.remove(at: index)
                deliver(flight.envelope, to: flight.destination)
            } else {
                perform(mobile.handle(.timer, at: now))
                perform(agent.handle(.timer, at: now))
            }
            check()
        }
        now = end
    }

    /// Both ends hold the same bindings, and they are those of the uplinks that work.
    var isConverged: Bool {
        let alive = paths.filter { !cut.contains($0.careOf.interfaceIndex) }
        guard mobile.isMultiple else {
            return agent.cache[Sample.home]?.careOfAddress == alive.first?.careOf.address
        }
        let bound = agent.cache.bindings(of: Sample.home)
        // What only brings packets in, while nobody knows whether the home agent sends by it, comes behind all others.
        let forwarding = (report?.paths ?? []).filter { $0.forwards && $0.priority < 128 }
        return Set(bound.map(\.careOfAddress)) == Set(alive.map(\.careOf.address))
            && Set(forwarding.map(\.careOf)) == Set(alive.map(\.careOf))
            && bound.map(\.identifier) == forwarding.map(\.identifier)
            && Set(bound.flatMap(\.flows)) == Set(forwarding.flatMap(\.flows))
    }

    /// Both sides in a line each.
    var summary: String {
        let rows = (report?.paths ?? []).map {
            "\($0.identifier) \($0.careOf.address) \($0.state) \($0.forwards) \($0.flows.map(\.identifier))"
        }
        let bound = agent.cache.bindings(of: Sample.home).map {
            "\($0.identifier ?? 0) \($0.careOfAddress) \($0.flows.map(\.identifier))"
        }
        return "mobile \(rows), agent \(bound), multiple \(mobile.isMultiple)"
    }

    private var nextTime: Instant? {
        ([mobile.nextDeadline, agent.nextDeadline].compactMap { $0 } + flying.map(\.at)).min()
    }

    private mutating func deliver(_ envelope: MobilityEnvelope, to destination: Destination) {
        switch destination {
        case .mobile: perform(mobile.handle(.messageReceived(envelope), at: now))
        case .agent:
            let time = Sample.wallClock + (now - Sample.start)
            let actions =
                isAgentOld
                ? agent.handle(.messageReceived(Self.withoutIdentifiers(envelope), wallClock: time), at: now)
                : agent.handle(.messageReceived(envelope, wallClock: time), at: now)
            perform(actions)
        }
    }

    /// What an agent without RFC 5648 makes of a Binding Update; it is sealed anew, for it skips what it does not know.
    private static func withoutIdentifiers(_ envelope: MobilityEnvelope) -> MobilityEnvelope {
        guard case .bindingUpdate(var update)? = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return envelope
        }
        var envelope = envelope
        update.options.removeAll { option in
            switch option {
            case .bindingIdentifier, .flowIdentification, .flowSummary, .messageAuthentication: true
            default: false
            }
        }
        envelope.message = MobilityAuthentication.seal(
            .bindingUpdate(update), careOfAddress: envelope.source, homeAddress: Sample.home,
            association: Sample.association)
        return envelope
    }

    private mutating func send(_ envelope: MobilityEnvelope, to destination: Destination) {
        let copies = happens(network.repetition) ? 2 : 1
        for _ in 0..<copies where !happens(network.loss) {
            let delay = Int64.random(in: network.delay, using: &random)
            flying.append((now + .milliseconds(delay), destination, envelope))
        }
    }

    private mutating func happens(_ perThousand: Int) -> Bool {
        Int.random(in: 0..<1000, using: &random) < perThousand
    }

    mutating func perform(_ actions: [AdaptiveRegistrationMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope):
                updates += 1
                sizes.append(envelope.message.count)
                updateTimes = updateTimes.filter { $0 > now - .seconds(1) } + [now]
                if !cut.contains(envelope.interfaceIndex) { send(envelope, to: .agent) }
            case .tunnels(let plan): self.plan = plan
            case .reportMultiple(let report): self.report = report
            case .count(let counter): counts[counter, default: 0] += 1
            case .finished: isFinished = true
            case .takenOver, .report, .log: break
            }
        }
    }

    private mutating func perform(_ actions: [HomeAgentMachine.Action]) {
        for case .send(let envelope) in actions {
            guard let uplink = Self.uplinks.first(where: { $0.careOf.address == envelope.destination }),
                !cut.contains(uplink.careOf.interfaceIndex)
            else { continue }
            send(envelope, to: .mobile)
        }
    }

    // MARK: What must hold at any time

    private func check() {
        #expect(updateTimes.filter { $0 > now - .seconds(1) }.count <= 3, "MAX_UPDATE_RATE")
        if let deadline = mobile.nextDeadline { #expect(deadline >= now, "a timer that is due was not taken") }
        let bound = agent.cache.bindings(of: Sample.home)
        #expect(bound.allSatisfy { $0.expiresAt > now })
        #expect(Set(bound.map(\.careOfAddress)).count == bound.count, "two bindings have one care-of address")
        #expect(bound.allSatisfy { $0.identifier != nil } || bound.count == 1, "both kinds at once")
        #expect(agent.cache.count == bound.count)
        for row in report?.paths ?? [] where mobile.isMultiple && row.forwards {
            #expect(row.expiresAt.map { $0 > now } ?? false, "forwarding without a binding")
        }
    }
}
