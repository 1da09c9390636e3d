import MobilityWire
import Testing

/// Packets that UMIP sent, out of captures: see Golden/pick_packets.py.
@Suite("A packet of another implementation")
struct OtherImplementationTests {
    @Test("is parsed whole, its checksum is right, and its message is known")
    func parses() throws {
        let packets = Golden.read("umip")
        #expect(packets.count > 100)
        for (name, octets) in packets where !name.contains("tunnelled") {
            let (packet, _) = try MobilityPacket.parse(octets.span.bytes)
            // All but the flow label, which is not kept.
            #expect(packet.emit().dropFirst(4).elementsEqual(octets.dropFirst(4)), "\(name)")
            if packet.upperProtocol == .mobilityHeader {
                let message = try MobilityHeader.parse(packet.message.span.bytes)
                #expect(name.contains("-\(Self.kind(message))-"), "\(name)")
                // Their padding is ours: what is parsed and emitted again is the same but for the checksum.
                #expect([UInt8](message.emit()[6...]) == [UInt8](packet.message[6...]), "\(name)")
            } else if packet.upperProtocol == .icmpv6 {
                let message = try ICMPv6Message.parse(packet.message.span.bytes)
                try message.checkNeighborDiscovery(
                    source: packet.source, destination: packet.destination, hopLimit: packet.hopLimit)
                if case .unknown = message { Issue.record("\(name) is not known") }
                #expect([UInt8](message.emit()[4...]) == [UInt8](packet.message[4...]), "\(name)")
            }
        }
    }

    @Test("in a tunnel is found behind the outer header")
    func tunnelled() throws {
        for (name, octets) in Golden.read("umip") where name.contains("tunnelled") {
            let outer = try IPv6Header(parsing: octets.span.bytes)
            let chain = try ExtensionHeaderChain(of: octets.span.bytes, header: outer)
            #expect(chain.upperProtocol == .ipv6)
            let inner = octets.span.bytes.extracting(chain.upperOffset..<chain.end)
            let (_, message) = try MobilityPacket.parseMessage(inner)
            #expect(name.contains("-\(Self.kind(message))-"), "\(name)")
        }
    }

    @Test("carries the fields that its capture's notes say")
    func fields() throws {
        func message(_ name: String) throws -> (MobilityPacket, MobilityMessage) {
            let octets = try #require(Golden.read("umip").first { $0.name == name }?.octets)
            return try MobilityPacket.parseMessage(octets.span.bytes)
        }
        let mobileRouter = address("2001:db8:a1:0:402c:9fff:fe94:b2ac")
        let (packet, update) = try message("nemo-explicit-bu-1")
        #expect(packet.homeAddressOption == address("2001:db8:1::beef"))
        #expect(
            update
                == .bindingUpdate(
                    BindingUpdate(
                        sequenceNumber: SequenceNumber(rawValue: 52623),
                        flags: [.acknowledge, .homeRegistration, .mobileRouter],
                        lifetime: BindingLifetime(seconds: 60),
                        options: [
                            .alternateCareOfAddress(mobileRouter),
                            .mobileNetworkPrefix(prefix("2001:db8:aa00::/64")),
                        ])))
        let (answer, acknowledgement) = try message("nemo-explicit-ba-1")
        #expect(answer.routingHeader == address("2001:db8:1::beef"))
        #expect(
            acknowledgement
                == .bindingAcknowledgement(
                    BindingAcknowledgement(
                        status: .accepted, mobileRouter: true, sequenceNumber: SequenceNumber(rawValue: 52623),
                        lifetime: BindingLifetime(seconds: 60))))
    }

    private static func kind(_ message: MobilityMessage) -> String {
        switch message {
        case .bindingRefreshRequest: "brr"
        case .homeTestInit: "hoti"
        case .careOfTestInit: "coti"
        case .homeTest: "hot"
        case .careOfTest: "cot"
        case .bindingUpdate: "bu"
        case .bindingAcknowledgement: "ba"
        case .bindingError: "be"
        case .homeAgentSwitch: "has"
        case .bindingRevocationIndication: "bri"
        case .bindingRevocationAcknowledgement: "bra"
        case .unknown: "unknown"
        }
    }
}
