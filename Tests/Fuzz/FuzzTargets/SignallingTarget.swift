import Examples
import HomeAgentOperation
import MobilityCore
import MobilityWire

extension FuzzTarget {
    /// Whole packets of signalling to a home agent, and what it does: answers, bindings, and that nothing of it stays.
    static let signalling: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("signalling", limit: 8192) { input in
            guard let pieces = Pieces(input) else { return }
            var agent = JudgedHomeAgent()
            for piece in pieces.octets {
                let bytes = UnsafeRawBufferPointer(memory.place(piece)).bytes
                guard let octets = withChecksum(bytes), let packet = try? MobilityPacket(parsing: octets.span.bytes),
                    packet.upperProtocol == .mobilityHeader
                else { continue }
                agent.take(packet)
            }
            agent.end()
        }
    }()
}

/// A home agent that believes one node without a key, and knows another that it has no key for.
private struct JudgedHomeAgent {
    private static let configuration = HomeAgentConfiguration(
        addresses: [Example.homeAgent], prefixes: [IPv6Prefix(Example.homeAgent, length: 64)],
        nodes: [
            HomeNode(homeAddress: Example.homeAddress, prefixes: [Example.prefix], authentication: .insecure),
            HomeNode(homeAddress: Example.otherHome),
        ], greatestLifetime: .seconds(600))

    private var machine = HomeAgentMachine(Self.configuration)
    private var now = Instant(milliseconds: 1000)
    private var answers = 0

    mutating func take(_ packet: MobilityPacket) {
        now = now + .seconds(1)
        answers = 0
        let envelope = MobilityEnvelope(
            source: packet.source, destination: packet.destination, homeAddressOption: packet.homeAddressOption,
            routingHeader: packet.routingHeader, message: packet.message)
        perform(machine.handle(.messageReceived(envelope, wallClock: NTPTimestamp(unixSeconds: 1)), at: now))
        hold(answers <= 2, "\(answers) answers to one message")
        let bindings = Array(machine.cache.bindings)
        hold(
            bindings.count <= MultipleCareOfAddressesPolicy().greatestNumberOfBindingsPerNode,
            "\(bindings.count) bindings")
        for binding in bindings {
            hold(
                binding.homeAddress == Example.homeAddress, "\(binding.homeAddress) is bound, for which nobody vouched")
            hold(
                binding.prefixes.allSatisfy { Example.prefix.contains($0.address) },
                "\(binding.prefixes) are not its own"
            )
            hold(binding.lifetime <= .seconds(600), "bound for \(binding.lifetime)")
        }
    }

    /// Lets everything run out: nothing stays, and nothing goes on for ever.
    mutating func end() {
        var timers = 0
        while let deadline = machine.nextDeadline {
            timers += 1
            hold(timers < 10_000, "timers without an end")
            now = max(now, deadline)
            perform(machine.handle(.timer, at: now))
        }
        hold(machine.cache.count == 0, "\(machine.cache.count) bindings outlive their time")
    }

    private mutating func perform(_ actions: [HomeAgentMachine.Action]) {
        for case .send(let envelope) in actions {
            answers += 1
            hold((try? MobilityHeader.parse(envelope.message.span.bytes)) != nil, "an answer that cannot be read")
            hold(envelope.source == Example.homeAgent, "an answer from \(envelope.source)")
        }
    }
}
