import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// The home agent with nodes that register several care-of addresses (RFC 5648 §6).
@Suite struct MultipleBindingTests {
    typealias Identifier = BindingIdentifierOption

    static func option(_ identifier: UInt16, _ careOf: CareOf?, priority: UInt8 = 0) -> Identifier {
        Identifier(identifier: identifier, priority: priority, careOfAddress: careOf?.address)
    }

    static let both = [option(1, Sample.cable, priority: 10), option(2, Sample.radio, priority: 20)]

    static func agent(_ change: (inout HomeAgentConfiguration) -> Void = { _ in }) -> HomeAgentHarness {
        var configuration = Sample.homeAgent()
        change(&configuration)
        return HomeAgentHarness(configuration)
    }

    @Test("two care-of addresses in two Binding Updates are two bindings, and the sequence number is one")
    func individually() {
        var agent = Self.agent()
        #expect(agent.register([Self.option(1, Sample.cable)], from: Sample.cable, overwrite: true) == .accepted)
        #expect(agent.register([Self.option(2, Sample.radio)], from: Sample.radio) == .accepted)
        #expect(agent.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
        #expect(agent.machine.cache.count == 2)
        #expect(agent.installed.map(\.identifier) == [1, 2])
        #expect(agent.installed.allSatisfy { $0.prefixes == [Sample.mobilePrefix] })
        #expect(agent.machine.cache.lastSequenceNumber(of: Sample.home) == agent.sequenceNumber)
        #expect(agent.count(.bindingCreated) == 2)
    }

