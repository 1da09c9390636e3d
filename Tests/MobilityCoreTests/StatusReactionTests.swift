import MobilityWire
import Testing

@testable import MobilityCore

@Suite struct StatusReactionTests {
    /// Status, the longest first wait in seconds, whether the home agent's binding is given up.
    typealias Row = (status: BindingStatus, wait: Int64, gone: Bool)
    static let rows: [Row] = [
        (.reasonUnspecified, 10, false), (.administrativelyProhibited, 60, true), (.insufficientResources, 10, false),
        (.homeRegistrationNotSupported, 60, true), (.notHomeSubnet, 60, true),
        (.notHomeAgentForThisMobileNode, 60, true), (.duplicateAddressDetectionFailed, 600, true),
        (.expiredHomeNonceIndex, 60, false), (.expiredCareOfNonceIndex, 60, false), (.expiredNonces, 60, false),
        (.mobileRouterOperationNotPermitted, 60, true), (.invalidPrefix, 60, true),
        (.notAuthorizedForPrefix, 60, true), (.forwardingSetupFailed, 60, true), (.authenticationFailed, 60, false),
        (.mobilityMessageIdentifierRequired, 60, false), (.multipleCareOfAddressMalformed, 60, false),
        (.multipleCareOfAddressNonMCoABindingExists, 60, false), (.multipleCareOfAddressProhibited, 60, false),
        (.multipleCareOfAddressUnknownCareOfAddress, 60, false),
        (.multipleCareOfAddressBulkRegistrationProhibited, 60, false),
        (.multipleCareOfAddressSimultaneousHomeAndForeignProhibited, 60, false), (.invalidCareOfAddress, 60, false),
        (.unknown(200), 10, false),
    ]

    @Test("a first registration that is refused is tried again after its own wait", arguments: rows.indices)
    func firstRefusal(index: Int) {
        let row = Self.rows[index]
        var harness = RegistrationHarness.registering()
        harness.refuse(row.status)
        #expect(harness.machine.phase == .refused)
        #expect(harness.machine.registration.state == .refused)
        #expect(harness.machine.registration.status == row.status)
        #expect(harness.count(.acknowledgementReceived(row.status)) == 1)
        #expect(harness.plans.isEmpty)
        #expect(harness.logs.contains { $0.contains(row.status.words) })
        let wait = harness.machine.nextDeadline! - harness.now
        #expect(wait <= .seconds(row.wait) && wait >= .seconds(row.wait) * 7 / 8)
        harness.passToDeadline()
        #expect(harness.sent.count == 2)
        harness.acknowledge()
        #expect(harness.machine.phase == .registered)
    }

    @Test("a refresh that is refused keeps forwarding to the end of the lifetime, or ends it", arguments: rows.indices)
    func refusedRefresh(index: Int) {
        let row = Self.rows[index]
        var harness = RegistrationHarness.registered()
        harness.passToDeadline()
        harness.refuse(row.status)
        #expect((harness.plans.last == TunnelPlan.none) == row.gone)
        #expect(harness.machine.phase == .refused)
        harness.pass(.seconds(230))
        if !row.gone, row.wait > 10 { #expect(harness.count(.registrationExpired) == 1) }
    }

    @Test("waits double up to ten minutes, and a new care-of address tries at once")
    func waitsDouble() {
        var harness = RegistrationHarness.registering()
        var waits: [Int64] = []
        for _ in 0..<6 {
            harness.refuse(.administrativelyProhibited)
            waits.append((harness.machine.nextDeadline! - harness.now).milliseconds / 1000)
            harness.passToDeadline()
        }
        for (wait, greatest) in zip(waits, [60, 120, 240, 480, 600, 600] as [Int64]) {
            #expect(wait <= greatest && wait >= greatest * 7 / 8 - 1)
        }
        harness.refuse(.administrativelyProhibited)
        let before = harness.sent.count
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        #expect(harness.sent.count == before + 1)
        harness.refuse(.administrativelyProhibited)
        #expect(harness.machine.nextDeadline! - harness.now <= .seconds(60))
    }

    @Test("a new configuration tries at once after a refusal")
    func configurationHeals() {
        var harness = RegistrationHarness.registering()
        harness.refuse(.notAuthorizedForPrefix)
        harness.handle(.configurationChanged(Sample.registration(mode: .implicit)))
        #expect(harness.sent.count == 2)
        #expect(harness.machine.phase == .registering)
    }

    @Test("status 135 takes over the home agent's number and goes on from it, across the wrap")
    func sequenceNumber() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge {
            $0.status = .sequenceNumberOutOfWindow
            $0.sequenceNumber = SequenceNumber(rawValue: 65535)
        }
        #expect(harness.count(.sequenceNumberAdopted) == 1)
        #expect(harness.lastUpdate.sequenceNumber.rawValue == 0)
        harness.acknowledge()
        #expect(harness.machine.phase == .registered)
    }

