import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("What comes in past the home agent (RFC 6275 §6.3, §6.4, §9.3.1, §11.3.3)")
struct DirectReceivingTests {
    private func octets(_ address: IPv6Address) -> [UInt8] { address.octets.map { $0 } }

    private func option(_ home: IPv6Address, next: UInt8 = 59) -> [UInt8] {
        [next, 2, 1, 2, 0, 0, 0xc9, 16] + octets(home)
    }

    private func routing(
        _ home: IPv6Address, next: UInt8 = 59, length: UInt8 = 2, type: UInt8 = 2, left: UInt8 = 1
    ) -> [UInt8] { [next, length, type, left, 0, 0, 0, 0] + octets(home) }

    @Test(
        "what scapy built comes out as it was sent, at the other end",
        arguments: DirectSample.golden.filter { ["echo", "hop_by_hop", "other_options", "fragment"].contains($0.name) })
    func opened(row: DirectSample.Row) {
        let table = DirectSample.receiver(row.ends)
        let sent = Array(row.frame[VirtioNetHeader.size...])
        #expect(receive(row.packets[0], by: table).arrival == .delivered(sent))
        // What is behind the packet's end does not belong to it.
        #expect(receive(row.packets[0] + [1, 2, 3], by: table).arrival == .delivered(sent))
        if row.ends != "correspondent" || table.direct.route(local: DirectSample.home, remote: DirectSample.peer) != nil
        {
            #expect(table.direct.routes[0].counters.received == (2, UInt64(sent.count * 2)))
        }
    }

