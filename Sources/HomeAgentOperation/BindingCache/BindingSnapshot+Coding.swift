import MobilityCore
import MobilityWire

// The file, version 1, in the network's byte order:
//
//     "SHISABIN" | version 16 | reserved 16 | savedAt 64 | bindings 32 | memories 32 | timestamps 32
//     each binding:   length 16 | home address 128 | care-of address 128 | home agent 128 | sequence 16 | mode 8 |
//                     flags 8 | lifetime ms 64 | remaining ms 64 | prefixes 16 | (length 8 | prefix 128) each |
//                     [binding identifier 16 | priority 8 | flows 8 |
//                      (flow identifier 16 | priority 16 | length 8 | selector of RFC 6088) each]
//     each memory:    home address 128 | sequence 16 | remaining ms 32
//     each timestamp: home address 128 | timestamp 64
//     CRC-32 of all before
//
// A binding's length lets a later version add fields behind those known here. What is in brackets is left out of a
// binding without an identifier.

extension BindingSnapshot {
    static let magic = [UInt8]("SHISABIN".utf8)
    static let version: UInt16 = 1
    private static let headerLength = 32
    /// More would not be ours; the length field could hold more.
    private static let greatestPrefixCount = 1024

    typealias Section = BindingSnapshotWriter.Section

    /// The whole file.
    public func encoded() -> [UInt8] {
        var (saved, remembered, accepted) = (Section(), Section(), Section())
        for binding in bindings { Self.write(binding, into: &saved) }
        for memory in memories { Self.write(memory, into: &remembered) }
        for timestamp in timestamps { Self.write(timestamp, into: &accepted) }
        return Self.encoded(savedAt: savedAt, bindings: saved, memories: remembered, timestamps: accepted)
    }

    static func encoded(
        savedAt: NTPTimestamp, bindings: Section, memories: Section, timestamps: Section
    ) -> [UInt8] {
        let sections = [bindings, memories, timestamps]
        var writer = ByteWriter(capacity: sections.reduce(headerLength + 4) { $0 + $1.writer.count })
        writer.write(magic)
        writer.write(version)
        writer.write(0 as UInt16)
        writer.write(savedAt.rawValue)
        for section in sections { writer.write(section.count) }
        for section in sections { writer.write(section.writer.octets) }
        writer.write(CRC32.of(writer.octets.span.bytes))
        return writer.octets
    }

    static func write(_ memory: Memory, into section: inout Section) {
        section.count += 1
        section.writer.write(memory.homeAddress)
        section.writer.write(memory.sequenceNumber.rawValue)
        section.writer.write(UInt32(clamping: memory.remaining.milliseconds))
    }

    static func write(_ accepted: Accepted, into section: inout Section) {
        section.count += 1
        section.writer.write(accepted.homeAddress)
        section.writer.write(accepted.timestamp.rawValue)
    }

    static func write(_ saved: SavedBinding, into section: inout Section) {
        section.count += 1
        write(saved, into: &section.writer)
    }

    private static func write(_ saved: SavedBinding, into writer: inout ByteWriter) {
        let binding = saved.binding
        let prefixes = binding.prefixes.prefix(greatestPrefixCount)
        let extra = identifierOctets(of: binding)
        writer.write(UInt16(70 + prefixes.count * 17 + extra.count))
        writer.write(binding.homeAddress)
        writer.write(binding.careOfAddress)
        writer.write(binding.homeAgent)
        writer.write(binding.sequenceNumber.rawValue)
        writer.write(binding.mode.code)
        writer.write(binding.linkLocalCompatibility ? 1 : 0 as UInt8)
        writer.write(UInt64(clamping: binding.lifetime.milliseconds))
        writer.write(UInt64(clamping: saved.remaining.milliseconds))
        writer.write(UInt16(prefixes.count))
        for prefix in prefixes {
            writer.write(prefix.length)
            writer.write(prefix.address)
        }
        writer.write(extra)
    }

    /// What a binding with an identifier has besides.
    private static func identifierOctets(of binding: Binding) -> [UInt8] {
        guard let identifier = binding.identifier else { return [] }
        var writer = ByteWriter(capacity: 4)
        let flows = binding.flows.prefix(Int(UInt8.max))
        writer.write(identifier)
        writer.write(binding.priority)
        writer.write(UInt8(clamping: flows.count))
        for flow in flows {
            let selector = flow.selector.octets
            writer.write(flow.identifier)
            writer.write(flow.priority)
            writer.write(UInt8(clamping: selector.count))
            writer.write(selector)
        }
        return writer.octets
    }

    /// The snapshot in a file, which may hold anything.
    public init(decoding octets: [UInt8]) throws(BindingSnapshotError) {
        let bytes = octets.span.bytes
        guard octets.starts(with: Self.magic) else { throw .notASnapshot }
        guard bytes.byteCount >= Self.headerLength + 4 else { throw .truncated }
        let version = bytes.uint16(checked: 8)
        guard version == Self.version else { throw .version(version) }
        let end = bytes.byteCount - 4
        guard CRC32.of(bytes.extracting(0..<end)) == bytes.uint32(checked: end) else { throw .checksum }
        self.init(savedAt: NTPTimestamp(rawValue: bytes.uint64(checked: 12)))
        do throws(ParseError) {
            try decode(bytes.extracting(0..<end))
        } catch {
            throw error.reason == .truncated ? .truncated : .malformed
        }
    }