    @Test("bulk registration makes all bindings at once and answers each identifier, without care-of address")
    func bulk() {
        var agent = Self.agent()
        #expect(agent.register(Self.both, overwrite: true) == .accepted)
        #expect(agent.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
        #expect(
            agent.answeredIdentifiers == [
                Identifier(identifier: 1, priority: 10), Identifier(identifier: 2, priority: 20),
            ])
        #expect(agent.machine.cache[Sample.home]?.identifier == 1)
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 600)
    }

    @Test("BID-PRI says which binding carries, and of equal ones the lower identifier")
    func preference() {
        var agent = Self.agent()
        agent.register([Self.option(1, Sample.cable, priority: 20), Self.option(2, Sample.radio, priority: 10)])
        #expect(agent.machine.cache[Sample.home]?.identifier == 2)
        agent.register([Self.option(1, Sample.cable, priority: 10)])
        #expect(agent.machine.cache[Sample.home]?.identifier == 1)
    }

    @Test("a binding is refreshed without its care-of address, and moved by another one")
    func refresh() {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true)
        agent.pass(.seconds(100))
        #expect(agent.register([Self.option(1, nil)]) == .accepted)
        #expect(agent.machine.cache[Sample.home, 1]?.expiresAt == agent.now + .seconds(600))
        #expect(agent.machine.cache[Sample.home, 2]?.expiresAt == agent.now + .seconds(500))
        #expect(agent.register([Self.option(2, Sample.third)], from: Sample.third) == .accepted)
        #expect(agent.machine.cache[Sample.home, 2]?.formerCareOfAddresses.map(\.address) == [Sample.radio.address])
        #expect(agent.count(.bindingRefreshed) == 1 && agent.count(.bindingMoved) == 1)
        #expect(agent.logs.filter { $0.contains("moved") } == ["bus-17 moved with binding 2"])
        agent.pass(.seconds(550))
        #expect(agent.careOfAddresses == [1: Sample.cable.address, 2: Sample.third.address])
        agent.pass(.seconds(51))
        #expect(agent.careOfAddresses == [:])
        #expect(agent.removed.map(\.reason) == [.expired, .expired])
        #expect(agent.machine.cache.count == 0)
    }

    @Test("the O flag leaves nothing but what the Binding Update names")
    func overwrite() {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true)
        #expect(agent.register([Self.option(3, Sample.third)], from: Sample.third, overwrite: true) == .accepted)
        #expect(agent.careOfAddresses == [3: Sample.third.address])
        #expect(agent.removed.map(\.reason) == [.replaced, .replaced])
        // What was sent before is accepted for a moment.
        let formers = agent.machine.cache[Sample.home, 3]?.formerCareOfAddresses.map(\.address)
        #expect(formers.map(Set.init) == [Sample.cable.address, Sample.radio.address])
        #expect(agent.count(.bindingReplaced) == 2)
    }

    @Test("without the O flag identifiers do not mix with a plain binding: 165, and with it they replace it")
    func nonMCoABindingExists() {
        var agent = Self.agent()
        agent.update()
        #expect(agent.register(Self.both) == .multipleCareOfAddressNonMCoABindingExists)
        #expect(agent.answeredIdentifiers.count == 2)
        #expect(agent.machine.cache[Sample.home]?.identifier == nil)
        #expect(agent.register(Self.both, overwrite: true) == .accepted)
        #expect(agent.careOfAddresses.count == 2)
        #expect(agent.removed.map(\.binding.identifier) == [nil])
        #expect(agent.machine.cache.count == 2)
    }

    @Test("a plain Binding Update replaces all bindings, and a plain de-registration ends them")
    func plain() {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true)
        #expect(agent.update() == .accepted)
        #expect(agent.machine.cache.count == 1 && agent.machine.cache[Sample.home]?.identifier == nil)
        #expect(agent.removed.map(\.binding.identifier) == [1, 2])
        // Forwarding has the new binding before it loses the old ones.
        agent.register(Self.both, overwrite: true)
        let sequence = agent.machine.cache.lastSequenceNumber(of: Sample.home)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.cache.lastSequenceNumber(of: Sample.home) == sequence?.next)
        #expect(agent.machine.cache.isRemembered(Sample.home))
        agent.pass(.seconds(11))
        #expect(agent.machine.cache.lastSequenceNumber(of: Sample.home) == nil)
    }

    @Test("one binding is de-registered by its identifier, the last one ends the registration")
    func deregistration() {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true)
        #expect(agent.register([Self.option(1, nil)], from: Sample.radio, lifetime: 0) == .accepted)
        #expect(agent.careOfAddresses == [2: Sample.radio.address])
        #expect(agent.lastAcknowledgement?.lifetime == .zero)
        #expect(
            agent.register([Self.option(1, nil)], from: Sample.radio, lifetime: 0) == .notHomeAgentForThisMobileNode)
        #expect(
            agent.register([Self.option(1, nil), Self.option(2, nil)], from: Sample.radio, lifetime: 0)
                == .multipleCareOfAddressIncomplete)
        #expect(agent.answeredIdentifiers.map(\.status) == [133, 0])
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.cache.isRemembered(Sample.home))
        #expect(agent.register([Self.option(2, nil)], lifetime: 0) == .notHomeAgentForThisMobileNode)
    }

    @Test("what is wrong with one option is its own status, and the others are registered: 4")
    func incomplete() {
        var agent = Self.agent()
        let options = [
            Self.option(1, Sample.cable), Identifier(identifier: 2, careOfAddress: .allNodes), Self.option(3, nil),
            Identifier(identifier: 4, careOfAddress: Sample.homeAgent), Self.option(1, Sample.radio),
            Identifier(identifier: 5, careOfAddress: IPv6Address(ipv4: 0xc000_0201)),
            Identifier(identifier: 6, careOfAddress: Sample.cable.address),
            Identifier(identifier: 7, simultaneousHomeAndForeignBinding: true, careOfAddress: Sample.home),
        ]
        #expect(agent.register(options, overwrite: true) == .multipleCareOfAddressIncomplete)
        #expect(agent.answeredIdentifiers.map(\.status) == [0, 164, 167, 174, 164, 174, 174, 169])
        #expect(agent.careOfAddresses == [1: Sample.cable.address])
        #expect(agent.count(.careOfAddressRefused) == 7)
    }

    @Test("where nothing is accepted, one status stands for all or each for itself")
    func nothingAccepted() {
        var agent = Self.agent()
        #expect(
            agent.register([Self.option(1, nil), Self.option(2, nil)])
                == .multipleCareOfAddressUnknownCareOfAddress)
        #expect(agent.answeredIdentifiers.map(\.status) == [0, 0])
        #expect(
            agent.register([Self.option(1, nil), Identifier(identifier: 2, careOfAddress: .allNodes)])
                == .reasonUnspecified)
        #expect(agent.answeredIdentifiers.map(\.status) == [167, 164])
        #expect(agent.machine.cache.count == 0)
    }

    @Test("a malformed option or identifier zero refuses the whole: 164, with an identifier in the answer")
    func malformed() {
        var agent = Self.agent()
        for option in [
            MobilityOption.unknown(type: 35, data: [0, 1, 0]), .unknown(type: 35, data: Array(repeating: 0, count: 16)),
            .bindingIdentifier(Self.option(0, Sample.cable)),
        ] {
            let status = agent.update {
                $0.withoutAlternate = true
                $0.options = [option]
            }
            #expect(status == .multipleCareOfAddressMalformed)
            #expect(agent.answeredIdentifiers.count == 1)
        }
        #expect(agent.machine.cache.count == 0)
    }

    @Test("what the configuration prohibits: 166 all of it, 168 more than one at once")
    func prohibited() {
        var agent = Self.agent { $0.multiple.isAllowed = false }
        #expect(agent.register([Self.option(1, Sample.cable)]) == .multipleCareOfAddressProhibited)
        agent = Self.agent { $0.multiple.allowsBulkRegistration = false }
        #expect(agent.register(Self.both) == .multipleCareOfAddressBulkRegistrationProhibited)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.register([Self.both[0]]) == .accepted)
        #expect(agent.register([Self.both[1]], from: Sample.radio) == .accepted)
        // Taking away needs no care-of address, so there is nothing to be careful of.
        #expect(agent.register([Self.option(1, nil), Self.option(2, nil)], lifetime: 0) == .accepted)
    }

    @Test("a node has a limit of bindings, and all nodes together have one")
    func limits() {
        func options(_ range: ClosedRange<UInt16>) -> [Identifier] {
            range.map {
                Identifier(identifier: $0, careOfAddress: IPv6Address(high: Sample.cable.address.high, low: UInt64($0)))
            }
        }
        var agent = Self.agent { $0.multiple.greatestNumberOfBindingsPerNode = 3 }
        #expect(agent.register(options(1...4)) == .multipleCareOfAddressIncomplete)
        #expect(agent.answeredIdentifiers.map(\.status) == [0, 0, 0, 130])
        #expect(agent.register(options(5...5)) == .insufficientResources)
        #expect(agent.register(options(5...7), overwrite: true) == .accepted)
        #expect(agent.machine.cache.count == 3)

        agent = HomeAgentHarness(
            Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome, prefixes: [])], bindings: 2))
        agent.register(options(1...2))
        #expect(
            agent.update {
                $0.home = Sample.otherHome; $0.flags.remove(.mobileRouter); $0.prefixes = []
            }
                == .insufficientResources)
        #expect(agent.register(options(3...4), overwrite: true) == .accepted)
        #expect(agent.register(options(5...5)) == .insufficientResources)
    }

    @Test("the home link is a binding beside others where the configuration allows it: 169, 0 or 5")
    func homeLink() {
        let home = Identifier(
            identifier: 9, simultaneousHomeAndForeignBinding: true, careOfAddress: Sample.home)
        var agent = Self.agent()
        #expect(
            agent.register([home], fromHome: true) == .multipleCareOfAddressSimultaneousHomeAndForeignProhibited)
        agent = Self.agent { $0.multiple.homeLink = .allowed }
        #expect(agent.register([home], fromHome: true) == .accepted)
        #expect(agent.sent.last?.destination == Sample.home && agent.sent.last?.routingHeader == nil)
        agent = Self.agent { $0.multiple.homeLink = .allowedWithoutNeighborDiscovery }
        #expect(agent.register(Self.both + [home], overwrite: true) == .multipleCareOfAddressReturnHomeWithoutNDP)
        #expect(agent.machine.cache[Sample.home, 9]?.isHomeLink == true)
        // An option without the H flag says that the node has left (RFC 5648 §5.6.5).
        #expect(agent.register([Self.both[0]]) == .accepted)
        #expect(agent.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
    }

    @Test("bindings from before a restart are restored with their flows; what the configuration forbids ends")
    func restored() {
        var agent = Self.agent()
        let rule = FlowRule(identifier: 4, priority: 1, selector: .everything)
        func binding(_ identifier: UInt16?, _ careOf: CareOf, _ sequence: UInt16) -> Binding {
            Binding(
                homeAddress: Sample.home, careOfAddress: careOf.address, homeAgent: Sample.homeAgent,
                sequenceNumber: SequenceNumber(rawValue: sequence), lifetime: .seconds(600),
                expiresAt: agent.now + .seconds(500), mode: .explicit, prefixes: [Sample.mobilePrefix],
                identifier: identifier, flows: identifier == nil ? [] : [rule])
        }
        agent.handle(
            .restored([binding(1, Sample.cable, 9), binding(2, Sample.radio, 7), binding(nil, Sample.third, 1)]))
        #expect(agent.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
        #expect(agent.machine.cache.lastSequenceNumber(of: Sample.home)?.rawValue == 9)
        #expect(agent.machine.cache.flows(of: Sample.home) == [FlowBinding(rule: rule, bindings: [1, 2])])
        var configuration = Sample.homeAgent()
        configuration.multiple.isAllowed = false
        agent.handle(.configurationChanged(configuration))
        #expect(agent.machine.cache.count == 0)
        #expect(agent.removed.map(\.reason) == [.unconfigured, .unconfigured])
    }

    @Test(
        "what nemonetd heard of a node after the state file was written replaces all that the file has of it",
        arguments: [
            [option(2, Sample.third)], [option(3, Sample.third)],
            [option(1, Sample.cable, priority: 10), option(2, Sample.third)], [option(1, nil)], [],
        ] as [[Identifier]])
    func overtaken(_ later: [Identifier]) {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true, flows: [FlowBindingTests.flow(1, to: [2])])
        let file = agent.machine.snapshot(wallClock: agent.time, at: agent.now)
        agent.pass(.seconds(1))
        switch later.first {
        case nil: agent.update()
        case .some(let ended) where ended.careOfAddress == nil: agent.register([ended], lifetime: .zero)
        default: agent.register(later, from: Sample.third, overwrite: true)
        }
        // Former care-of addresses are of the seconds before the restart.
        agent.pass(.seconds(5))
        var other = Self.agent()
        other.now = agent.now
        other.handle(.snapshotRestored(file, wallClock: agent.time))
        #expect(other.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
        other.handle(.restored(agent.machine.cache.bindings(of: Sample.home)))
        let cache = agent.machine.cache
        #expect(other.machine.cache.bindings(of: Sample.home) == cache.bindings(of: Sample.home))
        #expect(other.machine.cache.flows(of: Sample.home) == cache.flows(of: Sample.home))
        #expect(other.machine.cache.lastSequenceNumber(of: Sample.home) == agent.sequenceNumber)
        #expect(other.machine.cache.count == cache.count)
        let gone = Set([1, 2]).subtracting(cache.bindings(of: Sample.home).map { $0.identifier ?? 0 })
        #expect(Set(other.removed.map { $0.binding.identifier ?? 0 }) == gone)
        #expect(other.removed.allSatisfy { $0.reason == .replaced })
    }

    @Test("what nemonetd and the state file both know stays, though nemonetd has forgotten some of it")
    func asLate() {
        var agent = Self.agent()
        agent.register(Self.both, overwrite: true)
        let file = agent.machine.snapshot(wallClock: agent.time, at: agent.now)
        var other = Self.agent()
        other.now = agent.now
        other.handle(.snapshotRestored(file, wallClock: agent.time))
        other.handle(.restored([agent.machine.cache.bindings(of: Sample.home)[1]]))
        #expect(other.careOfAddresses == [1: Sample.cable.address, 2: Sample.radio.address])
        #expect(other.removed.isEmpty)
    }

    @Test("a state file keeps identifiers, priorities and flows, and nothing cut short is read")
    func snapshot() throws {
        var agent = Self.agent()
        agent.register(
            Self.both, overwrite: true, flows: [FlowBindingTests.flow(1), FlowBindingTests.flow(2, to: [1])])
        let octets = agent.machine.snapshot(wallClock: agent.time, at: agent.now).encoded()
        let restored = try BindingSnapshot(decoding: octets)
        var other = Self.agent()
        other.handle(.snapshotRestored(restored, wallClock: agent.time))
        #expect(other.careOfAddresses == agent.careOfAddresses)
        #expect(other.machine.cache.flows(of: Sample.home) == agent.machine.cache.flows(of: Sample.home))
        #expect(other.machine.cache.bindings(of: Sample.home).map(\.priority) == [10, 20])
        for count in octets.indices {
            #expect(throws: BindingSnapshotError.self) { try BindingSnapshot(decoding: Array(octets[..<count])) }
        }
    }

    @Test("several care-of addresses wait for duplicate address detection as one does")
    func detection() {
        var agent = Self.agent { $0.homeNetwork = .link }
        #expect(agent.register(Self.both, overwrite: true) == nil)
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.lastAcknowledgement?.status == .accepted)
        #expect(agent.careOfAddresses.count == 2)
    }

    @Test("somebody without the key registers nothing, and changes to any octet are found")
    func authentication() {
        var agent = Self.agent()
        let good = agent.identified(Self.both, overwrite: true)
        // The checksum is that of the network, and not part of what is authenticated.
        for index in good.message.indices where !(4..<6).contains(index) {
            var bad = good
            bad.message[index] ^= 0x10
            agent.deliver(bad)
        }
        var elsewhere = good
        elsewhere.source = Sample.third.address
        agent.deliver(elsewhere)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.deliver(good) == .accepted)
    }
}

