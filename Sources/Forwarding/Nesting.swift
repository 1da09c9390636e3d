import MobilityWire

/// What stands around a packet that is to enter a tunnel: the tunnels that it is in already (RFC 2473 §4.1).
///
/// A mobile router may be at a link behind another one, so that tunnels stand inside tunnels. Two that are each behind the
/// other would send a packet round and round, longer by a header each time: the depth ends that, whether or not those who
/// made the headers set a limit.
enum Nesting: Equatable {
    /// Nothing limits it.
    case free
    /// The header that is put before it has to carry this limit (§4.1.1 (c)).
    case limited(UInt8)
    /// It may enter no tunnel (§4.1.1 (b)); `pointer` is where that is said.
    case exhausted(pointer: Int)

    /// How many tunnels a packet may be in before it enters one of ours. Linux puts the same number in what it tunnels.
    static let greatestDepth = 4

    /// - Throws: `.nestedTooDeep`.
    @inline(__always)
    init(_ packet: borrowing InnerPacket) throws(DropReason) {
        switch IPProtocol(rawValue: packet.nextHeader) {
        case .ipv6, .destinationOptions, .hopByHopOptions, .routing, .fragment:
            self = try Self.look(into: packet.bytes)
        // Nearly everything.
        default: self = .free
        }
    }

    /// What an option of the outermost tunnel says, and whether there are too many tunnels.
    private static func look(into bytes: UnsafeRawBufferPointer) throws(DropReason) -> Nesting {
        var nesting = Nesting.free
        var depth = 0
        var next = bytes[6]
        var offset = InnerPacket.headerLength
        // Headers beyond these do not fit a packet that anybody means.
        for _ in 0..<32 {
            switch IPProtocol(rawValue: next) {
            case .ipv6:
                depth += 1
                guard depth <= greatestDepth else { throw .nestedTooDeep }
                guard offset + InnerPacket.headerLength <= bytes.count else { return nesting }
                next = bytes[offset + 6]
                offset += InnerPacket.headerLength
            case .destinationOptions, .hopByHopOptions, .routing:
                guard offset + 8 <= bytes.count else { return nesting }
                let end = offset + (Int(bytes[offset + 1]) + 1) * 8
                guard end <= bytes.count else { return nesting }
                if depth == 0, nesting == .free, next == IPProtocol.destinationOptions.rawValue {
                    nesting = limit(in: offset + 2..<end, of: bytes)
                }
                next = bytes[offset]
                offset = end
            case .fragment:
                // What a later piece begins with is no header.
                guard offset + 8 <= bytes.count, bytes.uint16(at: offset + 2) & 0xfff8 == 0 else { return nesting }
                next = bytes[offset]
                offset += 8
            default: return nesting
            }
        }
        return nesting
    }

    /// The Tunnel Encapsulation Limit among these options.
    private static func limit(in range: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Nesting {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if bytes[offset] == 0 {
                offset += 1
                continue
            }
            guard offset + 2 <= range.upperBound else { return .free }
            let length = Int(bytes[offset + 1])
            guard offset + 2 + length <= range.upperBound else { return .free }
            if bytes[offset] == OuterHeader.encapsulationLimit, length == 1 {
                let limit = bytes[offset + 2]
                return limit == 0 ? .exhausted(pointer: offset + 2) : .limited(limit - 1)
            }
            offset += 2 + length
        }
        return .free
    }
}
