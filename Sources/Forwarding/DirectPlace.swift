import MobilityWire

/// Where in a packet the headers of route optimisation belong: behind the IPv6 header and a hop-by-hop options header,
/// before everything else, fragment header and ESP included (RFC 6275 §6.3, RFC 8200 §4.1).
struct DirectPlace {
    /// Octets before them.
    var offset: Int
    /// The octet that names what stands there.
    var naming: Int

    init(offset: Int, naming: Int) {
        self.offset = offset
        self.naming = naming
    }

    private static let headerLimit = 8
    /// Of a type 2 routing header and a Home Address option; with them and the place the block must hold 60 octets of TCP.
    private static let greatestOffset = OutgoingBatch.blockSize - 2 * DirectRoute.headerLength - 60

    /// The place; nil where the packet has to go as it is addressed:
    ///
    /// - Mobility Headers, which have their own rules (RFC 6275 §6.1, §9.3.2, §11.3.1), and Neighbor Discovery;
    /// - what has a routing header of its own, whose last destination is another matter;
    /// - what an authentication header covers: nobody computes its value anew;
    /// - what cannot be read.
    @inline(__always)
    init?(_ packet: borrowing InnerPacket) {
        let next = packet.nextHeader
        // Nearly everything.
        if next == IPProtocol.tcp.rawValue || next == IPProtocol.udp.rawValue {
            self.init(offset: InnerPacket.headerLength, naming: 6)
            return
        }
        self.init(searching: packet.bytes)
    }

    private init?(searching bytes: UnsafeRawBufferPointer) {
        var place = DirectPlace(offset: InnerPacket.headerLength, naming: 6)
        var offset = InnerPacket.headerLength
        var next = bytes[6]
        for _ in 0..<Self.headerLimit {
            switch IPProtocol(rawValue: next) {
            case .hopByHopOptions, .destinationOptions:
                guard offset + 8 <= bytes.count else { return nil }
                let length = (Int(bytes[offset + 1]) + 1) * 8
                guard offset + length <= bytes.count else { return nil }
                next = bytes[offset]
                if offset == InnerPacket.headerLength, bytes[6] == IPProtocol.hopByHopOptions.rawValue {
                    place = DirectPlace(offset: offset + length, naming: offset)
                    guard place.offset <= Self.greatestOffset else { return nil }
                }
                offset += length
            case .fragment:
                guard offset + 8 <= bytes.count else { return nil }
                next = bytes[offset]
                // Of a later piece only this can be told.
                if bytes.uint16(at: offset + 2) & 0xfff8 != 0 {
                    guard next != IPProtocol.mobilityHeader.rawValue else { return nil }
                    self = place
                    return
                }
                offset += 8
            case .icmpv6:
                guard offset < bytes.count, !Self.neighborDiscovery.contains(bytes[offset]) else { return nil }
                self = place
                return
            case .mobilityHeader, .routing, .authenticationHeader:
                return nil
            default:
                self = place
                return
            }
        }
        return nil
    }

    /// Router solicitation to redirect (RFC 4861 §4).
    private static let neighborDiscovery: ClosedRange<UInt8> = 133...137
}