extension HomeAgentHarness {
    /// A Binding Update with identifiers.
    mutating func identified(
        _ options: [BindingIdentifierOption], from source: CareOf = Sample.cable, overwrite: Bool = false,
        lifetime: Int64 = 600, flows: [MobilityOption] = [], fromHome: Bool = false
    ) -> MobilityEnvelope {
        envelope {
            $0.careOf = fromHome ? Sample.home : source.address
            $0.withoutAlternate = true
            $0.withoutHomeAddressOption = fromHome
            if overwrite { $0.flags.insert(.overwrite) }
            $0.lifetime = BindingLifetime(seconds: lifetime)
            if lifetime == 0 { $0.prefixes = [] }
            $0.options = options.map(MobilityOption.bindingIdentifier) + flows
        }
    }

    @discardableResult
    mutating func register(
        _ options: [BindingIdentifierOption], from source: CareOf = Sample.cable, overwrite: Bool = false,
        lifetime: Int64 = 600, flows: [MobilityOption] = [], fromHome: Bool = false
    ) -> BindingStatus? {
        deliver(
            identified(
                options, from: source, overwrite: overwrite, lifetime: lifetime, flows: flows, fromHome: fromHome))
    }

    /// The bindings with identifiers that the cache holds for the node of the tests.
    var careOfAddresses: [UInt16: IPv6Address] {
        Dictionary(
            uniqueKeysWithValues: machine.cache.bindings(of: Sample.home).compactMap { binding in
                binding.identifier.map { ($0, binding.careOfAddress) }
            })
    }

    var answeredIdentifiers: [BindingIdentifierOption] {
        (lastAcknowledgement?.options ?? []).compactMap {
            if case .bindingIdentifier(let option) = $0 { option } else { nil }
        }
    }

    var answeredFlows: [FlowIdentificationOption] {
        (lastAcknowledgement?.options ?? []).compactMap {
            if case .flowIdentification(let option) = $0 { option } else { nil }
        }
    }
}
