import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// Which peers are optimised and which are left alone: exclusions, rests and limits.
@Suite struct RouteOptimizationPeerTests {
    typealias Harness = RouteOptimizationHarness

    @Test("silent peers rest for a minute, then two, up to an hour, and are forgotten")
    func rests() {
        var harness = Harness()
        harness.away(lifetime: .seconds(1_000_000))
        var lengths: [Int64] = []
        for _ in 0..<9 {
            harness.hint()
            #expect(harness.phase == .testing)
            harness.pass(.seconds(64))
            #expect(harness.phase == nil)
            let until = harness.machine.restingPeers(at: harness.now).first?.until ?? harness.now
            lengths.append((until - harness.now).milliseconds / 1000)
            harness.hint()
            #expect(harness.phase == nil)
            harness.pass(until - harness.now)
        }
        #expect(lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
        harness.pass(.seconds(3600 + 128))
        harness.hint()
        harness.pass(.seconds(64))
        let until = harness.machine.restingPeers(at: harness.now).first?.until
        #expect(until == harness.now + .seconds(60))
    }

    @Test("a new care-of address ends the rest of the silent, a person that of anybody")
    func restEnds() {
        var harness = Harness.testing()
        harness.pass(.seconds(64))
        harness.away(Sample.radio)
        harness.hint()
        #expect(harness.phase == .testing)
        harness.handle(.parameterProblem(peer: Harness.peer))
        harness.away(Sample.cable)
        harness.hint()
        #expect(harness.phase == nil)
        harness.handle(.forget(peer: Harness.peer))
        harness.hint()
        #expect(harness.phase == .testing)
    }

    static let restored = OptimizedRoute(
        homeAddress: Sample.home, peer: Harness.peer, careOf: Sample.cable, expiresAt: Sample.start + .seconds(300))

