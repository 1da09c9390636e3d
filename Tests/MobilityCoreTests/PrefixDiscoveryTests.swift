import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Mobile prefix discovery on both sides (RFC 6275 §10.6, §11.4.2, §11.4.3).
@Suite struct PrefixDiscoveryTests {
    static let other = IPv6Prefix("2001:db8:2::/64")!

    static func prefix(
        _ prefix: IPv6Prefix = Sample.homePrefix, valid: UInt32 = 86400, preferred: UInt32 = 14400
    ) -> PrefixInformation {
        PrefixInformation(
            address: prefix.address, prefixLength: prefix.length, validLifetime: valid, preferredLifetime: preferred)
    }

    static let binding = Binding(
        homeAddress: Sample.home, careOfAddress: Sample.cable.address, homeAgent: Sample.homeAgent,
        sequenceNumber: SequenceNumber(rawValue: 1), lifetime: .seconds(600), expiresAt: Sample.start + .seconds(600))

    struct Agent {
        var machine: PrefixAdvertiser
        var now = Sample.start
        var sent: [(at: Instant, envelope: ICMPv6Envelope)] = []
        var counts: [DiscoveryCounter: Int] = [:]

        init(requiresProtection: Bool = false, isEnabled: Bool = true, seed: UInt64 = 1, told: Bool = true) {
            machine = PrefixAdvertiser(
                .init(isEnabled: isEnabled, requiresProtection: requiresProtection), seed: seed)
            if told { handle(.prefixesChanged([HomePrefix(PrefixDiscoveryTests.prefix())])) }
        }

        static func bound(requiresProtection: Bool = false) -> Agent {
            var agent = Agent(requiresProtection: requiresProtection)
            agent.handle(.bindingInstalled(binding, isProtected: false))
            return agent
        }

        mutating func handle(_ event: PrefixAdvertiser.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append((now, envelope))
                case .count(let counter): counts[counter, default: 0] += 1
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        mutating func solicit(_ change: (inout ICMPv6Envelope) -> Void = { _ in }) {
            var envelope = ICMPv6Envelope(
                source: Sample.cable.address, destination: Sample.homeAgent, homeAddressOption: Sample.home,
                message: ICMPv6Message.mobilePrefixSolicitation(identifier: 42, options: []).emit())
            change(&envelope)
            handle(.messageReceived(envelope))
        }

        var times: [Double] { sent.map { ($0.at - Sample.start).seconds } }
        var last: MobilePrefixAdvertisement? {
            guard case .mobilePrefixAdvertisement(let value)? = sent.last?.envelope.icmpv6 else { return nil }
            return value
        }
    }

    struct Mobile {
        var machine: PrefixDiscovery
        var now = Sample.start
        var sent: [(at: Instant, envelope: ICMPv6Envelope)] = []
        var addresses: [IPv6Address] = []
        var deprecated = 0
        var invalid = 0
        var prefixes: [[HomePrefix]] = []
        var counts: [DiscoveryCounter: Int] = [:]

        init(requiresProtection: Bool = false, isEnabled: Bool = true, seed: UInt64 = 2) {
            machine = PrefixDiscovery(
                .init(
                    homeAddress: Sample.home, homePrefix: Sample.homePrefix, isEnabled: isEnabled,
                    requiresProtection: requiresProtection), seed: seed)
        }

        static func soliciting(requiresProtection: Bool = false) -> Mobile {
            var mobile = Mobile(requiresProtection: requiresProtection)
            mobile.register()
            return mobile
        }

        mutating func register(_ careOf: CareOf = Sample.cable, isNecessary: Bool = false) {
            handle(
                .registered(homeAgent: Sample.homeAgent, careOf: careOf, prefixDiscoveryNecessary: isNecessary))
        }

