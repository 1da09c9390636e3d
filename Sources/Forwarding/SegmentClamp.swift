import MobilityWire

/// For which connections the Maximum Segment Size that TCP announces at its beginning (RFC 9293 §3.7.1) is lowered to what
/// fits a tunnel, in both directions.
///
/// IPv6 needs none of it as long as Packet Too Big arrives: senders obey it. To a peer that speaks IPv4 behind a translator it
/// has to become an IPv4 message, which many networks discard; there a connection stands still after its first long packet.
public enum SegmentClamp: Sendable {
    case off
    /// Where an address of the connection holds an IPv4 one.
    case translated
    case all

    private static let transport = InnerPacket.headerLength
    private static let flags = transport + 13
    private static let synchronize: UInt8 = 0x02
    /// What a segment's MSS does not count: the headers of IPv6 and TCP without options (RFC 6691 §2).
    public static let headers = 60

    /// 64:ff9b::/96 (RFC 6052 §2.1), 64:ff9b:1::/48 (RFC 8215) and 2002::/16 (RFC 3056).
    private static func holdsIPv4(_ address: IPv6Address) -> Bool {
        address.high == 0x0064_ff9b_0000_0000 && address.low >> 32 == 0 || address.high >> 16 == 0x0064_ff9b_0001
            || address.high >> 48 == 0x2002
    }

    /// Lowers the size in a segment that begins a connection and stands right behind its IPv6 header; never raises it.
    ///
    /// - Parameters:
    ///   - packet: that of `inner`, which is changed in place.
    ///   - mtu: the tunnel's.
    ///   - virtio: says whether somebody makes the checksum later, who then finds what was changed.
    @inline(__always)
    func lower(
        _ packet: UnsafeMutableRawBufferPointer, _ inner: borrowing InnerPacket, mtu: Int, by virtio: VirtioNetHeader
    ) {
        guard inner.nextHeader == IPProtocol.tcp.rawValue, inner.bytes.count >= Self.headers,
            inner.bytes[Self.flags] & Self.synchronize != 0, self != .off
        else { return }
        let (source, destination) = (inner.source, inner.destination)
        guard self == .all || Self.holdsIPv4(source) || Self.holdsIPv4(destination) else { return }
        Self.lower(
            packet.slice(0, inner.bytes.count), to: UInt16(clamping: mtu - Self.headers),
            isChecksumMade: virtio.flags & VirtioNetHeader.needsChecksum == 0)
    }

    /// Goes through the options; such as have no right length end them, as for every receiver.
    @inline(never)
    private static func lower(_ packet: UnsafeMutableRawBufferPointer, to limit: UInt16, isChecksumMade: Bool) {
        let end = min(transport + Int(packet[transport + 12] >> 4) * 4, packet.count)
        var place = transport + 20
        while place < end, packet[place] != 0 {
            guard packet[place] != 1 else {
                place += 1
                continue
            }
            guard place + 1 < end else { return }
            let length = Int(packet[place + 1])
            guard length >= 2, place + length <= end else { return }
            if packet[place] == 2, length == 4 {
                let size = UnsafeRawBufferPointer(packet).uint16(at: place + 2)
                if size > limit {
                    packet.store(limit, at: place + 2)
                    if isChecksumMade { correctChecksum(of: packet, at: place, from: size, to: limit) }
                }
            }
            place += length
        }
    }

    /// RFC 1624 §3. What stands at an odd place stands across two words of the sum.
    private static func correctChecksum(
        of packet: UnsafeMutableRawBufferPointer, at place: Int, from old: UInt16, to new: UInt16
    ) {
        var sum = Checksum()
        sum.subtract(UnsafeRawBufferPointer(packet).uint16(at: transport + 16))
        sum.subtract(place & 1 == 0 ? old : old.byteSwapped)
        sum.add(place & 1 == 0 ? new : new.byteSwapped)
        packet.store(sum.value, at: transport + 16)
    }
}
