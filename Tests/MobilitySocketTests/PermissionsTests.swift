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
        (.icmpReceived(Samples.icmp), []),
        (.detectStart(address: Samples.home, interfaceName: "home0"), [.homeAgent]),
        (.detectStop(address: Samples.home), [.homeAgent]),
        (.detectResult(address: Samples.home, isDuplicate: true), []),
        (.mobilityReceived(Samples.datagram), []), (.tunnel(Samples.tunnel), []),
        (.subscribe([.counters]), Set(Role.allCases)),
    ]

    /// A client of that role.
    private func hello(_ role: Role, name: String? = nil) -> Hello {
        Hello(role: role, processIdentifier: 1, name: name)
    }

    @Test("each message has its senders and no others", arguments: senders.indices)
    func table(index: Int) {
        let (message, allowed) = Self.senders[index]
        for role in Role.allCases {
            let refusal = permissions.refusal(of: message, from: hello(role), user: 0)
            #expect((refusal == nil) == allowed.contains(role), "\(role)")
            if let refusal { #expect(refusal.code == .notPermitted) }
        }
        #expect(permissions.refusal(of: message, from: nil, user: 0) != nil)
    }

    @Test("only root, the daemon's user and configured users play a role; everybody may look")
    func users() {
        for role in Role.allCases {
            let hello = MobilitySocketMessage.hello(Hello(role: role, processIdentifier: 1))
            #expect(permissions.refusal(of: hello, from: nil, user: 0) == nil)
            #expect(permissions.refusal(of: hello, from: nil, user: 106) == nil)
            #expect((permissions.refusal(of: hello, from: nil, user: 1000) == nil) == (role == .monitor))
        }
    }

    @Test("everybody may look, but only who may run the programs may command them")
    func commands() {
        let revoke = MobilitySocketMessage.bindingRevoke(homeAddresses: [Samples.home])
        #expect(permissions.refusal(of: revoke, from: hello(.monitor), user: 106) == nil)
        #expect(permissions.refusal(of: revoke, from: hello(.monitor), user: 1000)?.code == .notPermitted)
        #expect(permissions.refusal(of: revoke, from: nil, user: 0)?.code == .notPermitted)
    }

    @Test("what a monitor has to tell is heard if it has a name, and nothing else of it")
    func named() {
        let named = hello(.monitor, name: "shisahooks")
        #expect(permissions.refusal(of: event(of: "shisahooks"), from: hello(.monitor), user: 0)?.code == .notPermitted)
        #expect(permissions.refusal(of: event(of: "shisahooks"), from: named, user: 0) == nil)
        for (message, _) in Self.senders {
            let refusal = permissions.refusal(of: message, from: named, user: 0)
            #expect(refusal?.code == permissions.refusal(of: message, from: hello(.monitor), user: 0)?.code)
        }
        #expect(permissions.mayBeNamed(user: 0) && permissions.mayBeNamed(user: 106))
        #expect(!permissions.mayBeNamed(user: 1000))
    }

    @Test("a program speaks of itself, and for no other")
    func speakers() {
        var state = Samples.programState
        for role in Role.allCases where role != .monitor {
            for program in ["mrd", "mnd", "had", "cnd", "babymdd", "shisahooks", "nemonetd"] {
                state.program = program
                for message in [event(of: program), .counters(program: program, values: []), .programState(state)] {
                    let refusal = permissions.refusal(of: message, from: hello(role), user: 0)
                    #expect((refusal == nil) == (role.program == program), "\(role) as \(program)")
                }
            }
        }
        let other = permissions.refusal(of: event(of: "mrd"), from: hello(.monitor, name: "shisahooks"), user: 0)
        #expect(other == MobilitySocketError(.notPermitted, "shisahooks cannot speak for mrd"))
        // Of a console there is nothing to tell.
        state.program = Role.monitor.program
        #expect(permissions.refusal(of: .programState(state), from: hello(.monitor), user: 0)?.code == .notPermitted)
    }

    private func event(of program: String) -> MobilitySocketMessage {
        .event(
            EventRecord(time: Instant(milliseconds: 0), program: program, event: "configuration_refused", detail: ""))
    }

    @Test("a client cannot change its role, and another version is named in the refusal")
    func helloAgain() {
        let first = hello(.homeAgent)
        #expect(permissions.refusal(of: .hello(first), from: first, user: 0) == nil)
        #expect(permissions.refusal(of: .hello(first), from: hello(.monitor), user: 0)?.code == .notPermitted)
        let newer = Hello(role: .homeAgent, processIdentifier: 1, version: 9)
        #expect(permissions.refusal(of: .hello(newer), from: nil, user: 0)?.code == .unsupportedVersion)
    }
}
