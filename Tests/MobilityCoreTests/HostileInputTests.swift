import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Whatever arrives, nothing traps, nothing is believed, and nothing grows.
@Suite struct HostileInputTests {
    static func mutate(_ octets: [UInt8], _ random: inout RandomNumbers) -> [UInt8] {
        var octets = octets
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where !octets.isEmpty:
                octets[Int.random(in: octets.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 1: octets = Array(octets.prefix(Int.random(in: 0...octets.count, using: &random)))
            case 2: octets += (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
            default:
                if octets.count > 1 { octets[1] = UInt8.random(in: 0...40, using: &random) }
            }
        }
        return octets
    }

    @Test("damaged Binding Updates install nothing", arguments: 1...10 as ClosedRange<UInt64>)
    func homeAgent(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var agent = HomeAgentHarness()
        for _ in 0..<500 {
            var envelope = agent.envelope()
            let whole = envelope.message
            envelope.message = Self.mutate(whole, &random)
            // The checksum is not the machine's, and behind the message's own length nothing counts.
            let sameMessage =
                envelope.message.count >= whole.count && envelope.message[..<4] == whole[..<4]
                && envelope.message[6..<whole.count] == whole[6...]
            if sameMessage { continue }
            agent.deliver(envelope)
        }
        #expect(agent.installed.isEmpty)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.acceptedTimestamps.isEmpty)
        #expect(agent.machine.nextDeadline == nil)
    }

    @Test("damaged acknowledgements register nothing", arguments: 1...10 as ClosedRange<UInt64>)
    func mobileRouter(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var harness = RegistrationHarness.registering()
        var envelope = harness.acknowledgement(.init())
        let whole = envelope.message
        for _ in 0..<500 {
            envelope.message = Self.mutate(whole, &random)
            let sameMessage =
                envelope.message.count >= whole.count && envelope.message[..<4] == whole[..<4]
                && envelope.message[6..<whole.count] == whole[6...]
            if sameMessage { continue }
            harness.handle(.messageReceived(envelope))
        }
        #expect(harness.machine.phase == .registering || harness.machine.phase == .refused)
        #expect(harness.plans.isEmpty)
        #expect(harness.sent.count == 1)
    }
}