        mutating func handle(_ event: PrefixDiscovery.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append((now, envelope))
                case .newHomeAddress(let address, _): addresses.append(address)
                case .homeAddressDeprecated: deprecated += 1
                case .homeAddressInvalid: invalid += 1
                case .prefixes(let new): prefixes.append(new)
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        var identifier: UInt16 {
            guard case .mobilePrefixSolicitation(let identifier, _)? = sent.last?.envelope.icmpv6 else { return 0 }
            return identifier
        }

        mutating func advertise(
            _ prefixes: [PrefixInformation] = [PrefixDiscoveryTests.prefix()], identifier: UInt16? = nil,
            _ change: (inout ICMPv6Envelope) -> Void = { _ in }
        ) {
            var envelope = ICMPv6Envelope(
                source: Sample.homeAgent, destination: Sample.cable.address, routingHeader: Sample.home,
                message: ICMPv6Message.mobilePrefixAdvertisement(
                    MobilePrefixAdvertisement(
                        identifier: identifier ?? self.identifier,
                        options: prefixes.map(NeighborOption.prefixInformation))
                ).emit())
            change(&envelope)
            handle(.messageReceived(envelope))
        }

        var times: [Double] { sent.map { ($0.at - Sample.start).seconds } }
    }

    // MARK: The home agent

    @Test("a solicitation is answered at once: from and to its addresses, by routing header, with its identifier")
    func solicited() throws {
        var agent = Agent.bound()
        agent.solicit()
        let envelope = try #require(agent.sent.first?.envelope)
        #expect(envelope.source == Sample.homeAgent)
        #expect(envelope.destination == Sample.cable.address)
        #expect(envelope.routingHeader == Sample.home)
        #expect(agent.last?.identifier == 42)
        #expect(agent.last?.managedAddresses == false)
        guard case .prefixInformation(let information)? = agent.last?.options.first else { return #expect(Bool(false)) }
        #expect(information.isRouterAddress)
        #expect(information.address == Sample.homeAgent)
        #expect(information.validLifetime == 86400)
    }

    @Test("one advertisement a second at most; the solicitation that came too early is answered then")
    func rate() {
        var agent = Agent.bound()
        for _ in 0..<10 { agent.solicit() }
        #expect(agent.sent.count == 1)
        agent.pass(.seconds(1))
        #expect(agent.times == [0, 1])
        #expect(agent.counts[.prefixAdvertisementDeferred] == 9)
    }

    @Test("who has no binding, another care-of address or no Home Address option gets no answer")
    func unbound() {
        var agent = Agent.bound()
        agent.solicit { $0.homeAddressOption = Sample.otherHome }
        agent.solicit { $0.source = Sample.radio.address }
        agent.solicit { $0.destination = Sample.stranger }
        agent.solicit { $0.homeAddressOption = nil }
        agent.handle(.bindingRemoved(homeAddress: Sample.home))
        agent.solicit()
        #expect(agent.sent.isEmpty)
        #expect(agent.counts[.prefixSolicitationUnbound] == 4)
        #expect(agent.counts[.messageForeign] == 1)
    }

    @Test("where protection is required, a solicitation without it is dropped, and nothing leaves unasked")
    func protection() {
        var agent = Agent.bound(requiresProtection: true)
        agent.solicit()
        agent.pass(.seconds(200_000))
        #expect(agent.sent.isEmpty)
        #expect(agent.counts[.prefixMessageUnprotected] == 1)
        agent.handle(.bindingInstalled(Self.binding, isProtected: true))
        agent.solicit { $0.isProtected = true }
        #expect(agent.sent.count == 1)
        #expect(agent.sent.first?.envelope.isProtected == true)
    }

    @Test("switched off, nothing is answered")
    func disabled() {
        var agent = Agent(isEnabled: false)
        agent.handle(.bindingInstalled(Self.binding, isProtected: true))
        agent.solicit { $0.isProtected = true }
        agent.pass(.seconds(200_000))
        #expect(agent.sent.isEmpty)
    }

    @Test("unasked the first one comes after ten minutes to four hours, and is repeated 3, 6 and 12 s later")
    func unsolicited() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var agent = Agent(seed: seed)
            agent.handle(.bindingInstalled(Self.binding, isProtected: false))
            agent.pass(.seconds(20_000))
            let first = agent.times.first ?? 0
            // min (MaxMobPfxAdvInterval, preferred lifetime) = 14400 s
            #expect((600...14400).contains(first))
            #expect(agent.times.map { $0 - first } == [0, 3, 9, 21])
        }
    }

