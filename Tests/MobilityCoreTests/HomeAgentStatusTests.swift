import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Each status that the home agent sends, by what it stands for (RFC 6275 §6.1.8, §10.3; RFC 3963 §4.2; RFC 4285 §5, §6;
/// RFC 5648 §4.4).
@Suite struct HomeAgentStatusTests {
    typealias Option = BindingIdentifierOption
    private static let prefix = IPv6Prefix("2001:db8:99::/64")!

    static func agent(
        _ authentication: HomeNode.Authentication = .association(Sample.association),
        configured: (inout HomeAgentConfiguration) -> Void = { _ in },
        node change: (inout HomeNode) -> Void = { _ in }
    ) -> HomeAgentHarness {
        var node = Sample.node(authentication: authentication)
        change(&node)
        var configuration = Sample.homeAgent(nodes: [node])
        configured(&configuration)
        return HomeAgentHarness(configuration)
    }

    /// What draws each status: the last answer of this story has it.
    static let causes: [BindingStatus: @Sendable () -> HomeAgentHarness] = [
        .accepted: { told(agent()) { $0.update() } },
        .acceptedPrefixDiscoveryNecessary: {
            told(agent()) {
                let prefix = HomePrefix(Sample.homePrefixInformation(valid: 86400, preferred: 100), since: $0.now)
                $0.handle(.homePrefixesChanged([prefix]))
                $0.update()
            }
        },
        .reasonUnspecified: {
            told(agent { $0.homeNetwork = .link }) {
                $0.update()
                $0.pass(.seconds(5))
            }
        },
        .duplicateAddressDetectionFailed: {
            told(agent { $0.homeNetwork = .link }) {
                $0.update()
                $0.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
            }
        },
        .administrativelyProhibited: { told(agent(node: { $0.isProhibited = true })) { $0.update() } },
        .insufficientResources: { told(agent { $0.greatestNumberOfBindings = 0 }) { $0.update() } },
        .homeRegistrationNotSupported: { told(agent { $0.prefixes = [] }) { $0.update() } },
        .notHomeSubnet: { told(agent()) { $0.update { $0.home = Sample.stranger } } },
        .notHomeAgentForThisMobileNode: { told(agent()) { $0.update { $0.home = Sample.otherHome } } },
        .sequenceNumberOutOfWindow: {
            told(agent(.association(Sample.sequenceOnly))) {
                $0.update { $0.association = Sample.sequenceOnly }
                let last = $0.sequenceNumber
                $0.update {
                    $0.association = Sample.sequenceOnly
                    $0.sequenceNumber = last
                }
            }
        },
        .registrationTypeChangeDisallowed: {
            told(agent()) {
                $0.update()
                $0.update { $0.flags.remove(.mobileRouter) }
            }
        },
        .mobileRouterOperationNotPermitted: { told(agent(node: { $0.mayBeMobileRouter = false })) { $0.update() } },
        .invalidPrefix: { told(agent()) { $0.update { $0.prefixes = [IPv6Prefix("::/0")!] } } },
        .notAuthorizedForPrefix: { told(agent()) { $0.update { $0.prefixes = [prefix] } } },
        .forwardingSetupFailed: { told(agent(node: { $0.prefixes = [] })) { $0.update { $0.prefixes = [] } } },
        .mobilityIdentifierMismatch: {
            told(agent()) {
                let old = NTPTimestamp(rawValue: $0.time.rawValue - 3600 << 32)
                $0.update { $0.timestamp = old }
            }
        },
        .mobilityMessageIdentifierRequired: { told(agent()) { $0.update { $0.withoutTimestamp = true } } },
        .authenticationFailed: {
            told(agent()) { $0.update { $0.association = Sample.association(Sample.otherKey) } }
        },
        .invalidCareOfAddress: { told(agent()) { $0.update { $0.careOf = Sample.homeAgent } } },
        .multipleCareOfAddressIncomplete: {
            told(agent()) {
                $0.register([MultipleBindingTests.option(1, Sample.cable), MultipleBindingTests.option(2, nil)])
            }
        },
        .multipleCareOfAddressReturnHomeWithoutNDP: {
            told(agent { $0.multiple.homeLink = .allowedWithoutNeighborDiscovery }) {
                $0.register([atHome], fromHome: true)
            }
        },
        .multipleCareOfAddressMalformed: {
            told(agent()) { $0.register([MultipleBindingTests.option(0, Sample.cable)]) }
        },
        .multipleCareOfAddressNonMCoABindingExists: {
            told(agent()) {
                $0.update()
                $0.register([MultipleBindingTests.option(1, Sample.cable)])
            }
        },
        .multipleCareOfAddressProhibited: {
            told(agent { $0.multiple.isAllowed = false }) { $0.register(MultipleBindingTests.both) }
        },
        .multipleCareOfAddressUnknownCareOfAddress: {
            told(agent()) { $0.register([MultipleBindingTests.option(1, nil)]) }
        },
        .multipleCareOfAddressBulkRegistrationProhibited: {
            told(agent { $0.multiple.allowsBulkRegistration = false }) { $0.register(MultipleBindingTests.both) }
        },
        .multipleCareOfAddressSimultaneousHomeAndForeignProhibited: {
            told(agent()) { $0.register([atHome], fromHome: true) }
        },
    ]

    private static let atHome = Option(
        identifier: 9, simultaneousHomeAndForeignBinding: true, careOfAddress: Sample.home)

    private static func told(_ agent: HomeAgentHarness, _ story: (inout HomeAgentHarness) -> Void) -> HomeAgentHarness {
        var agent = agent
        story(&agent)
        return agent
    }

    @Test("each status is sent for what it stands for, and counted", arguments: HomeAgentCounter.statusesSent)
    func causes(status: BindingStatus) throws {
        let cause = try #require(Self.causes[status], "nothing draws status \(status.rawValue)")
        let agent = cause()
        #expect(agent.lastAcknowledgement?.status == status)
        #expect(agent.count(.acknowledgementSent(status)) == 1)
        // What is refused is not in force, unless something was before.
        #expect((agent.machine.cache[Sample.home] != nil) == (agent.count(.bindingCreated) > 0))
        if !status.isAccepted { #expect(agent.lastAcknowledgement?.lifetime == .zero) }
    }

    @Test("no status is sent that stands in no row")
    func complete() { #expect(Set(Self.causes.keys) == Set(HomeAgentCounter.statusesSent)) }

    /// A Binding Update with several things wrong: the first of them in the order of the checks is what its answer says
    /// (RFC 6275 §10.3.1; authentication as soon as it is known whose message it is, RFC 4285 §5.1.1, then §6).
    @Test("of several things that are wrong the first check that fails is answered")
    func order() {
        struct Check {
            var status: BindingStatus
            var configure: (inout HomeAgentConfiguration) -> Void = { _ in }
            var node: (inout HomeNode) -> Void = { _ in }
            var spoil: (inout HomeAgentHarness.Update) -> Void = { _ in }
        }
        let old = NTPTimestamp(rawValue: Sample.wallClock.rawValue - 3600 << 32)
        let checks = [
            Check(status: .homeRegistrationNotSupported, configure: { $0.prefixes = [] }),
            Check(status: .authenticationFailed, spoil: { $0.association = Sample.association(Sample.otherKey) }),
            Check(status: .mobilityIdentifierMismatch, spoil: { $0.timestamp = old }),
            Check(status: .administrativelyProhibited, node: { $0.isProhibited = true }),
            Check(
                status: .invalidCareOfAddress,
                spoil: {
                    $0.careOf = Sample.homeAgent; $0.source = Sample.cable.address
                }),
            Check(status: .mobileRouterOperationNotPermitted, node: { $0.mayBeMobileRouter = false }),
            Check(status: .invalidPrefix, spoil: { $0.prefixes = [IPv6Prefix("::/0")!, Self.prefix] }),
            Check(status: .insufficientResources, configure: { $0.greatestNumberOfBindings = 0 }),
        ]
        for (index, first) in checks.enumerated() {
            // This one and all that come later are wrong.
            let wrong = checks[index...]
            var agent = Self.agent(
                configured: { configuration in for check in wrong { check.configure(&configuration) } },
                node: { node in for check in wrong { check.node(&node) } })
            let status = agent.update { update in for check in wrong { check.spoil(&update) } }
            #expect(status == first.status)
        }
    }

    @Test("the answer to a node that is on the home link leaves by the interface that it came in by")
    func atHome() {
        for (network, expected) in [(HomeAgentConfiguration.HomeNetwork.link, UInt32(5)), (.virtual, 0)] {
            var agent = Self.agent { $0.homeNetwork = network }
            agent.update()
            agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
            #expect(agent.lastAcknowledgement?.status == .accepted)
            #expect(agent.sent.last?.interfaceIndex == 0)
            var envelope = agent.envelope {
                $0.careOf = Sample.home
                $0.lifetime = .zero
                $0.withoutHomeAddressOption = true
                $0.association = Sample.association(Sample.otherKey)
            }
            envelope.interfaceIndex = 5
            #expect(agent.deliver(envelope) == .authenticationFailed)
            #expect(agent.sent.last?.interfaceIndex == expected)
            #expect(agent.sent.last?.destination == Sample.home)
            #expect(agent.machine.cache[Sample.home] != nil)
        }
    }

    @Test("a packet that misses a binding which is in force makes the engine hear of it again, and nobody else")
    func repeatedBinding() {
        var agent = Self.agent()
        agent.update()
        let before = (agent.sent.count, agent.installed.count)
        agent.handle(.bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.homeAgent))
        #expect(agent.sent.count == before.0)
        #expect(agent.installed.count == before.1 + 1)
        #expect(agent.count(.bindingRepeated) == 1)
        // From elsewhere, or to another address of ours, it is no binding of this packet.
        agent.handle(.bindingMissing(peer: Sample.radio.address, homeAddress: Sample.home, agent: Sample.homeAgent))
        #expect(agent.sent.count == before.0 + 1)
        #expect(agent.count(.bindingErrorSent) == 1)
    }

    @Test("a binding that somebody remembers from before its de-registration does not come back")
    func restoredAfterGoodbye() {
        var agent = Self.agent()
        agent.update()
        let binding = agent.installed[0]
        agent.update { $0.lifetime = .zero }
        agent.handle(.restored([binding]))
        #expect(agent.machine.cache[Sample.home] == nil)
        #expect(agent.installed.count == 1)
        var later = binding
        later.sequenceNumber = agent.sequenceNumber.next
        agent.handle(.restored([later]))
        #expect(agent.machine.cache[Sample.home] == later)
    }
}