    @Test("status 135 is believed without timestamps too, where there is a key or none", arguments: [true, false])
    func sequenceNumberWithoutTimestamp(isKeyed: Bool) {
        let association = isKeyed ? Sample.sequenceOnly : nil
        var harness = RegistrationHarness.registering(Sample.registration(association: association))
        #expect(harness.lastUpdate.options.messageIdentifier == nil)
        harness.acknowledge {
            $0.status = .sequenceNumberOutOfWindow
            $0.sequenceNumber = SequenceNumber(rawValue: 41)
        }
        #expect(harness.lastUpdate.sequenceNumber.rawValue == 42)
    }

    @Test("a home agent that corrects for ever does not get more than the back-off allows")
    func endlessCorrection() {
        var harness = RegistrationHarness.registering()
        for _ in 0..<200 {
            harness.pass(.milliseconds(100))
            if harness.machine.exchange.outstanding.isEmpty { continue }
            harness.refuse(.sequenceNumberOutOfWindow)
        }
        #expect(harness.sent.count <= 9)
    }

    @Test("status 139 ends the registration of the other kind first, once")
    func typeChange() {
        var harness = RegistrationHarness.registering()
        harness.refuse(.registrationTypeChangeDisallowed)
        #expect(harness.machine.registration.state == .deregistering)
        #expect(harness.lastUpdate.lifetime == .zero)
        harness.acknowledge()
        #expect(harness.lastUpdate.lifetime.seconds == 600)
        harness.refuse(.registrationTypeChangeDisallowed)
        #expect(harness.machine.phase == .refused)
    }

    @Test("a de-registration before a new registration that nobody answers ends in a slow retry")
    func typeChangeUnanswered() {
        var harness = RegistrationHarness.registering()
        harness.refuse(.registrationTypeChangeDisallowed)
        harness.pass(Tunables.deregistrationWait)
        #expect(harness.machine.phase == .refused)
        #expect(!harness.isFinished)
    }

    // MARK: RFC 4285

    @Test("status 144 sets the clock: a board that starts in 1970 has the home agent's time afterwards")
    func clock() {
        var harness = RegistrationHarness()
        harness.wallClock = NTPTimestamp(unixSeconds: 5)
        harness.handle(.start(wallClock: harness.wallClock))
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
        let sent = harness.lastUpdate.options.messageIdentifier!
        harness.acknowledge {
            $0.status = .mobilityIdentifierMismatch
            $0.timestamp = NTPTimestamp(
                rawValue: UInt64(Sample.wallClock.seconds) << 32 | UInt64(sent.fraction))
        }
        #expect(harness.count(.clockAdopted) == 1)
        #expect(harness.sent.count == 2)
        let next = harness.lastUpdate.options.messageIdentifier!
        #expect(next.isClose(to: Sample.wallClock, within: .seconds(1)))
        harness.acknowledge()
        harness.pass(.seconds(300))
        harness.passToDeadline()
        let later = harness.lastUpdate.options.messageIdentifier!
        #expect(later.isClose(to: Sample.wallClock + (harness.now - Sample.start), within: .seconds(1)))
    }

