import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite struct HomeAgentAuthenticationTests {
    @Test("a wrong key is answered with 146, authenticated with the right one, and nothing is stored")
    func wrongKey() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.association = Sample.association(Sample.otherKey) } == .authenticationFailed)
        #expect(agent.count(.authenticatorWrong) == 1)
        #expect(agent.machine.cache.count == 0)
        let verdict = MobilityAuthentication.verify(
            agent.sent[0].message, careOfAddress: Sample.cable.address, homeAddress: Sample.home,
            association: Sample.association)
        #expect(verdict == .authentic)
    }

    @Test("a node's key is good for its own home address only")
    func keysBelongToAddresses() {
        let other = Sample.node(Sample.otherHome, authentication: .association(Sample.association(Sample.otherKey)))
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), other]))
        #expect(agent.update { $0.home = Sample.otherHome } == .authenticationFailed)
    }

    @Test("a message for one home address is not good for another with the same key")
    func homeAddressIsCovered() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)]))
        var envelope = agent.envelope()
        envelope.homeAddressOption = Sample.otherHome
        #expect(agent.deliver(envelope) == .authenticationFailed)
    }

    @Test("the care-of address is covered, also where it is only the packet's source")
    func careOfIsCovered() {
        var agent = HomeAgentHarness()
        var envelope = agent.envelope { $0.withoutAlternate = true }
        envelope.source = Sample.stranger
        #expect(agent.deliver(envelope) == .authenticationFailed)
    }

    @Test("no authenticator and an unknown index are answered with 146 too, and counted apart")
    func noAuthenticator() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.association = nil } == .authenticationFailed)
        #expect(agent.count(.authenticatorMissing) == 1)
        let unknown = try? MobilitySecurityAssociation(securityParameterIndex: 999, key: Sample.key)
        #expect(agent.update { $0.association = unknown } == .authenticationFailed)
        #expect(agent.count(.securityParameterIndexUnknown) == 1)
    }

    @Test("a node without a key that is not marked insecure is dropped in silence (RFC 4285 §5.1.1)")
    func noAssociation() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: .none)]))
        #expect(agent.update() == nil)
        #expect(agent.update { $0.association = nil } == nil)
        #expect(agent.count(.securityAssociationMissing) == 2)
    }

    @Test("a node marked insecure is believed, with an authenticator or without, and answered without")
    func insecure() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: .insecure)]))
        #expect(agent.update { $0.association = nil } == .accepted)
        #expect(agent.lastAcknowledgement?.options.hasAuthentication == false)
        #expect(agent.update() == .accepted)
        #expect(agent.lastAcknowledgement?.options.messageIdentifier != nil, "what came is repeated")
    }

    @Test("for an insecure node anybody can be refused, so its refusals are limited as a stranger's")
    func insecureRefusals() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: .insecure)]))
        for _ in 0..<1000 {
            agent.update {
                $0.association = nil
                $0.prefixes = [Sample.homePrefix]
            }
        }
        #expect(agent.sent.count == Tunables.strangerAnswersBurst)
    }

    // MARK: Timestamps

    @Test("a timestamp up to 7 s off is close enough, in both directions; one beyond is answered with our seconds")
    func tolerance() {
        for offset in [-7000, 7000] as [Int64] {
            var agent = HomeAgentHarness()
            #expect(agent.update { $0.timestamp = Sample.wallClock + .milliseconds(offset) } == .accepted)
        }
        for offset in [-7001, 7001, -1_000_000_000_000] as [Int64] {
            var agent = HomeAgentHarness()
            let timestamp = Sample.wallClock + .milliseconds(offset)
            #expect(agent.update { $0.timestamp = timestamp } == .mobilityIdentifierMismatch)
            #expect(agent.count(.timestampDistant) == 1)
            #expect(agent.machine.cache.count == 0)
            let answer = agent.lastAcknowledgement?.options.messageIdentifier
            #expect(answer?.seconds == Sample.wallClock.seconds)
            #expect(answer?.fraction == timestamp.fraction)
        }
    }

    @Test("the tolerance is the security association's")
    func otherTolerance() throws {
        let wide = try MobilitySecurityAssociation(
            securityParameterIndex: 256, key: Sample.key, tolerance: .seconds(60))
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: .association(wide))]))
        #expect(agent.update { $0.timestamp = Sample.wallClock + .seconds(-50) } == .accepted)
    }

    @Test("a repeated Binding Update is refused, even after the binding is gone")
    func replay() {
        var agent = HomeAgentHarness()
        let envelope = agent.envelope()
        #expect(agent.deliver(envelope) == .accepted)
        #expect(agent.deliver(envelope) == .mobilityIdentifierMismatch)
        agent.handle(.revoke(homeAddress: Sample.home))
        #expect(agent.deliver(envelope) == .mobilityIdentifierMismatch)
        #expect(agent.count(.timestampRepeated) == 2)
    }

    @Test("a Binding Update that was overtaken by a newer one is refused")
    func reordered() {
        var agent = HomeAgentHarness()
        let first = agent.envelope()
        let second = agent.envelope { $0.careOf = Sample.radio.address }
        #expect(agent.deliver(second) == .accepted)
        #expect(agent.deliver(first) == .mobilityIdentifierMismatch)
        #expect(agent.machine.cache[Sample.home]?.careOfAddress == Sample.radio.address)
    }

    @Test("repeated ones from anywhere are answered only as often as strangers are")
    func replayFlood() {
        var agent = HomeAgentHarness()
        var envelope = agent.envelope()
        agent.deliver(envelope)
        envelope.source = Sample.stranger
        for _ in 0..<1000 { agent.deliver(envelope) }
        #expect(agent.sent.count == 1 + Tunables.strangerAnswersBurst)
    }

    @Test("a Binding Update without a timestamp is answered with 145 where timestamps are asked for")
    func timestampRequired() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.withoutTimestamp = true } == .mobilityMessageIdentifierRequired)
        #expect(agent.count(.timestampMissing) == 1)
    }

    @Test("with a fresh timestamp the sequence number is not asked: a node that starts anew is not sent back")
    func freshNumber() {
        var agent = HomeAgentHarness()
        agent.update { $0.sequenceNumber = SequenceNumber(rawValue: 1000) }
        #expect(agent.update { $0.sequenceNumber = SequenceNumber(rawValue: 3) } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.sequenceNumber.rawValue == 3)
    }

    @Test("after a restart the restored sequence number is asked until a timestamp is known")
    func restartAndReplay() {
        var before = HomeAgentHarness()
        let old = before.envelope()
        before.deliver(old)
        var after = HomeAgentHarness()
        after.handle(.restored(Array(before.machine.cache.bindings)))
        #expect(after.deliver(old) == .sequenceNumberOutOfWindow)
        after.sequenceNumber = before.sequenceNumber
        #expect(after.update() == .accepted)
    }

    // MARK: Sequence numbers

    @Test(
        "where the sequence number protects, it has to be newer modulo 2^16, and 135 tells the last one",
        arguments: [
            (15, 16, true), (15, 15, false), (15, 0, false), (15, 32783, false), (15, 65535, false),
            (15, 32782, true), (65535, 0, true), (65535, 65535, false), (0, 65535, false),
        ] as [(UInt16, UInt16, Bool)])
    func sequenceNumbers(last: UInt16, next: UInt16, isNewer: Bool) {
        for authentication in [HomeNode.Authentication.association(Sample.sequenceOnly), .insecure] {
            var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: authentication)]))
            let association = authentication == .insecure ? nil : Sample.sequenceOnly
            agent.update {
                $0.association = association
                $0.sequenceNumber = SequenceNumber(rawValue: last)
            }
            let status = agent.update {
                $0.association = association
                $0.sequenceNumber = SequenceNumber(rawValue: next)
            }
            #expect(status == (isNewer ? .accepted : .sequenceNumberOutOfWindow))
            #expect(agent.lastAcknowledgement?.sequenceNumber.rawValue == (isNewer ? next : last))
        }
    }

    @Test("a node without binding may begin with any number")
    func anyFirstNumber() {
        let node = Sample.node(authentication: .association(Sample.sequenceOnly))
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        agent.update {
            $0.association = Sample.sequenceOnly
            $0.sequenceNumber = SequenceNumber(rawValue: 500)
        }
        agent.pass(.seconds(601))
        let status = agent.update {
            $0.association = Sample.sequenceOnly
            $0.sequenceNumber = SequenceNumber(rawValue: 2)
        }
        #expect(status == .accepted)
    }
}
