import MobilityWire

/// A TCP segment directly behind its IPv6 header, with a right checksum: what the coalescer can join.
struct Segment {
    let packet: UnsafeMutableRawBufferPointer
    let source: IPv6Address
    let destination: IPv6Address
    let ports: UInt32
    let sequence: UInt32
    let acknowledgement: UInt32
    let flags: UInt8
    let headerLength: Int

    private static let transport = InnerPacket.headerLength
    private static let push: UInt8 = 0x08
    private static let fin: UInt8 = 0x01
    private static let acknowledge: UInt8 = 0x10
    /// What a last segment may carry and a first one may not.
    static let endFlags: UInt8 = fin | push

    var payloadLength: Int { packet.count - headerLength }

    /// - Parameter packet: an inner packet whose length was checked.
    @inline(__always)
    init?(_ packet: UnsafeMutableRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(packet)
        guard bytes.count > Self.transport + 20, bytes[6] == IPProtocol.tcp.rawValue else { return nil }
        let headerLength = Self.transport + Int(bytes[Self.transport + 12] >> 4) * 4
        guard headerLength >= Self.transport + 20, headerLength < bytes.count else { return nil }
        let flags = bytes[Self.transport + 13]
        // Only plain data: SYN, RST, URG, ECE and CWR pass as they are.
        guard flags & ~Self.endFlags == Self.acknowledge else { return nil }
        let length = bytes.count - Self.transport
        let source = bytes.address(at: 8)
        let destination = bytes.address(at: 24)
        var sum = Checksum(source: source, destination: destination, length: length, nextHeader: .tcp)
        sum.add(bytes.slice(Self.transport, length).bytes)
        guard sum.isValid else { return nil }
        self.packet = packet
        self.headerLength = headerLength
        self.flags = flags
        self.source = source
        self.destination = destination
        ports = bytes.uint32(at: Self.transport)
        sequence = bytes.uint32(at: Self.transport + 4)
        acknowledgement = bytes.uint32(at: Self.transport + 8)
    }

    var mayStart: Bool { flags & Self.endFlags == 0 }

    @inline(__always)
    func belongs(source: IPv6Address, _ destination: IPv6Address, _ ports: UInt32) -> Bool {
        self.ports == ports && self.source == source && self.destination == destination
    }

    /// Whether traffic class, flow label, hop limit and TCP options are those of `first`.
    @inline(__always)
    func headersMatch(_ first: UnsafeMutableRawBufferPointer, headerLength: Int) -> Bool {
        guard headerLength == self.headerLength else { return false }
        let mine = UnsafeRawBufferPointer(packet)
        let theirs = UnsafeRawBufferPointer(first)
        guard mine.uint32(at: 0) == theirs.uint32(at: 0), mine[7] == theirs[7] else { return false }
        var offset = Self.transport + 20
        while offset < headerLength {
            guard mine.uint32(at: offset) == theirs.uint32(at: offset) else { return false }
            offset += 4
        }
        return true
    }
}