    /// Counts are promises only: nothing is reserved for them.
    private mutating func decode(_ bytes: RawSpan) throws(ParseError) {
        var offset = Self.headerLength
        for _ in 0..<bytes.uint32(checked: 20) {
            let length = Int(try bytes.uint16(at: offset))
            try bytes.require(length, at: offset + 2)
            bindings.append(try SavedBinding(bytes.extracting(offset + 2..<offset + 2 + length)))
            offset += 2 + length
        }
        for _ in 0..<bytes.uint32(checked: 24) {
            memories.append(
                Memory(
                    homeAddress: try bytes.address(at: offset),
                    sequenceNumber: SequenceNumber(rawValue: try bytes.uint16(at: offset + 16)),
                    remaining: .milliseconds(Int64(try bytes.uint32(at: offset + 18)))))
            offset += 22
        }
        for _ in 0..<bytes.uint32(checked: 28) {
            timestamps.append(
                Accepted(
                    homeAddress: try bytes.address(at: offset),
                    timestamp: NTPTimestamp(rawValue: try bytes.uint64(at: offset + 16))))
            offset += 24
        }
        guard offset == bytes.byteCount else { throw ParseError(.messageLength, octet: offset) }
    }
}

extension BindingSnapshot.SavedBinding {
    fileprivate init(_ bytes: RawSpan) throws(ParseError) {
        // The longest lifetime that a Binding Update can ask for.
        let longest = BindingLifetime(rawValue: .max).span.milliseconds
        let lifetime = try bytes.uint64(at: 52)
        let remaining = try bytes.uint64(at: 60)
        guard let mode = Binding.Mode(code: try bytes.octet(at: 50)), lifetime <= UInt64(longest),
            remaining <= lifetime
        else { throw ParseError(.messageCode, octet: 50) }
        var prefixes: [IPv6Prefix] = []
        for index in 0..<Int(try bytes.uint16(at: 68)) {
            let length = try bytes.octet(at: 70 + index * 17)
            guard length <= 128 else { throw ParseError(.messageCode, octet: 70 + index * 17) }
            prefixes.append(IPv6Prefix(try bytes.address(at: 71 + index * 17), length: length))
        }
        var binding = Binding(
            homeAddress: try bytes.address(at: 0), careOfAddress: try bytes.address(at: 16),
            homeAgent: try bytes.address(at: 32), sequenceNumber: SequenceNumber(rawValue: try bytes.uint16(at: 48)),
            lifetime: .milliseconds(Int64(lifetime)), expiresAt: Instant(milliseconds: 0), mode: mode,
            prefixes: prefixes)
        binding.linkLocalCompatibility = try bytes.octet(at: 51) & 1 != 0
        try Self.readIdentifier(bytes, from: 70 + prefixes.count * 17, into: &binding)
        self.init(binding: binding, remaining: .milliseconds(Int64(remaining)))
    }
}

extension BindingSnapshot.SavedBinding {
    private static func readIdentifier(
        _ bytes: RawSpan, from start: Int, into binding: inout Binding
    ) throws(ParseError) {
        guard bytes.byteCount > start else { return }
        let identifier = try bytes.uint16(at: start)
        guard identifier != 0 else { throw ParseError(.messageCode, octet: start) }
        binding.identifier = identifier
        binding.priority = try bytes.octet(at: start + 2)
        var offset = start + 4
        for _ in 0..<(try bytes.octet(at: start + 3)) {
            let length = Int(try bytes.octet(at: offset + 4))
            guard let selector = TrafficSelector(octets: try bytes.octets(offset + 5..<offset + 5 + length)) else {
                throw ParseError(.messageCode, octet: offset)
            }
            binding.flows.append(
                FlowRule(
                    identifier: try bytes.uint16(at: offset), priority: try bytes.uint16(at: offset + 2),
                    selector: selector))
            offset += 5 + length
        }
    }
}

extension Binding.Mode {
    fileprivate var code: UInt8 {
        switch self {
        case .host: 0
        case .implicit: 1
        case .explicit: 2
        }
    }

    fileprivate init?(code: UInt8) {
        switch code {
        case 0: self = .host
        case 1: self = .implicit
        case 2: self = .explicit
        default: return nil
        }
    }
}

/// The CRC of Ethernet and of gzip: finds what a failing disk did, not what a person did.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { rest, _ in rest & 1 == 0 ? rest >> 1 : 0xedb8_8320 ^ rest >> 1 }
    }

    static func of(_ bytes: RawSpan) -> UInt32 {
        let table = table
        var rest = UInt32.max
        for offset in 0..<bytes.byteCount {
            let index = UInt8(truncatingIfNeeded: rest) ^ bytes.octet(checked: offset)
            rest = table[Int(index)] ^ rest >> 8
        }
        return ~rest
    }
}