    @Test("a solicitation acknowledges what was sent unasked")
    func acknowledged() {
        var agent = Agent.bound()
        agent.pass(.seconds(14400))
        while agent.sent.isEmpty { agent.pass(.seconds(1)) }
        var fresh = Agent.bound()
        while fresh.sent.isEmpty { fresh.pass(.seconds(1)) }
        fresh.pass(.seconds(1))
        fresh.solicit()
        fresh.pass(.seconds(100))
        #expect(fresh.sent.count == 2)
    }

    @Test("news about the home prefix and new prefixes are scheduled, others' changes and time are not")
    func news() {
        var agent = Agent.bound()
        agent.solicit()
        agent.pass(.seconds(10))
        let since = agent.now
        agent.handle(.prefixesChanged([HomePrefix(Self.prefix())]))
        #expect(agent.machine.nextDeadline == nil || agent.machine.nodes[Sample.home]?.due == nil)
        agent.handle(.prefixesChanged([HomePrefix(Self.prefix()), HomePrefix(Self.prefix(Self.other), since: since)]))
        #expect(agent.machine.nodes[Sample.home]?.due != nil)
        agent.solicit()
        agent.pass(.seconds(2))
        #expect(agent.machine.nodes[Sample.home]?.due == nil)
        agent.handle(
            .prefixesChanged([
                HomePrefix(Self.prefix()), HomePrefix(Self.prefix(Self.other, valid: 50, preferred: 50), since: since),
            ]))
        #expect(agent.machine.nodes[Sample.home]?.due == nil)
        agent.handle(.prefixesChanged([HomePrefix(Self.prefix(valid: 3000, preferred: 1000))]))
        #expect(agent.machine.nodes[Sample.home]?.due != nil)
        agent.pass(.seconds(2000))
        #expect(agent.last?.options.count == 1)
    }

    @Test("when the binding ends, nothing more is sent; when it comes back, news are told again")
    func ends() {
        var agent = Agent.bound()
        agent.handle(.bindingRemoved(homeAddress: Sample.home))
        agent.pass(.seconds(200_000))
        #expect(agent.sent.isEmpty)
        agent.handle(.bindingInstalled(Self.binding, isProtected: false))
        agent.pass(.seconds(20_000))
        #expect(agent.sent.count == 4)
        var moved = Self.binding
        moved.careOfAddress = Sample.radio.address
        agent.handle(.bindingInstalled(moved, isProtected: false))
        agent.pass(.seconds(60))
        #expect(agent.sent.count == 8)
        #expect(agent.sent.last?.envelope.destination == Sample.radio.address)
    }

