import MobilityWire
import Testing

@testable import MobilitySocket

@Suite("Who may say what")
struct PermissionsTests {
    private let permissions = Permissions(protocolUsers: [0, 106])

    /// The roles that may send each kind of message; everything else is refused.
    private static let senders: [(MobilitySocketMessage, Set<Role>)] = [
        (.subscribe([.bindings, .events]), Set(Role.allCases)),
        (.subscribe([.mobility]), [.mobileRouter, .mobileNode, .homeAgent, .correspondentNode]),
        (.subscribe([.events, .scans]), [.detector]),
        (.dump(.bindings), Set(Role.allCases)),
        (.dump(.mobility), []), (.dump(.scans), []),
        (.bindingAdd(Samples.binding), [.homeAgent]),
        (.bindingAdd(Samples.correspondentBinding), [.correspondentNode]),
        (.bindingDelete(homeAddress: Samples.home, bindingIdentifier: nil), [.homeAgent]),
        (
            .bindingDelete(homeAddress: Samples.home, bindingIdentifier: nil, correspondent: Samples.agent),
            [.correspondentNode]
        ),
        (.bindingUsed(homeAddress: Samples.home, correspondent: Samples.agent), []),
        (.subscribe([.routes]), Set(Role.allCases)), (.dump(.routes), Set(Role.allCases)),
        (.routeAdd(Samples.route), [.mobileNode]),
        (.routeDelete(homeAddress: Samples.home, peer: Samples.highest), [.mobileNode]),
        (.routeFlush, [.mobileNode]), (.routeSweep, [.mobileNode]),
        (.restingPeer(Samples.restingPeer), [.mobileNode]),
        (.restingPeerDelete(prefix: Samples.prefix), [.mobileNode]),
        (.routeHint(homeAddress: Samples.home, peer: Samples.highest), []),
        (.parameterProblem(peer: Samples.highest), []),
        (.routeForget(peer: Samples.highest), [.monitor]),
        (.routeExclude(prefix: Samples.prefix, excluded: true), [.monitor]),
        (.configurationChanged, [.homeAgent]),
        (.bindingFlush, [.homeAgent, .correspondentNode]), (.bindingSweep, [.homeAgent, .correspondentNode]),
        (.registrationAdd(Samples.registration), [.mobileRouter, .mobileNode]),
        (
            .registrationDelete(homeAddress: Samples.home, careOfAddress: Samples.careOf),
            [.mobileRouter, .mobileNode]
        ),
        (.registrationFlush, [.mobileRouter, .mobileNode]), (.registrationSweep, [.mobileRouter, .mobileNode]),
        (.movementScan(interfaceIndices: []), [.mobileRouter, .mobileNode]),
        (.uplinkReport(Samples.report), [.detector]), (.uplinkGone(interfaceIndex: 1), [.detector]),
        (.uplinkGone(interfaceIndex: 0, name: "eth1"), [.detector]), (.uplinkSweep, [.detector]),
        (.routerProbe(interfaceIndex: 1, router: Samples.careOf), [.detector]),
        (.routerSolicit(interfaceIndex: 1), [.detector]),
        (.uplinkUsage(Samples.usage), [.detector]),
        (.subscribe([.usage]), Set(Role.allCases)), (.dump(.usage), Set(Role.allCases)),
        (.mobilitySend(Samples.datagram), [.mobileRouter, .mobileNode, .homeAgent, .correspondentNode]),
        (.bindingMissing(homeAddress: Samples.home, peer: Samples.careOf, homeAgentAddress: Samples.agent), []),
        (.icmpSend(Samples.icmp), [.mobileRouter, .mobileNode, .homeAgent, .correspondentNode]),
        (.bindingRevoke(homeAddresses: [Samples.home]), [.monitor]),
        (.homeAgentSwitch(homeAddresses: [], agents: []), [.monitor]),
        (.bindingForget(homeAddresses: []), [.monitor]), (.uplinkUse(name: nil), [.monitor]),
        (.subscribe([.traffic]), [.mobileRouter, .mobileNode]), (.dump(.traffic), []),
        (.subscribe([.programStates]), Set(Role.allCases)), (.dump(.programStates), Set(Role.allCases)),
        (
            .programState(Samples.programState),
            [.mobileRouter, .mobileNode, .homeAgent, .correspondentNode, .detector]
        ),
        (.icmpReceived(Samples.icmp), []),
        (.detectStart(address: Samples.home, interfaceName: "home0"), [.homeAgent]),
        (.detectStop(address: Samples.home), [.homeAgent]),
        (.detectResult(address: Samples.home, isDuplicate: true), []),
        (.mobilityReceived(Samples.datagram), []), (.tunnel(Samples.tunnel), []),
        (
            .counters(program: "mrd", values: []),
            [.mobileRouter, .mobileNode, .homeAgent, .correspondentNode, .detector]
        ),
    ]

