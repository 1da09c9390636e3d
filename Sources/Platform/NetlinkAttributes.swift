import MobilityWire

/// The attributes of a netlink message, read without trust: an attribute that does not fit ends the reading, and one of
/// an unexpected length counts as absent.
struct NetlinkAttributes {
    private let bytes: UnsafeRawBufferPointer

    /// The attributes in `bytes` from `offset` on, which are valid as long as the memory is.
    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        let start = (offset + 3) & ~3
        self.bytes =
            start <= bytes.count ? UnsafeRawBufferPointer(rebasing: bytes[start...]) : .init(start: nil, count: 0)
    }

    /// Calls `body` with the type, without its flags, and the contents of each attribute.
    func forEach(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
        var offset = 0
        while bytes.count - offset >= 4 {
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            let type = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self) & 0x3fff
            guard length >= 4, length <= bytes.count - offset else { return }
            body(Int(type), UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + length]))
            offset += (length + 3) & ~3
        }
    }

    /// The contents of the last attribute of a type.
    subscript(type: Int) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        forEach { if $0 == type { found = $1 } }
        return found
    }

    func nested(_ type: Int) -> NetlinkAttributes? { self[type].map { NetlinkAttributes($0) } }

    func uint8(_ type: Int) -> UInt8? { load(type) }
    func uint16(_ type: Int) -> UInt16? { load(type) }
    func uint32(_ type: Int) -> UInt32? { load(type) }

    /// A fixed structure of plain numbers at the beginning of the attribute.
    func load<Value: BitwiseCopyable>(_ type: Int, as: Value.Type = Value.self) -> Value? {
        self[type].flatMap { $0.value(at: 0) }
    }

    func address(_ type: Int) -> IPv6Address? {
        guard let octets = self[type], octets.count == 16, let high: UInt64 = octets.value(at: 0),
            let low: UInt64 = octets.value(at: 8)
        else { return nil }
        return IPv6Address(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    /// Text up to its first zero octet.
    func string(_ type: Int) -> String? {
        self[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension UnsafeRawBufferPointer {
    /// The value at `offset`, or nil when the memory ends before it does.
    func value<Value: BitwiseCopyable>(at offset: Int, as: Value.Type = Value.self) -> Value? {
        guard offset >= 0, count - offset >= MemoryLayout<Value>.size else { return nil }
        return loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
}