    @Test("lifetimes run down in what is sent, and an advertisement fits into the minimum MTU")
    func lifetimes() {
        var agent = Agent(told: false)
        let many = (0..<100).map { number in
            let address = IPv6Address(high: Self.other.address.high + UInt64(number), low: 0)
            return HomePrefix(Self.prefix(IPv6Prefix(address, length: 64)), since: agent.now)
        }
        agent.handle(.prefixesChanged(many))
        agent.handle(.bindingInstalled(Self.binding, isProtected: false))
        agent.now = agent.now + .seconds(100)
        agent.solicit()
        #expect(agent.last?.options.count == 32)
        #expect((agent.sent.last?.envelope.message.count ?? 9999) + 40 + 24 <= 1280)
        guard case .prefixInformation(let information)? = agent.last?.options.first else { return #expect(Bool(false)) }
        #expect(information.validLifetime == 86300)
    }

    // MARK: The mobile node

    @Test("it solicits when it has registered, with the Home Address option, and 3, 9 and 21 s later")
    func solicits() throws {
        var mobile = Mobile.soliciting()
        let envelope = try #require(mobile.sent.first?.envelope)
        #expect(envelope.source == Sample.cable.address)
        #expect(envelope.destination == Sample.homeAgent)
        #expect(envelope.homeAddressOption == Sample.home)
        mobile.pass(.seconds(1000))
        #expect(mobile.times == [0, 3, 9, 21, 45])
        #expect(Set(mobile.sent.map(\.envelope)).count == 1)
    }

    @Test("an answer ends it; the next is asked for before the lifetimes end")
    func answered() {
        var mobile = Mobile.soliciting()
        mobile.advertise()
        #expect(mobile.prefixes.count == 1)
        mobile.pass(.seconds(10_799))
        #expect(mobile.sent.count == 1)
        mobile.pass(.seconds(1))
        #expect(mobile.sent.count == 2)
    }

    @Test("a refresh does not ask again, status 1 does, but not more often than every ten seconds")
    func necessary() {
        var mobile = Mobile.soliciting()
        mobile.advertise()
        mobile.register()
        mobile.register(isNecessary: true)
        #expect(mobile.sent.count == 1)
        mobile.pass(.seconds(10))
        mobile.register(isNecessary: true)
        #expect(mobile.sent.count == 2)
    }

    @Test("a hand-over repeats an open solicitation from the new care-of address")
    func moves() {
        var mobile = Mobile.soliciting()
        mobile.register(Sample.radio)
        #expect(mobile.sent.map(\.envelope.source) == [Sample.cable.address, Sample.radio.address])
    }

    @Test("one from a stranger, without routing header or for another home address is dropped")
    func foreign() {
        var mobile = Mobile.soliciting()
        mobile.advertise { $0.source = Sample.stranger }
        mobile.advertise { $0.routingHeader = nil }
        mobile.advertise { $0.routingHeader = Sample.otherHome }
        #expect(mobile.prefixes.isEmpty)
        #expect(mobile.counts[.messageForeign] == 3)
        mobile.handle(.unregistered)
        mobile.advertise()
        #expect(mobile.prefixes.isEmpty)
        #expect(mobile.machine.nextDeadline == nil)
    }

    @Test("an unsolicited one is discarded and asked for, at a bounded rate")
    func unasked() {
        var mobile = Mobile.soliciting()
        mobile.advertise()
        mobile.advertise([Self.prefix(Self.other)])
        #expect(mobile.prefixes.count == 1)
        #expect(mobile.sent.count == 1)
        mobile.pass(.seconds(10))
        for _ in 0..<100 { mobile.advertise([Self.prefix(Self.other)], identifier: mobile.identifier &+ 1) }
        #expect(mobile.sent.count == 2)
        #expect(mobile.counts[.prefixAdvertisementUnsolicited] == 101)
        mobile.advertise([Self.prefix(), Self.prefix(Self.other)])
        #expect(mobile.prefixes.count == 2)
    }

    @Test("where protection is required, only what IPsec protected counts")
    func mobileProtection() {
        var mobile = Mobile.soliciting(requiresProtection: true)
        mobile.advertise()
        #expect(mobile.prefixes.isEmpty)
        mobile.advertise { $0.isProtected = true }
        #expect(mobile.prefixes.count == 1)
    }

    @Test("a new prefix makes a home address with the interface identifier of the old one, at any length")
    func newHomeAddress() {
        var mobile = Mobile.soliciting()
        mobile.advertise([Self.prefix(), Self.prefix(Self.other)])
        #expect(mobile.addresses == [IPv6Address("2001:db8:2::100")!])
        mobile = .soliciting()
        mobile.advertise([
            Self.prefix(IPv6Prefix("2001:db8:3:ff00::/56")!), Self.prefix(IPv6Prefix("2001:db8:4::aa00/120")!),
        ])
        #expect(
            mobile.addresses == [IPv6Address("2001:db8:3:ff00::100")!, IPv6Address("2001:db8:4::aa00")!])
        // Not of one that no addresses are made of, or that is deprecated.
        mobile = .soliciting()
        var managed = Self.prefix(Self.other)
        managed.isAutonomous = false
        mobile.advertise([managed, Self.prefix(IPv6Prefix("2001:db8:5::/64")!, preferred: 0)])
        #expect(mobile.addresses.isEmpty)
    }