    @Test("status 144 with another fraction than was sent is not an answer to us")
    func foreignClock() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge {
            $0.status = .mobilityIdentifierMismatch
            $0.timestamp = NTPTimestamp(rawValue: 12345)
        }
        #expect(harness.count(.acknowledgementTimestampMismatch) == 1)
        #expect(harness.sent.count == 1)
    }

    @Test("status 144 with another key sets no clock")
    func forgedClock() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge {
            $0.status = .mobilityIdentifierMismatch
            $0.key = Sample.otherKey
        }
        #expect(harness.count(.clockAdopted) == 0)
        #expect(harness.count(.acknowledgementUnauthenticated) == 1)
        #expect(harness.sent.count == 1)
    }

    @Test("status 145 makes a node that sent no timestamps send them")
    func timestampsDemanded() {
        var harness = RegistrationHarness.registering(Sample.registration(association: Sample.sequenceOnly))
        harness.refuse(.mobilityMessageIdentifierRequired)
        #expect(harness.lastUpdate.options.messageIdentifier != nil)
        harness.acknowledge()
        #expect(harness.machine.phase == .registered)
    }

    @Test("an acceptance with another key, or none, is dropped and counted, and the asking goes on")
    func unauthenticated() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.key = Sample.otherKey }
        #expect(harness.machine.phase == .registering)
        #expect(harness.plans.isEmpty)
        let update = harness.lastUpdate
        let bare = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: .accepted, mobileRouter: true, sequenceNumber: update.sequenceNumber,
                lifetime: update.lifetime,
                options: [.messageIdentifier(timestamp: update.options.messageIdentifier!.rawValue)]))
        harness.handle(
            .messageReceived(
                MobilityEnvelope(
                    source: Sample.homeAgent, destination: Sample.cable.address, routingHeader: Sample.home,
                    message: bare.emit())))
        #expect(harness.count(.acknowledgementUnauthenticated) == 2)
        #expect(harness.machine.phase == .registering)
        harness.pass(.seconds(2))
        #expect(harness.sent.count == 2)
    }

    @Test("with different keys at the two ends the refusal cannot be verified, and still slows the asking down")
    func differentKeys() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge {
            $0.status = .authenticationFailed
            $0.key = Sample.otherKey
        }
        #expect(harness.machine.phase == .refused)
        #expect(harness.machine.registration.status == .authenticationFailed)
        #expect(harness.machine.nextDeadline! - harness.now > .seconds(50))
    }

    @Test("a refusal that nobody vouches for does not touch a binding that stands")
    func forgedRefusal() {
        var harness = RegistrationHarness.registered()
        harness.passToDeadline()
        for status in [BindingStatus.authenticationFailed, .notHomeAgentForThisMobileNode] {
            harness.acknowledge {
                $0.status = status
                $0.key = Sample.otherKey
            }
        }
        #expect(harness.machine.phase == .updating)
        #expect(harness.plans == [TunnelPlan(active: Sample.cable)])
        #expect(harness.logs.filter { $0.contains("without the right authenticator") }.count == 1)
    }

    @Test("answers from other addresses, for other homes, to other numbers, with other timestamps are dropped")
    func foreign() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.source = Sample.stranger }
        harness.acknowledge { $0.routingHeader = Sample.otherHome }
        harness.acknowledge { $0.routingHeader = nil }
        #expect(harness.count(.acknowledgementForeign) == 3)
        harness.acknowledge { $0.sequenceNumber = SequenceNumber(rawValue: 1) }
        #expect(harness.count(.acknowledgementUnmatched) == 1)
        harness.acknowledge { $0.timestamp = Sample.wallClock }
        harness.acknowledge { $0.withoutTimestamp = true }
        #expect(harness.count(.acknowledgementTimestampMismatch) == 2)
        #expect(harness.machine.phase == .registering)
    }
}
