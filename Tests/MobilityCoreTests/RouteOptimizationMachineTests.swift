import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// The mobile side: RFC 6275 §11.6, §11.7.2 to §11.7.4, §11.8.
@Suite struct RouteOptimizationMachineTests {
    typealias Harness = RouteOptimizationHarness

    // MARK: The procedure

    @Test("a peer that is allowed again while it is told to forget the node is bound again with the next packet")
    func allowedAgain() {
        var harness = RouteOptimizationHarness.bound()
        harness.pass(.seconds(20))
        harness.handle(.configurationChanged(.init(never: [IPv6Prefix(host: RouteOptimizationHarness.peer)])))
        #expect(harness.machine.bindingUpdateList.map(\.phase) == [.leaving])
        // What it waits for has an end that people can see.
        #expect(harness.machine.bindingUpdateList.first?.endsAt.map { $0 > harness.now } == true)
        harness.hint()
        #expect(harness.machine.bindingUpdateList.map(\.phase) == [.leaving])
        harness.handle(.configurationChanged(.init()))
        harness.hint()
        // The tokens of before are still good.
        #expect(harness.machine.bindingUpdateList.map(\.phase) == [.updating])
        #expect(harness.machine.pending(.update).waiting == 1)
        #expect(harness.machine.pending(.test).waiting == 0)
    }

    @Test("a hint starts both tests in parallel: home through the tunnel, care-of directly")
    func tests() throws {
        let harness = Harness.testing()
        #expect(harness.sent.count == 2)
        let (home, homePath) = harness.sent[0]
        #expect(homePath == .homeTunnel && home.source == Sample.home && home.destination == Harness.peer)
        #expect(home.homeAddressOption == nil)
        let (careOf, careOfPath) = harness.sent[1]
        #expect(careOfPath == .direct && careOf.source == Sample.cable.address)
        #expect(careOf.interfaceIndex == Sample.cable.interfaceIndex && careOf.homeAddressOption == nil)
    }