    @Test("protected news deprecate and end the home address at once, and time does so when it has come")
    func ending() {
        var mobile = Mobile.soliciting(requiresProtection: true)
        mobile.advertise([Self.prefix(valid: 1000, preferred: 500)]) { $0.isProtected = true }
        mobile.pass(.seconds(500))
        #expect((mobile.deprecated, mobile.invalid) == (1, 0))
        mobile.pass(.seconds(500))
        #expect((mobile.deprecated, mobile.invalid) == (1, 1))
        mobile = .soliciting(requiresProtection: true)
        mobile.advertise([Self.prefix(valid: 0, preferred: 0)]) { $0.isProtected = true }
        #expect(mobile.invalid == 1)
    }

    @Test("an unprotected one leaves the home address two hours at least")
    func twoHours() {
        var mobile = Mobile.soliciting()
        mobile.advertise([Self.prefix(valid: 0, preferred: 0)])
        #expect(mobile.invalid == 0)
        #expect(mobile.machine.prefixes.first?.information.validLifetime == 7200)
        mobile.handle(.unregistered)
        mobile.pass(.seconds(7199))
        #expect(mobile.invalid == 0)
        mobile.pass(.seconds(1))
        #expect(mobile.invalid == 1)
    }

    @Test("nonsense among the prefixes is skipped, and no more are kept than make sense")
    func nonsense() {
        var mobile = Mobile.soliciting()
        let many = (0..<60).map { number in
            Self.prefix(IPv6Prefix(IPv6Address(high: Self.other.address.high + number, low: 0), length: 64))
        }
        mobile.advertise(
            [
                Self.prefix(IPv6Prefix(.allNodes, length: 64)), Self.prefix(IPv6Prefix(.unspecified, length: 0)),
                Self.prefix(valid: 1, preferred: 2),
            ] + many)
        #expect(mobile.machine.prefixes.count == Tunables.prefixesPerHomeLink)
        #expect(mobile.machine.prefixes.first?.prefix == Self.other)
    }

    @Test("a node with several care-of addresses may ask from each, and is answered there")
    func several() {
        var agent = Agent()
        agent.handle(.bindingInstalled(Self.binding, others: [Sample.radio.address], isProtected: false))
        agent.solicit { $0.source = Sample.radio.address }
        #expect(agent.sent.last?.envelope.destination == Sample.radio.address)
        agent.pass(.seconds(2))
        agent.solicit()
        #expect(agent.sent.last?.envelope.destination == Sample.cable.address)
        agent.solicit { $0.source = Sample.third.address }
        #expect(agent.counts[.prefixSolicitationUnbound] == 1)
    }

    // MARK: Every state with every event

    enum State: String, CaseIterable { case unbound, open, settled, disabled }
    enum Event: String, CaseIterable {
        case registered, necessary, moved, unregistered, answer, unsolicited, noise, tooEarly, deadline, configured

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: PrefixDiscovery.Event) -> [Event] {
            switch event {
            case .registered: [.registered, .necessary, .moved]
            case .unregistered: [.unregistered]
            case .messageReceived: [.answer, .unsolicited, .noise]
            case .configurationChanged: [.configured]
            case .timer: [.tooEarly, .deadline]
            }
        }
    }

    static func mobile(in state: State) -> Mobile {
        switch state {
        case .unbound: return Mobile()
        case .open: return .soliciting()
        case .settled:
            var mobile = Mobile.soliciting()
            mobile.advertise()
            mobile.pass(.seconds(20))
            return mobile
        case .disabled:
            var mobile = Mobile(isEnabled: false)
            mobile.register()
            return mobile
        }
    }

