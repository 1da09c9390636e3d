import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// A mobile router, a home agent and a network between them that loses, repeats and reorders, in virtual time.
///
///     mobile router ══ cable ══╗
///          ║                   ╟── network ── home agent
///          ╚══════ radio ══════╝
///
/// One seed is one story: what the network does, when the router moves, when the home agent forgets.
struct Triangle {
    struct Network {
        /// Of a thousand.
        var loss = 0
        var repetition = 0
        var delay: ClosedRange<Int64> = 5...40
    }

    private enum Destination { case mobile, agent }

    var network = Network()
    var mobile: RegistrationMachine
    var agent: HomeAgentMachine
    let agentConfiguration: HomeAgentConfiguration
    var now = Sample.start
    var random: RandomNumbers
    /// The uplinks that have no carrier: what is sent there is lost.
    var cut: Set<UInt32> = []
    var plan = TunnelPlan.none
    var isFinished = false
    /// By how much somebody set the home agent's clock.
    var agentClockStep = Instant.Span.zero
    private var flying: [(at: Instant, destination: Destination, envelope: MobilityEnvelope)] = []
    private var updateTimes: [Instant] = []
    /// What the mobile router may believe: when the home agent's binding ends, by care-of address.
    private var promised: [IPv6Address: Instant] = [:]

    init(
        seed: UInt64, registration: RegistrationConfiguration = Sample.registration(),
        agent: HomeAgentConfiguration = Sample.homeAgent(), mobileClock: NTPTimestamp = Sample.wallClock
    ) {
        random = RandomNumbers(seed: seed)
        mobile = RegistrationMachine(registration, seed: seed &+ 1)
        self.agent = HomeAgentMachine(agent)
        agentConfiguration = agent
        perform(self.agent.handle(.start, at: now))
        perform(mobile.handle(.start(wallClock: mobileClock), at: now))
    }

    // MARK: What can happen

    mutating func move(to careOf: CareOf?, oldStillUsable: Bool) {
        if let old = mobile.careOf, !oldStillUsable { cut.insert(old.interfaceIndex) }
        if let careOf { cut.remove(careOf.interfaceIndex) }
        perform(mobile.handle(.careOfAddressChanged(careOf, previousUsable: oldStillUsable), at: now))
    }

    /// The home agent starts anew and knows nothing but its configuration.
    mutating func restartAgent() {
        agent = HomeAgentMachine(agentConfiguration)
        promised = [:]
        perform(agent.handle(.start, at: now))
    }

    /// The mobile router starts anew, in 1970, with random sequence numbers.
    mutating func restartMobile() {
        let careOf = mobile.careOf
        mobile = RegistrationMachine(mobile.configuration, seed: random.next())
        plan = .none
        updateTimes = []
        perform(mobile.handle(.start(wallClock: NTPTimestamp(unixSeconds: 12)), at: now))
        perform(mobile.handle(.careOfAddressChanged(careOf, previousUsable: false), at: now))
    }

    mutating func stop() { perform(mobile.handle(.stop, at: now)) }

    /// Lets time pass, event by event.
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
        check()
    }

    var isConverged: Bool {
        guard let careOf = mobile.careOf, mobile.phase == .registered else { return false }
        return agent.cache[Sample.home]?.careOfAddress == careOf.address && plan.active == careOf
            && plan.standby.isEmpty
    }

    private var nextTime: Instant? {
        ([mobile.nextDeadline, agent.nextDeadline].compactMap { $0 } + flying.map(\.at)).min()
    }

    private mutating func deliver(_ envelope: MobilityEnvelope, to destination: Destination) {
        switch destination {
        case .mobile:
            perform(mobile.handle(.messageReceived(envelope), at: now))
        case .agent:
            let time = Sample.wallClock + (now - Sample.start) + agentClockStep
            perform(agent.handle(.messageReceived(envelope, wallClock: time), at: now))
        }
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

    private mutating func perform(_ actions: [RegistrationMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope):
                updateTimes = updateTimes.filter { $0 > now - .seconds(1) } + [now]
                if !cut.contains(envelope.interfaceIndex) { send(envelope, to: .agent) }
            case .tunnels(let plan): self.plan = plan
            case .finished: isFinished = true
            case .report, .count, .log: break
            }
        }
    }

    private mutating func perform(_ actions: [HomeAgentMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope):
                let uplinks = [Sample.cable, Sample.radio, Sample.third, Sample.homeLink]
                guard let uplink = uplinks.first(where: { $0.address == envelope.destination }),
                    !cut.contains(uplink.interfaceIndex)
                else { break }
                send(envelope, to: .mobile)
            case .install(let binding):
                promised[binding.careOfAddress] = max(promised[binding.careOfAddress] ?? now, binding.expiresAt)
            case .remove, .detectDuplicates, .stopDetecting, .count, .log: break
            }
        }
    }

    // MARK: What must hold at any time

    private func check() {
        #expect(updateTimes.filter { $0 > now - .seconds(1) }.count <= 3, "MAX_UPDATE_RATE")
        #expect(mobile.exchange.outstanding.count <= Tunables.outstandingUpdates)
        if let deadline = mobile.nextDeadline {
            #expect(deadline >= now, "a timer that is due was not taken")
        } else {
            #expect([.idle, .waiting, .home, .finished].contains(mobile.phase), "\(mobile.phase) has no exit by time")
        }
        if mobile.phase == .registered {
            #expect(mobile.binding?.careOf == mobile.careOf)
            #expect(plan.active == mobile.careOf)
        }
        if let binding = mobile.binding {
            #expect(binding.expiresAt > now, "an expired binding is still believed")
            if let promise = promised[binding.careOf.address] {
                #expect(binding.expiresAt <= promise, "the mobile router believes in more than was granted")
            }
        } else {
            #expect(plan.active == nil, "forwarding without a binding")
        }
        #expect(plan.standbyUntil.map { $0 > now } ?? true, "a standby address outlived its time")
        for binding in agent.cache.bindings {
            #expect(binding.expiresAt > now)
            #expect(binding.prefixes.allSatisfy { Sample.mobilePrefix.contains($0) })
            #expect(binding.formerCareOfAddresses.allSatisfy { $0.address != binding.careOfAddress })
        }
        #expect(agent.cache.count == agent.cache.bindings.reduce(0) { count, _ in count + 1 })
    }
}