    @Test("segments have the checksums that their receiver looks for")
    func segments() throws {
        for ends in ["mobile", "correspondent", "both"] {
            for packet in try #require(DirectSample.row(ends, "tcp_segmentation")).packets {
                guard case .delivered(let whole) = receive(packet, by: DirectSample.receiver(ends)).arrival else {
                    Issue.record("\(ends)")
                    continue
                }
                let header = try IPv6Header(parsing: whole.span.bytes)
                var sum = Checksum(
                    source: header.source, destination: header.destination, length: whole.count - 40, nextHeader: .tcp)
                sum.add(Array(whole[40...]).span.bytes)
                #expect(sum.isValid)
                #expect(header.nextHeader == .tcp && Int(header.payloadLength) == whole.count - 40)
            }
        }
    }

    @Test("cut at every length, a packet is dropped or left to the kernel, never delivered")
    func truncated() {
        for row in DirectSample.golden where row.name == "echo" || row.name == "hop_by_hop" {
            let packet = row.packets[0]
            for count in 0..<packet.count {
                let cut = Array(packet[..<count])
                #expect(
                    receive(cut, by: DirectSample.receiver(row.ends)).arrival
                        == (count < 40 ? .notOurs : .dropped(.truncated)))
                guard count >= 40 else { continue }
                // With a payload length that fits what is there.
                var fitting = cut
                fitting[4] = UInt8((count - 40) >> 8)
                fitting[5] = UInt8((count - 40) & 0xff)
                let arrival = receive(fitting, by: DirectSample.receiver(row.ends)).arrival
                if case .delivered(let whole) = arrival {
                    // All headers are there, and less of what is behind them.
                    #expect(whole.count - 40 >= 0 && count + 24 >= packet.count - 40)
                    #expect(Int(whole[4]) << 8 | Int(whole[5]) == whole.count - 40)
                }
            }
        }
    }

    @Test("every octet of the headers, changed to every value, leaves a packet that is whole, or none")
    func mutated() {
        for row in DirectSample.golden where row.name == "echo" {
            let table = DirectSample.receiver(row.ends)
            for place in 4..<row.packets[0].count {
                for value in stride(from: UInt8(0), through: 255, by: 5) {
                    var packet = row.packets[0]
                    packet[place] = value
                    guard case .delivered(let whole) = receive(packet, by: table).arrival else { continue }
                    #expect(whole.count >= 40 && Int(whole[4]) << 8 | Int(whole[5]) == whole.count - 40)
                }
            }
        }
    }

    struct Refusal: Sendable, CustomStringConvertible {
        var description: String
        var packet: [UInt8]
        var isMobile: Bool
        var arrival: Arrival
    }

    private static let payload: [UInt8] = [0, 1, 0, 2, 0, 8, 0, 0]

    private var refusals: [Refusal] {
        let (home, careOf, peer) = (DirectSample.home, DirectSample.careOf, DirectSample.peer)
        let stranger = DirectSample.stranger
        func toMobile(_ text: String, _ headers: [UInt8], _ arrival: Arrival, from source: IPv6Address? = nil)
            -> Refusal
        {
            Refusal(
                description: text,
                packet: packet(from: source ?? peer, to: careOf, next: 43, payload: headers + Self.payload),
                isMobile: true, arrival: arrival)
        }
        func toPeer(
            _ text: String, _ headers: [UInt8], _ arrival: Arrival, from source: IPv6Address? = nil,
            to destination: IPv6Address? = nil
        ) -> Refusal {
            Refusal(
                description: text,
                packet: packet(
                    from: source ?? careOf, to: destination ?? peer, next: 60, payload: headers + Self.payload),
                isMobile: false, arrival: arrival)
        }
        return [
            toMobile("no segments left", routing(home, left: 0), .dropped(.routingHeaderInvalid)),
            toMobile("two segments left", routing(home, left: 2), .dropped(.routingHeaderInvalid)),
            toMobile("255 segments left", routing(home, left: 255), .dropped(.routingHeaderInvalid)),
            toMobile("a length of 0", routing(home, length: 0), .dropped(.routingHeaderInvalid)),
            toMobile("a length of 1", routing(home, length: 1), .dropped(.routingHeaderInvalid)),
            toMobile(
                "a length of 4, two addresses", routing(home, length: 4) + octets(home), .dropped(.routingHeaderInvalid)
            ),
            toMobile("a length beyond the packet", routing(home, length: 9), .dropped(.routingHeaderInvalid)),
            toMobile("the address of a stranger", routing(stranger), .dropped(.routingHeaderForeign)),
            toMobile("the care-of address itself", routing(careOf), .dropped(.routingHeaderForeign)),
            toMobile("a group", routing(.allNodes), .dropped(.routingHeaderInvalid)),
            toMobile("no address", routing(.unspecified), .dropped(.routingHeaderInvalid)),
            toMobile("loopback", routing(IPv6Address(high: 0, low: 1)), .dropped(.routingHeaderInvalid)),
            toMobile(
                "link-local", routing(IPv6Address(high: 0xfe80 << 48, low: 1)), .dropped(.routingHeaderInvalid)),
            toMobile("a chain", routing(home, next: 43) + routing(home), .dropped(.routingHeaderInvalid)),
            toMobile("type 0 with a segment left is the kernel's", routing(home, type: 0), .notOurs),
            toMobile("type 4 without any is passed over", routing(home, type: 4, left: 0), .notOurs),
            toMobile(
                "behind another routing header it is the kernel's, which answers",
                routing(home, next: 43, type: 253, left: 0) + routing(home), .notOurs),
            toMobile("from an address of ours", routing(home), .dropped(.innerSourceSpoofed), from: home),
            toMobile("from a group", routing(home), .dropped(.innerSourceSpoofed), from: .allNodes),
            toMobile("from nobody", routing(home), .dropped(.innerSourceSpoofed), from: .unspecified),
            toMobile("a Mobility Header is the programs'", routing(home, next: 135), .notOurs),
            toMobile("an acknowledgement comes before the registration", routing(stranger, next: 135), .notOurs),
            toMobile(
                "with a Home Address option without a binding", routing(home, next: 60) + option(stranger),
                .dropped(.homeAddressNotBound)),
            Refusal(
                description: "to the home address itself",
                packet: packet(from: peer, to: home, next: 43, payload: routing(home) + Self.payload), isMobile: true,
                arrival: .dropped(.routingHeaderForeign)),
            Refusal(
                description: "to somebody else",
                packet: packet(from: peer, to: stranger, next: 43, payload: routing(home) + Self.payload),
                isMobile: true, arrival: .notOurs),
            toPeer("the option of a stranger", option(stranger), .dropped(.homeAddressNotBound)),
            toPeer("from another care-of address", option(home), .dropped(.homeAddressNotBound), from: stranger),
            toPeer("from a group", option(home), .dropped(.homeAddressOptionInvalid), from: .allNodes),
            toPeer("from nobody", option(home), .dropped(.homeAddressOptionInvalid), from: .unspecified),
            toPeer("a group as home address", option(.allNodes), .dropped(.homeAddressOptionInvalid)),
            toPeer("none as home address", option(.unspecified), .dropped(.homeAddressOptionInvalid)),
            toPeer(
                "two in two headers", option(home, next: 60) + option(home), .dropped(.homeAddressOptionRepeated)),
            toPeer(
                "two in one header",
                [59, 5, 1, 2, 0, 0, 0xc9, 16] + octets(home) + [1, 4, 0, 0, 0, 0, 0xc9, 16] + octets(home),
                .dropped(.homeAddressOptionRepeated)),
            toPeer(
                "an option of 15 octets", [59, 2, 1, 2, 0, 0, 0xc9, 15] + octets(home).dropLast() + [0],
                .dropped(.homeAddressOptionInvalid)),
            toPeer(
                "where no sender puts it the option is the kernel's, which answers",
                [59, 2, 0xc9, 16] + octets(home) + [1, 2, 0, 0], .notOurs),
            toPeer(
                "behind what the kernel answers as well",
                [59, 3, 0x9e, 10] + [UInt8](repeating: 0, count: 10)
                    + [0xc9, 16] + octets(home), .notOurs),
            toPeer(
                "the same in a header before", [60, 0, 0x9e, 4, 0, 0, 0, 0] + option(home), .notOurs),
            toPeer("an option beyond its header is the kernel's", [59, 0, 1, 0, 0xc9, 16, 0, 0], .notOurs),
            toPeer("a header beyond the packet is the kernel's", [59, 200, 1, 4, 0, 0, 0, 0], .notOurs),
            toPeer("without the option", [59, 0, 1, 4, 0, 0, 0, 0], .notOurs),
            toPeer("to somebody else", option(home), .notOurs, to: stranger),
            toPeer("a Mobility Header is the programs'", option(home, next: 135), .notOurs),
            toPeer("an authentication header is the kernel's", option(home, next: 51), .notOurs),
            toPeer("home agent discovery is the programs'", option(home, next: 58) + [146, 0, 0, 0], .notOurs),
        ]
    }

    @Test("what is wrong says why, and what is none of ours is left alone")
    func refused() {
        for refusal in refusals {
            let table = refusal.isMobile ? DirectSample.mobile() : DirectSample.correspondent()
            #expect(receive(refusal.packet, by: table).arrival == refusal.arrival, "\(refusal)")
        }
    }

    @Test("the option stands behind the routing header, not before it")
    func misplaced() {
        let packet = packet(
            from: DirectSample.careOf, to: DirectSample.otherCareOf, next: 60,
            payload: option(DirectSample.home, next: 43) + routing(DirectSample.otherHome) + Self.payload)
        // Where the care-of address understands options as well.
        let table = ForwardingTable(
            own: [], nodes: [],
            direct: DirectRouteTable(
                routes: [], registered: [(DirectSample.otherCareOf, DirectSample.otherHome)],
                routingHeaderAddresses: [DirectSample.otherCareOf], optionAddresses: [DirectSample.otherCareOf], seed: 1
            ))
        #expect(receive(packet, by: table).arrival == .dropped(.homeAddressOptionMisplaced))
    }

    @Test("other options of the header stay for upper layers, and the Home Address becomes one that is passed over")
    func otherOptions() {
        let options: [UInt8] = [17, 3, 0x1e, 2, 7, 8, 0xc9, 16] + octets(DirectSample.home) + [1, 6, 0, 0, 0, 0, 0, 0]
        let packet = packet(
            from: DirectSample.careOf, to: DirectSample.peer, next: 60, payload: options + Self.payload)
        let kept: [UInt8] =
            [17, 3, 0x1e, 2, 7, 8, 0x1e, 16] + [UInt8](repeating: 0, count: 16) + [1, 6, 0, 0, 0, 0, 0, 0]
        #expect(
            receive(packet, by: DirectSample.correspondent()).arrival
                == .delivered(
                    wholePacket(
                        from: DirectSample.home, to: DirectSample.peer, next: 60, payload: kept + Self.payload)))
    }

    @Test("ESP finds out for itself whom it is from")
    func selfProtected() {
        let packet = packet(
            from: DirectSample.stranger, to: DirectSample.peer, next: 60,
            payload: option(DirectSample.home, next: 50) + [0, 0, 1, 0, 0, 0, 0, 1])
        #expect(
            receive(packet, by: DirectSample.correspondent()).arrival
                == .delivered(
                    wholePacket(
                        from: DirectSample.home, to: DirectSample.peer, next: 50, payload: [0, 0, 1, 0, 0, 0, 0, 1])))
    }

    @Test("a home registration is a binding as well, with the home agent's address and the present care-of address")
    func homeRegistration() {
        let former = Sample.tunnel(local: Sample.homeAgent, remote: Sample.formerCareOf)
        let table = ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: DirectSample.home, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: DirectSample.careOf), alsoAccepted: [former])
            ], direct: DirectRouteTable(routes: [], optionAddresses: [Sample.homeAgent], seed: 3))
        func arrival(_ home: IPv6Address, from source: IPv6Address) -> Arrival {
            receive(
                packet(from: source, to: Sample.homeAgent, next: 60, payload: option(home, next: 17) + Self.payload),
                by: table
            ).arrival
        }
        #expect(
            arrival(DirectSample.home, from: DirectSample.careOf)
                == .delivered(
                    packet(from: DirectSample.home, to: Sample.homeAgent, next: 17, payload: Self.payload)))
        #expect(arrival(DirectSample.home, from: Sample.formerCareOf) == .dropped(.homeAddressNotBound))
        #expect(arrival(Sample.host, from: DirectSample.careOf) == .dropped(.homeAddressNotBound))
    }

    @Test("a checksum that the kernel left to whoever is next is that of the addresses that count now")
    func partialChecksum() throws {
        for ends in ["mobile", "correspondent", "both"] {
            let row = try #require(DirectSample.row(ends, "udp"))
            let headers = row.packets[0].count - (row.frame.count - VirtioNetHeader.size)
            var virtio = VirtioNetHeader()
            virtio.flags = VirtioNetHeader.needsChecksum
            virtio.checksumStart = UInt16(40 + headers)
            virtio.checksumOffset = 6
            // The field holds anything here; the frame has what the kernel of the sender had left in it.
            var packet = row.packets[0]
            packet[40 + headers + 6] = 0xaa
            packet[40 + headers + 7] = 0x55
            let result = receive(packet, virtio: virtio, by: DirectSample.receiver(ends))
            #expect(result.arrival == .delivered(Array(row.frame[VirtioNetHeader.size...])))
            #expect(result.virtio.checksumStart == 40 && result.virtio.flags == VirtioNetHeader.needsChecksum)
        }
    }
}

/// The function, where a constant has its name.
private func wholePacket(
    from source: IPv6Address, to destination: IPv6Address, next: UInt8, payload: [UInt8]
) -> [UInt8] { packet(from: source, to: destination, next: next, payload: payload) }