    /// How many solicitations leave, and whether prefixes are known behind it.
    static let table: [State: [Event: (Int, Bool)]] = [
        .unbound: [
            .registered: (1, false), .necessary: (1, false), .moved: (1, false), .unregistered: (0, false),
            .answer: (0, false), .unsolicited: (0, false), .noise: (0, false), .tooEarly: (0, false),
            .deadline: (0, false), .configured: (0, false),
        ],
        .open: [
            .registered: (0, false), .necessary: (0, false), .moved: (1, false), .unregistered: (0, false),
            .answer: (0, true), .unsolicited: (0, false), .noise: (0, false), .tooEarly: (0, false),
            .deadline: (1, false), .configured: (1, false),
        ],
        .settled: [
            .registered: (0, true), .necessary: (1, true), .moved: (0, true), .unregistered: (0, true),
            .answer: (1, true), .unsolicited: (1, true), .noise: (0, true), .tooEarly: (0, true), .deadline: (1, true),
            .configured: (1, true),
        ],
        .disabled: [
            .registered: (0, false), .necessary: (0, false), .moved: (0, false), .unregistered: (0, false),
            .answer: (0, false), .unsolicited: (0, false), .noise: (0, false), .tooEarly: (0, false),
            .deadline: (0, false), .configured: (1, false),
        ],
    ]

    @Test("every state with every event", arguments: State.allCases, Event.allCases)
    func pairs(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var mobile = Self.mobile(in: state)
        let before = mobile.sent.count
        switch event {
        case .registered: mobile.register()
        case .necessary: mobile.register(isNecessary: true)
        case .moved: mobile.register(Sample.radio)
        case .unregistered: mobile.handle(.unregistered)
        case .answer: mobile.advertise()
        case .unsolicited: mobile.advertise(identifier: mobile.identifier &+ 1)
        case .noise: mobile.handle(.messageReceived(HomeLinkSample.request()))
        case .tooEarly:
            if let deadline = mobile.machine.nextDeadline {
                mobile.now = max(mobile.now, deadline - .milliseconds(1))
            }
            mobile.handle(.timer)
        case .deadline:
            if let deadline = mobile.machine.nextDeadline { mobile.now = max(mobile.now, deadline) }
            mobile.handle(.timer)
        case .configured:
            mobile.handle(
                .configurationChanged(
                    .init(homeAddress: Sample.otherHome, homePrefix: Sample.homePrefix, requiresProtection: false)))
        }
        #expect(mobile.sent.count - before == expected.0)
        #expect(!mobile.machine.prefixes.isEmpty == expected.1)
    }

    @Test("news reach the mobile node over a network that loses a third", arguments: 1...30 as ClosedRange<UInt64>)
    func lossy(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var agent = Agent(seed: seed)
        var mobile = Mobile(seed: seed)
        agent.handle(.bindingInstalled(Self.binding, isProtected: false))
        mobile.register()
        var (fromMobile, fromAgent) = (0, 0)
        for second in 0..<40_000 {
            if second == 1000 {
                agent.handle(.prefixesChanged([HomePrefix(Self.prefix()), HomePrefix(Self.prefix(Self.other))]))
            }
            while fromMobile < mobile.sent.count {
                let envelope = mobile.sent[fromMobile].envelope
                fromMobile += 1
                if Int.random(in: 0..<3, using: &random) > 0 { agent.handle(.messageReceived(envelope)) }
            }
            while fromAgent < agent.sent.count {
                let envelope = agent.sent[fromAgent].envelope
                fromAgent += 1
                if Int.random(in: 0..<3, using: &random) > 0 { mobile.handle(.messageReceived(envelope)) }
            }
            agent.pass(.seconds(1))
            mobile.pass(.seconds(1))
        }
        #expect(mobile.addresses == [IPv6Address("2001:db8:2::100")!])
        let times = agent.sent.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) }, "one a second at most")
        #expect(agent.sent.count < 50)
    }

    @Test("damaged messages change nothing", arguments: 1...5 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var mobile = Mobile.soliciting(requiresProtection: true)
        var agent = Agent.bound()
        for _ in 0..<1000 {
            mobile.advertise([Self.prefix(valid: 0, preferred: 0)]) {
                $0.message = HostileInputTests.mutate($0.message, &random)
            }
            agent.solicit {
                $0.message = HostileInputTests.mutate($0.message, &random)
                $0.homeAddressOption = Sample.otherHome
            }
        }
        #expect(mobile.prefixes.isEmpty)
        #expect(mobile.invalid == 0)
        #expect(agent.sent.isEmpty)
    }
}
