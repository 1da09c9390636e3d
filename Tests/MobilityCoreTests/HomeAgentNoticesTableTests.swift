import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// What a home agent says unasked: every state with every event.
@Suite struct HomeAgentNoticesTableTests {
    typealias Mobile = RevocationTests.Mobile

    enum State: String, CaseIterable {
        /// No home agent has a binding of ours.
        case unbound
        case bound
        /// The binding was revoked, and that was acknowledged.
        case revoked
        /// There is no key that anything could be authenticated with.
        case withoutKey
    }

    enum Event: String, CaseIterable {
        case bound, unbound, revocation, refusedRevocation, repetition, switchAway, call, unauthenticated, foreign,
            noise
        case malformed, configured

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: HomeAgentNotices.Event) -> [Event] {
            switch event {
            case .bound: [.bound, .unbound]
            case .messageReceived:
                [
                    .revocation, .refusedRevocation, .repetition, .switchAway, .call, .unauthenticated, .foreign,
                    .noise,
                    .malformed,
                ]
            case .configurationChanged: [.configured]
            }
        }
    }

    /// Acknowledgements sent, bindings revoked, home agents to go to.
    struct Outcome: Equatable {
        var sent = 0
        var revoked = 0
        var switched = 0
    }

    /// Also what the home agent said last.
    static func mobile(in state: State) -> (Mobile, MobilityEnvelope?) {
        var last: MobilityEnvelope?
        switch state {
        case .unbound: return (Mobile(bound: false), nil)
        case .bound: return (Mobile(), nil)
        case .revoked:
            var mobile = Mobile()
            mobile.revoke { last = $0 }
            return (mobile, last)
        case .withoutKey:
            var mobile = Mobile()
            mobile.handle(
                .configurationChanged(
                    .init(homeAddress: Sample.home, homeAgents: [Sample.homeAgent], securityAssociation: nil)))
            return (mobile, nil)
        }
    }

    static func perform(_ event: Event, on mobile: inout Mobile, last: MobilityEnvelope?) {
        switch event {
        case .bound: mobile.handle(.bound(Sample.homeAgent))
        case .unbound: mobile.handle(.bound(nil))
        case .revocation: mobile.revoke()
        case .refusedRevocation: mobile.revoke(.perPeerPolicy)
        case .repetition: if let last { mobile.receive(last) }
        case .switchAway: mobile.hear(.homeAgentSwitch(HomeAgentSwitch(addresses: [HomeLinkSample.secondAgent])))
        case .call: mobile.hear(.homeAgentSwitch(HomeAgentSwitch(addresses: [Sample.homeAgent])))
        case .unauthenticated: mobile.revoke(association: Sample.association(Sample.otherKey))
        case .foreign: mobile.revoke { $0.source = Sample.stranger }
        case .noise: mobile.hear(.bindingRefreshRequest(options: []), association: nil)
        case .malformed: mobile.revoke { $0.message.removeLast(4) }
        case .configured:
            mobile.handle(
                .configurationChanged(
                    .init(
                        homeAddress: Sample.home, homeAgents: [HomeLinkSample.thirdAgent],
                        securityAssociation: Sample.association)))
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .unbound: all(Outcome()).merging([.call: Outcome(switched: 1)]) { $1 },
        .bound: all(Outcome()).merging([
            .revocation: Outcome(sent: 1, revoked: 1), .refusedRevocation: Outcome(sent: 1),
            .switchAway: Outcome(switched: 1), .call: Outcome(switched: 1),
        ]) { $1 },
        // Another indication for what has ended wants its acknowledgement, and so does the same one again.
        .revoked: all(Outcome()).merging([
            .revocation: Outcome(sent: 1), .refusedRevocation: Outcome(sent: 1), .repetition: Outcome(sent: 1),
            .call: Outcome(switched: 1),
        ]) { $1 },
        .withoutKey: all(Outcome()),
    ]

    static func all(_ outcome: Outcome) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, outcome) })
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var (mobile, last) = Self.mobile(in: state)
        let before = (mobile.sent.count, mobile.revoked.count, mobile.switched.count)
        Self.perform(event, on: &mobile, last: last)
        let outcome = Outcome(
            sent: mobile.sent.count - before.0, revoked: mobile.revoked.count - before.1,
            switched: mobile.switched.count - before.2)
        #expect(outcome == expected)
    }
}