    @Test("a route of an earlier program goes on while the tests are done anew, and its numbers go on")
    func restoredRoute() throws {
        var harness = Harness()
        #expect(
            harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 65535))) == [.count(.routeRestored)])
        // The registration has only begun.
        harness.handle(.located(Sample.home, .unregistered))
        #expect(harness.removed.isEmpty && harness.phase == .suspended)
        harness.away()
        #expect(harness.phase == .testing && harness.removed.isEmpty && harness.entry?.route == Self.restored)
        harness.answerHomeTest()
        harness.answerCareOfTest()
        #expect(try #require(harness.lastUpdate).update.sequenceNumber.rawValue == 0)
        harness.acknowledge()
        #expect(harness.route?.expiresAt == harness.now + .seconds(420) && harness.removed.isEmpty)
        harness.handle(.located(Sample.home, .unregistered))
        #expect(harness.removed == [.unregistered], "from now on it is a route as any other")
    }

    @Test("a route of before ends when the node is somewhere else, at home, or nowhere until it expires")
    func restoredElsewhere() {
        var harness = Harness()
        harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 7)))
        harness.away(Sample.radio)
        #expect(harness.removed == [.moved] && harness.phase == .testing)

        harness = Harness()
        harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 7)))
        harness.handle(.located(Sample.home, .home(interfaceIndex: 9)))
        #expect(harness.removed == [.returnedHome] && harness.phase == .leaving)

        harness = Harness()
        harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 7)))
        harness.pass(.seconds(300))
        #expect(harness.removed == [.expired] && harness.phase == nil)

        harness = Harness(.init(never: [IPv6Prefix(host: Harness.peer)]))
        harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 7)))
        #expect(harness.removed == [.excluded])
        harness.away()
        #expect(harness.phase == .leaving, "the peer knows more than it should")

        harness = Harness()
        harness.now = Self.restored.expiresAt
        #expect(harness.handle(.restored(Self.restored, SequenceNumber(rawValue: 7))).isEmpty)
    }

    @Test("the peers of a home address that is given up are told at once, those of another are left alone")
    func retired() throws {
        var harness = Harness.bound()
        harness.pair.homeAddress = Sample.otherHome
        harness.away()
        harness.hint()
        harness.pair.homeAddress = Sample.home
        harness.pass(.seconds(1))
        harness.handle(.retired(homeAddress: Sample.home))
        #expect(harness.removed == [.stopped] && harness.phase == nil)
        #expect(try #require(harness.lastUpdate).update.lifetime == .zero)
        #expect(harness.machine.bindingUpdateList.map(\.homeAddress) == [Sample.otherHome])
        harness.hint()
        #expect(harness.phase == nil, "nobody is there any more")
    }

    @Test("some peers are never optimised")
    func never() {
        var harness = Harness(.init(never: [IPv6Prefix(IPv6Address("2001:db8:c::")!, length: 64)]))
        harness.away()
        harness.handle(.located(Sample.otherHome, .unregistered))
        harness.hint()
        for peer in [Sample.homeAgent, Sample.cable.address, Sample.otherHome, IPv6Address("ff02::1")!, .unspecified] {
            harness.handle(.hint(homeAddress: Sample.home, peer: peer))
        }
        harness.handle(.hint(homeAddress: Sample.stranger, peer: Sample.stranger))
        #expect(harness.count(.hintIgnored) == 7 && harness.sent.isEmpty)
        harness.handle(.configurationChanged(.init(isEnabled: false)))
        harness.handle(.hint(homeAddress: Sample.home, peer: Sample.stranger))
        #expect(harness.count(.hintIgnored) == 8)
    }

    @Test("a peer that settings exclude is de-registered from where the node is")
    func exclusion() throws {
        var harness = Harness.bound()
        harness.handle(.configurationChanged(.init(isEnabled: false)))
        let (update, envelope) = try #require(harness.lastUpdate)
        #expect(update.lifetime == .zero)
        #expect(envelope.source == Sample.cable.address && envelope.homeAddressOption == Sample.home)
        harness.acknowledge()
        #expect(harness.phase == nil && harness.removed == [.excluded])
    }

    @Test("the number of entries has a limit, and so has the pace of new ones")
    func limits() {
        var harness = Harness(.init(greatestNumberOfPeers: 3))
        harness.away()
        func peer(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0x2001_0db8_000c_0000, low: number) }
        for number in 1...5 { harness.handle(.hint(homeAddress: Sample.home, peer: peer(UInt64(number)))) }
        #expect(harness.machine.entries.count == 3 && harness.count(.hintRefused) == 2)
        harness = Harness()
        harness.away()
        for number in 1...60 { harness.handle(.hint(homeAddress: Sample.home, peer: peer(UInt64(number)))) }
        #expect(harness.machine.entries.count == Tunables.newProceduresBurst)
        #expect(harness.count(.hintSuppressed) == 60 - Tunables.newProceduresBurst)
    }

    @Test("the list of resting peers has a limit")
    func restLimit() {
        var rests = RestingPeers()
        var forgotten = 0
        for number in 0..<(Tunables.greatestNumberOfRestingPeers + 10) {
            let peer = IPv6Address(high: 1, low: UInt64(number))
            forgotten += rests.rest(peer, for: .silent, at: Sample.start) ? 1 : 0
        }
        #expect(rests.count == Tunables.greatestNumberOfRestingPeers && forgotten == 10)
    }

    @Test("stopping tells correspondents once and takes routes away")
    func stop() {
        var harness = Harness.bound()
        harness.handle(.stop)
        #expect(harness.lastUpdate?.update.lifetime == .zero)
        #expect(harness.removed == [.stopped])
        #expect(harness.handle(.timer).isEmpty && harness.machine.nextDeadline == nil)
    }

    @Test("no line above debug names a peer")
    func privacy() {
        var harness = Harness.testing()
        harness.pass(.seconds(100))
        #expect(!harness.logs.isEmpty)
        #expect(harness.logs.allSatisfy { $0.severity == .debug })
    }

    @Test("names of counters are lower_snake_case, and no two are the same")
    func counterNames() {
        for names in [RouteOptimizationCounter.allCases.map(\.rawValue), CorrespondentCounter.allCases.map(\.rawValue)]
        {
            #expect(Set(names).count == names.count)
            #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
        }
    }
}