    @Test("each message has its senders and no others", arguments: senders.indices)
    func table(index: Int) {
        let (message, allowed) = Self.senders[index]
        for role in Role.allCases {
            let refusal = permissions.refusal(of: message, role: role, user: 0)
            #expect((refusal == nil) == allowed.contains(role), "\(role)")
            if let refusal { #expect(refusal.code == .notPermitted) }
        }
        #expect(permissions.refusal(of: message, role: nil, user: 0) != nil)
    }

    @Test("only root, the daemon's user and configured users play a role; everybody may look")
    func users() {
        for role in Role.allCases {
            let hello = MobilitySocketMessage.hello(Hello(role: role, processIdentifier: 1))
            #expect(permissions.refusal(of: hello, role: nil, user: 0) == nil)
            #expect(permissions.refusal(of: hello, role: nil, user: 106) == nil)
            #expect((permissions.refusal(of: hello, role: nil, user: 1000) == nil) == (role == .monitor))
        }
    }

    @Test("everybody may look, but only who may run the programs may command them")
    func commands() {
        let revoke = MobilitySocketMessage.bindingRevoke(homeAddresses: [Samples.home])
        #expect(permissions.refusal(of: revoke, role: .monitor, user: 106) == nil)
        #expect(permissions.refusal(of: revoke, role: .monitor, user: 1000)?.code == .notPermitted)
        #expect(permissions.refusal(of: revoke, role: nil, user: 0)?.code == .notPermitted)
    }

    @Test("what a monitor has to tell is heard if it has a name, and nothing else of it")
    func named() {
        let event = MobilitySocketMessage.event(
            EventRecord(
                time: Instant(milliseconds: 0), program: "shisahooks", event: "configuration_refused", detail: ""))
        #expect(permissions.refusal(of: event, role: .monitor, user: 0)?.code == .notPermitted)
        #expect(permissions.refusal(of: event, role: .monitor, isNamed: true, user: 0) == nil)
        for (message, _) in Self.senders {
            #expect(
                permissions.refusal(of: message, role: .monitor, isNamed: true, user: 0)
                    == permissions.refusal(of: message, role: .monitor, user: 0))
        }
        #expect(permissions.mayBeNamed(user: 0) && permissions.mayBeNamed(user: 106))
        #expect(!permissions.mayBeNamed(user: 1000))
    }

    @Test("a client cannot change its role, and another version is named in the refusal")
    func helloAgain() {
        let hello = Hello(role: .homeAgent, processIdentifier: 1)
        #expect(permissions.refusal(of: .hello(hello), role: .homeAgent, user: 0) == nil)
        #expect(permissions.refusal(of: .hello(hello), role: .monitor, user: 0)?.code == .notPermitted)
        let newer = Hello(role: .homeAgent, processIdentifier: 1, version: 9)
        #expect(permissions.refusal(of: .hello(newer), role: nil, user: 0)?.code == .unsupportedVersion)
    }
}
