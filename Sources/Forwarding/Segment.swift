import MobilityWire

/// What the coalescer can join: a TCP segment or a UDP datagram directly behind its IPv6 header, with a right checksum.
struct Segment {
    let packet: UnsafeMutableRawBufferPointer
    let headerLength: Int
    /// Zero of a datagram, as what else it has not: datagrams follow each other as they come.
    let sequence: UInt32
    let flags: UInt8
    let isDatagram: Bool

    static let transport = InnerPacket.headerLength
    private static let push: UInt8 = 0x08
    private static let fin: UInt8 = 0x01
    private static let acknowledge: UInt8 = 0x10
    /// What a last segment may carry and a first one may not.
    static let endFlags: UInt8 = fin | push
    static let leastTCPHeader = 20
    static let datagramHeader = 8
    /// Of a datagram with its IPv6 header.
    static let datagramHeaderLength = transport + datagramHeader
    private static let addresses = 8

    @inline(__always) var payloadLength: Int { packet.count - headerLength }
    /// The sequence number of what follows it.
    @inline(__always) var nextSequence: UInt32 {
        isDatagram ? 0 : sequence &+ UInt32(truncatingIfNeeded: payloadLength)
    }
    var mayStart: Bool { flags & Self.endFlags == 0 }

    /// - Parameter packet: an inner packet whose length was checked.
    @inline(__always)
    init?(tcp packet: UnsafeMutableRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(packet)
        guard bytes.count > Self.transport + Self.leastTCPHeader else { return nil }
        let headerLength = Self.transport + Int(bytes[Self.transport + 12] >> 4) * 4
        guard headerLength >= Self.transport + Self.leastTCPHeader, headerLength < bytes.count else { return nil }
        let flags = bytes[Self.transport + 13]
        // Only plain data: SYN, RST, URG, ECE and CWR pass as they are.
        guard flags & ~Self.endFlags == Self.acknowledge, Self.hasRightChecksum(bytes, .tcp) else { return nil }
        self.packet = packet
        self.headerLength = headerLength
        self.flags = flags
        sequence = bytes.uint32(at: Self.transport + 4)
        isDatagram = false
    }

    /// - Parameter packet: an inner packet whose length was checked.
    @inline(__always)
    init?(udp packet: UnsafeMutableRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(packet)
        // Of a length that is another than the packet's, and a checksum that was left out (RFC 6935), only the far end knows
        // what is meant by it.
        guard bytes.count > Self.datagramHeaderLength,
            Int(bytes.uint16(at: Self.transport + 4)) == bytes.count - Self.transport,
            bytes.uint16(at: Self.transport + 6) != 0, Self.hasRightChecksum(bytes, .udp)
        else { return nil }
        self.packet = packet
        headerLength = Self.datagramHeaderLength
        flags = 0
        sequence = 0
        isDatagram = true
    }

    @inline(__always)
    private static func hasRightChecksum(_ bytes: UnsafeRawBufferPointer, _ nextHeader: IPProtocol) -> Bool {
        // From the addresses on, which the pseudo-header has as well.
        var sum = Checksum()
        sum.add(bytes.slice(addresses, bytes.count - addresses).bytes)
        sum.add(UInt32(truncatingIfNeeded: bytes.count - transport))
        sum.add(UInt16(nextHeader.rawValue))
        return sum.isValid
    }

    /// Whether it is of the flow that `first` is of: addresses, protocol and ports.
    @inline(__always)
    func isOfFlow(of first: UnsafeMutableRawBufferPointer) -> Bool {
        let mine = UnsafeRawBufferPointer(packet)
        let theirs = UnsafeRawBufferPointer(first)
        return mine.word32(at: Self.transport) == theirs.word32(at: Self.transport) && mine[6] == theirs[6]
            && mine.hasSameHosts(as: theirs)
    }

    /// Whether traffic class, flow label, hop limit, acknowledgement number and TCP options are those of `first`, which is of
    /// its flow.
    @inline(__always)
    func headersMatch(_ first: UnsafeMutableRawBufferPointer, headerLength: Int) -> Bool {
        guard headerLength == self.headerLength else { return false }
        let mine = UnsafeRawBufferPointer(packet)
        let theirs = UnsafeRawBufferPointer(first)
        guard mine.word32(at: 0) == theirs.word32(at: 0), mine[7] == theirs[7] else { return false }
        guard !isDatagram else { return true }
        guard mine.word32(at: Self.transport + 8) == theirs.word32(at: Self.transport + 8) else { return false }
        var offset = Self.transport + Self.leastTCPHeader
        while offset < headerLength {
            guard mine.word32(at: offset) == theirs.word32(at: offset) else { return false }
            offset += 4
        }
        return true
    }
}