    @Test("with both tokens a Binding Update leaves: Home Address option, nonce indices, authorization, A flag")
    func update() throws {
        let harness = Harness.updating()
        let (update, envelope) = try #require(harness.lastUpdate)
        #expect(envelope.source == Sample.cable.address && envelope.homeAddressOption == Sample.home)
        #expect(update.flags == .acknowledge)
        #expect(update.lifetime.seconds == 420)
        #expect(update.options.nonceIndices.map { $0.home == 3 && $0.careOf == 4 } == true)
        let key = BindingManagementKey(homeToken: harness.homeToken, careOfToken: harness.careOfToken)
        #expect(
            key.verifies(envelope.message, careOfAddress: Sample.cable.address, correspondent: Harness.peer))
        #expect(harness.route == nil)
    }

    @Test("the route comes with the acknowledgement, and counts from the sending of the Binding Update")
    func acceptance() throws {
        var harness = Harness.updating()
        let sentAt = harness.now
        harness.pass(.milliseconds(700))
        harness.acknowledge(lifetime: .seconds(100))
        let route = try #require(harness.route)
        #expect(route.careOf == Sample.cable && route.peer == Harness.peer && route.homeAddress == Sample.home)
        #expect(route.expiresAt == sentAt + .seconds(100))
        let list = try #require(harness.machine.bindingUpdateList.first)
        #expect(list.phase == .bound && list.status == .accepted && list.route == route)
    }

    @Test("a granted lifetime longer than the one asked for does not count")
    func longLifetime() throws {
        var harness = Harness.updating(.init(lifetime: .seconds(60)))
        harness.acknowledge(lifetime: .seconds(4000))
        #expect(harness.route?.expiresAt == harness.now + .seconds(60))
    }

    @Test("no binding at a correspondent outlives the home registration")
    func homeLifetime() throws {
        var harness = Harness()
        harness.away(lifetime: .seconds(90))
        harness.hint()
        harness.answerHomeTest()
        harness.answerCareOfTest()
        #expect(harness.lastUpdate?.update.lifetime.seconds == 88)
        harness.acknowledge()
        harness.pass(.seconds(90))
        #expect(harness.route == nil)
    }

    @Test("tests are repeated after 1, 2, 4 … seconds with new cookies; late answers to old cookies count")
    func retransmission() throws {
        var harness = Harness.testing()
        let first = try #require(harness.lastCookie(careOf: false))
        var times: [Instant] = []
        for _ in 0..<10 {
            let before = harness.count(.homeTestInitSent)
            harness.passToDeadline()
            if harness.count(.homeTestInitSent) > before { times.append(harness.now) }
        }
        #expect(times.prefix(5).map { ($0 - Sample.start).milliseconds } == [1000, 3000, 7000, 15000, 31000])
        harness = .testing()
        harness.pass(.milliseconds(1500))
        #expect(harness.lastCookie(careOf: false) != first)
        harness.receive(
            .homeTest(nonceIndex: 3, cookie: first, keygenToken: harness.homeToken.rawValue, options: []))
        harness.answerCareOfTest()
        #expect(harness.phase == .updating)
    }

    @Test("cookies differ, and none is seen twice")
    func cookies() {
        var harness = Harness.testing()
        harness.pass(.seconds(60))
        let cookies = harness.messages.compactMap { message -> UInt64? in
            switch message {
            case .homeTestInit(let cookie, _), .careOfTestInit(let cookie, _): cookie
            default: nil
            }
        }
        #expect(cookies.count == 12)
        #expect(Set(cookies).count == 12)
    }

    @Test("Home Tests must come through the tunnel and answer a cookie, Care-of Tests come to the care-of address")
    func wrongTests() {
        var harness = Harness.testing()
        harness.answerHomeTest(throughTunnel: false)
        #expect(harness.count(.testOutsideTunnel) == 1)
        harness.receive(.homeTest(nonceIndex: 3, cookie: 1, keygenToken: 9, options: []))
        harness.receive(.careOfTest(nonceIndex: 3, cookie: 1, keygenToken: 9, options: []))
        harness.answerCareOfTest(to: Sample.radio)
        let cookie = harness.lastCookie(careOf: false) ?? 0
        harness.receive(
            .homeTest(nonceIndex: 3, cookie: cookie, keygenToken: 9, options: []), from: Sample.stranger)
        #expect(harness.count(.testUnmatched) == 4)
        #expect(harness.phase == .testing)
        harness.answerHomeTest()
        harness.answerCareOfTest()
        #expect(harness.phase == .updating)
        // A second answer says nothing.
        harness.answerHomeTest()
        #expect(harness.count(.testUnmatched) == 5)
    }

    @Test("Binding Updates are repeated with new sequence numbers; any of them may be acknowledged")
    func updateRetransmission() {
        var harness = Harness.updating()
        let first = harness.lastUpdate?.update.sequenceNumber
        harness.pass(.seconds(4))
        #expect(harness.count(.bindingUpdateSent) == 3)
        #expect(harness.lastUpdate?.update.sequenceNumber == first?.next.next)
        harness.acknowledge(sequenceNumber: first?.rawValue)
        #expect(harness.phase == .bound)
        #expect(harness.route?.expiresAt == Sample.start + .seconds(420))
    }

    @Test("at most three messages of a type leave to a peer within a second, over all home addresses")
    func rate() {
        var harness = Harness()
        for home in [Sample.home, Sample.otherHome] {
            harness.pair.homeAddress = home
            harness.away()
            harness.hint()
        }
        for step in 0..<20 {
            for home in [Sample.home, Sample.otherHome] {
                harness.pair.homeAddress = home
                harness.away(step.isMultiple(of: 2) ? Sample.radio : Sample.cable)
            }
        }
        #expect(harness.count(.homeTestInitSent) == 3)
        #expect(harness.count(.careOfTestInitSent) == 3)
        #expect(harness.count(.messageDeferred) > 0)
        harness.pass(.seconds(1))
        #expect(harness.count(.homeTestInitSent) <= 6)
    }

    // MARK: Acknowledgements

    @Test("an acknowledgement without the right authorization is ignored")
    func unauthorized() {
        var harness = Harness.updating()
        harness.acknowledge(authorized: false)
        harness.careOfToken = KeygenToken(rawValue: 1)
        harness.acknowledge()
        #expect(harness.count(.acknowledgementUnauthenticated) == 2)
        harness.acknowledge(sequenceNumber: 1)
        #expect(harness.count(.acknowledgementUnmatched) == 1)
        #expect(harness.phase == .updating && harness.route == nil)
    }

    @Test("status 135 is believed when authorized only, and its number taken over")
    func sequenceNumber() {
        var harness = Harness.updating()
        let last = (harness.lastUpdate?.update.sequenceNumber.rawValue ?? 0) &+ 500
        harness.acknowledge(.sequenceNumberOutOfWindow, sequenceNumber: last, authorized: false)
        #expect(harness.count(.sequenceNumberAdopted) == 0)
        harness.acknowledge(.sequenceNumberOutOfWindow, sequenceNumber: last)
        #expect(harness.lastUpdate?.update.sequenceNumber.rawValue == last &+ 1)
        #expect(harness.phase == .updating)
        // The same answer to a repetition of before: no number is used twice.
        harness.acknowledge(.sequenceNumberOutOfWindow, sequenceNumber: last)
        #expect(harness.lastUpdate?.update.sequenceNumber.rawValue == last &+ 1)
        #expect(harness.count(.sequenceNumberAdopted) == 1)
        harness.acknowledge()
        #expect(harness.phase == .bound)
    }

    @Test("statuses 136 to 138 repeat the tests that they name, and no more than a few times")
    func expiredNonces() {
        var harness = Harness.updating()
        harness.acknowledge(.expiredHomeNonceIndex, authorized: false)
        #expect(harness.count(.homeTestInitSent) == 2 && harness.count(.careOfTestInitSent) == 1)
        harness.answerHomeTest()
        harness.acknowledge(.expiredCareOfNonceIndex, authorized: false)
        #expect(harness.count(.homeTestInitSent) == 2 && harness.count(.careOfTestInitSent) == 2)
        harness.answerCareOfTest()
        harness.acknowledge(.expiredNonces, authorized: false)
        harness.pass(.seconds(1))
        harness.answerHomeTest()
        harness.answerCareOfTest()
        harness.acknowledge(.expiredNonces, authorized: false)
        #expect(harness.phase == nil)
        #expect(harness.count(.peerRested(.refused)) == 1)
    }

    @Test("every other refusal lets the peer rest", arguments: BindingStatus.named.filter { !$0.isAccepted })
    func refusals(status: BindingStatus) {
        var harness = Harness.updating()
        harness.acknowledge(status, authorized: ![136, 137, 138].contains(status.rawValue))
        switch status {
        case .expiredHomeNonceIndex, .expiredCareOfNonceIndex, .expiredNonces: #expect(harness.phase == .testing)
        case .sequenceNumberOutOfWindow: #expect(harness.phase == .updating)
        default:
            #expect(harness.phase == nil)
            harness.hint()
            #expect(harness.count(.hintResting) == 1)
        }
        #expect(harness.count(.acknowledgementReceived(status)) == 1)
    }

    // MARK: Without acknowledgements

    @Test("without the A flag the route is used at once, and a refusal takes it back")
    func withoutAcknowledgement() {
        var harness = Harness.updating(.init(requestsAcknowledgement: false))
        #expect(harness.lastUpdate?.update.flags == [])
        #expect(harness.phase == .bound && harness.route != nil)
        harness.pass(.seconds(30))
        #expect(harness.count(.bindingUpdateSent) == 1)
        harness.acknowledge(.expiredNonces, authorized: false)
        #expect(harness.phase == .testing && harness.route == nil)
    }

    // MARK: Refresh

    @Test("a route in use is renewed before its end and never taken away meanwhile")
    func refresh() {
        var harness = Harness.bound()
        for _ in 0..<100 {
            harness.pass(.seconds(10))
            harness.hint()
            if harness.phase == .testing {
                harness.answerHomeTest()
                harness.answerCareOfTest()
            }
            if harness.phase == .updating { harness.acknowledge() }
            #expect(harness.route != nil)
        }
        #expect(harness.removed.isEmpty)
        #expect((3...5).contains(harness.count(.bindingUpdateSent)))
    }

    @Test("a route that nobody uses ends with its lifetime; late use renews it")
    func unused() {
        var harness = Harness.bound()
        harness.pass(.seconds(419))
        #expect(harness.phase == .bound && harness.sent.count == 3)
        harness.pass(.seconds(2))
        #expect(harness.phase == nil && harness.removed == [.expired])
        harness = .bound()
        harness.pass(.seconds(410))
        harness.hint()
        #expect(harness.phase == .testing && harness.route != nil)
    }

    @Test("a Binding Refresh Request renews a binding that there is, and nothing else")
    func refreshRequest() {
        var harness = Harness.bound()
        harness.receive(.bindingRefreshRequest(options: []))
        #expect(harness.count(.bindingRefreshRequestIgnored) == 1, "the binding is new")
        harness.pass(.seconds(390))
        harness.receive(.bindingRefreshRequest(options: []), from: Sample.stranger)
        #expect(harness.count(.bindingRefreshRequestIgnored) == 2)
        harness.receive(.bindingRefreshRequest(options: []))
        #expect(harness.phase == .testing && harness.route != nil)
    }

    @Test("a peer that fell silent costs its route after three repetitions, and never beyond its lifetime")
    func silentOnRefresh() throws {
        for span in [Instant.Span.seconds(20), .seconds(411)] {
            var harness = Harness.bound()
            harness.pass(span)
            let end = try #require(harness.route).expiresAt
            harness.receive(.bindingRefreshRequest(options: []))
            let begun = harness.now
            while harness.route != nil { harness.passToDeadline() }
            #expect(harness.now <= end)
            #expect(harness.now - begun <= .seconds(15))
            harness.pass(.seconds(420))
            #expect(harness.phase == nil)
        }
    }

    // MARK: Movement

    @Test("a hand-over reuses the home token while it is good: one care-of test, one Binding Update")
    func handover() throws {
        var harness = Harness.bound()
        harness.pass(.seconds(100))
        harness.away(Sample.radio)
        #expect(harness.route == nil && harness.removed == [.moved])
        #expect(harness.count(.homeTestInitSent) == 1 && harness.count(.careOfTestInitSent) == 2)
        #expect(harness.count(.homeTokenReused) == 1)
        harness.careOfToken = KeygenToken(rawValue: 0x3333)
        harness.answerCareOfTest(to: Sample.radio)
        #expect(harness.lastUpdate?.envelope.source == Sample.radio.address)
        harness.acknowledge()
        #expect(harness.route?.careOf == Sample.radio)
    }

    @Test("after 210 s the home token is tested anew")
    func oldToken() {
        var harness = Harness.bound()
        harness.pass(.seconds(210))
        harness.away(Sample.radio)
        #expect(harness.count(.homeTestInitSent) == 2)
    }

    @Test("back at a care-of address of a moment ago no test is needed at all")
    func backAgain() {
        var harness = Harness.bound()
        harness.pass(.seconds(50))
        harness.away(Sample.radio)
        harness.pass(.seconds(1))
        harness.away(Sample.cable)
        #expect(harness.phase == .updating)
        #expect(harness.count(.homeTestInitSent) == 1)
        harness.acknowledge()
        #expect(harness.route?.careOf == Sample.cable)
    }

    @Test("no correspondent is told before the home agent confirmed; the tests run meanwhile")
    func unconfirmed() {
        var harness = Harness.bound()
        harness.pass(.seconds(50))
        harness.away(Sample.radio, confirmed: false)
        harness.careOfToken = KeygenToken(rawValue: 0x3333)
        harness.answerCareOfTest(to: Sample.radio)
        #expect(harness.phase == .testing && harness.count(.bindingUpdateSent) == 1)
        harness.away(Sample.radio)
        #expect(harness.phase == .updating && harness.count(.bindingUpdateSent) == 2)
    }

    @Test("a home test lost before the home agent knew the address is repeated when it does")
    func hurriedHomeTest() {
        var harness = Harness.bound()
        harness.pass(.seconds(300))
        harness.away(Sample.radio, confirmed: false)
        #expect(harness.count(.homeTestInitSent) == 2)
        harness.pass(.milliseconds(100))
        harness.away(Sample.radio)
        #expect(harness.count(.homeTestInitSent) == 3)
    }

    @Test("in a planned hand-over the old route serves until the new one does, or until its link is gone")
    func planned() {
        var harness = Harness.bound()
        harness.pass(.seconds(50))
        harness.away(Sample.radio, previousUsable: true)
        #expect(harness.route?.careOf == Sample.cable)
        var other = harness
        other.away(Sample.radio)
        #expect(other.route == nil && other.removed == [.moved])
        harness.answerCareOfTest(to: Sample.radio)
        harness.acknowledge()
        #expect(harness.route?.careOf == Sample.radio && harness.removed.isEmpty)
    }

    @Test("back at home every correspondent is told, directly and with the home token alone")
    func returnHome() throws {
        var harness = Harness.bound()
        harness.pass(.seconds(20))
        harness.handle(.located(Sample.home, .home(interfaceIndex: 9)))
        #expect(harness.removed == [.returnedHome])
        let (update, envelope) = try #require(harness.lastUpdate)
        #expect(update.lifetime == .zero && update.options.nonceIndices?.careOf == 0)
        #expect(envelope.source == Sample.home && envelope.homeAddressOption == nil && envelope.interfaceIndex == 9)
        let key = BindingManagementKey(homeToken: harness.homeToken, careOfToken: nil)
        #expect(key.verifies(envelope.message, careOfAddress: Sample.home, correspondent: Harness.peer))
        harness.acknowledge()
        #expect(harness.phase == nil)
    }

    @Test("back at home with an old token a home test goes first, directly")
    func returnHomeLate() {
        var harness = Harness.bound()
        harness.pass(.seconds(300))
        harness.handle(.located(Sample.home, .home(interfaceIndex: 9)))
        #expect(harness.sent.last?.path == .direct && harness.sent.last?.envelope.source == Sample.home)
        harness.answerHomeTest(throughTunnel: false)
        #expect(harness.lastUpdate?.update.lifetime == .zero)
        harness.hint()
        #expect(harness.count(.hintIgnored) == 1)
    }

    @Test("without a binding at the home agent routes end; with the next one they come back without home test")
    func homeBindingGone() {
        var harness = Harness.bound()
        harness.pass(.seconds(20))
        harness.handle(.located(Sample.home, .unregistered))
        #expect(harness.route == nil && harness.removed == [.unregistered])
        harness.pass(.seconds(30))
        harness.away()
        #expect(harness.phase == .updating && harness.count(.homeTestInitSent) == 1)
        harness.acknowledge()
        #expect(harness.route != nil)
    }

    @Test("a report of the registration machine says where the node is")
    func registration() {
        var harness = RegistrationHarness.registered()
        let location = HomeLocation(harness.machine.registration)
        #expect(location.away?.careOf == Sample.cable && location.away?.isConfirmed == true)
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        let moving = HomeLocation(harness.machine.registration, previousUsable: true)
        #expect(moving.away?.careOf == Sample.radio && moving.away?.isConfirmed == false)
        #expect(moving.away?.previousUsable == true)
        harness.handle(.careOfAddressChanged(nil, previousUsable: false))
        #expect(HomeLocation(harness.machine.registration) == .unregistered)
    }

    // MARK: Errors

    @Test("a Binding Error takes the route away at once and tests anew with nothing of before")
    func bindingError() {
        var harness = Harness.bound()
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        #expect(harness.count(.bindingErrorIgnored) == 1, "it may have crossed the acknowledgement")
        harness.pass(.seconds(5))
        harness.receive(.bindingError(status: 1, homeAddress: Sample.otherHome, options: []))
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []), from: Sample.stranger)
        #expect(harness.count(.bindingErrorIgnored) == 3 && harness.route != nil)
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        #expect(harness.route == nil && harness.phase == .testing)
        #expect(harness.count(.homeTestInitSent) == 2 && harness.count(.careOfTestInitSent) == 2)
    }

    @Test("a Binding Error is heard during a refresh, too")
    func bindingErrorDuringRefresh() {
        var harness = Harness.bound()
        harness.pass(.seconds(100))
        harness.receive(.bindingRefreshRequest(options: []))
        #expect(harness.phase == .updating)
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        #expect(harness.route == nil)
    }

    @Test("a peer that accepts bindings and does not keep them rests")
    func forgetfulPeer() {
        var harness = Harness.bound()
        for _ in 0...Tunables.bindingErrorsInARow {
            harness.pass(.seconds(2))
            harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
            guard harness.phase == .testing else { break }
            harness.answerHomeTest()
            harness.answerCareOfTest()
            harness.acknowledge()
        }
        #expect(harness.phase == nil)
        #expect(harness.count(.peerRested(.refused)) == 1)
    }

    @Test("a peer without Mobility Headers rests longer; one that answered a test is not denied")
    func unsupported() {
        for isError in [true, false] {
            func deny(_ harness: inout Harness) {
                if isError {
                    harness.receive(.bindingError(status: 2, homeAddress: .unspecified, options: []))
                } else {
                    harness.handle(.parameterProblem(peer: Harness.peer))
                }
            }
            var harness = Harness.testing()
            deny(&harness)
            #expect(harness.machine.restingPeers(at: harness.now).map(\.reason) == [.unsupported])
            #expect(harness.machine.restingPeers(at: harness.now + .seconds(599)).count == 1)
            harness = .testing()
            harness.answerCareOfTest()
            deny(&harness)
            #expect(harness.phase == .testing)
        }
    }
}
