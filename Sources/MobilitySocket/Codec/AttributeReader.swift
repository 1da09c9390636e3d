import CMnl
import MobilityWire

/// The attributes of a frame or of a nest, found with libmnl.
///
/// The whole list is walked once when the reader is made, so that every attribute handed out lies inside the frame.
/// Must not outlive the bytes it was made from.
struct AttributeReader {
    private let bytes: UnsafeRawBufferPointer

    /// Throws `invalid` if an attribute reaches past the end or something shorter than an attribute is left over.
    init(_ bytes: UnsafeRawBufferPointer) throws(MobilitySocketError) {
        self.bytes = bytes
        var offset = 0
        // The last attribute may come without the octets that would align it.
        while offset < bytes.count {
            guard let attribute = attribute(at: offset) else {
                throw MobilitySocketError(.invalid, "an attribute reaches past the end of the message")
            }
            offset += Self.alignedLength(attribute)
        }
    }

    func uint8<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt8 {
        mnl_attr_get_u8(try require(key, length: 1))
    }

    func uint16<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt16 {
        mnl_attr_get_u16(try require(key, length: 2))
    }

    func uint32<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt32 {
        mnl_attr_get_u32(try require(key, length: 4))
    }

    func uint64<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt64 {
        mnl_attr_get_u64(try require(key, length: 8))
    }

    func bool<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> Bool {
        switch try uint8(key) {
        case 0: false
        case 1: true
        default: throw malformed(key, "is neither 0 nor 1")
        }
    }

    /// A value of an enumeration; an unknown one is refused.
    func value<Key: RawRepresentable<UInt16>, Value: RawRepresentable<UInt8>>(
        _ key: Key, as type: Value.Type
    ) throws(MobilitySocketError) -> Value {
        let code = try uint8(key)
        guard let value = Value(rawValue: code) else { throw malformed(key, "has no value \(code)") }
        return value
    }

    func address<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> IPv6Address {
        Self.address(of: try require(key, length: 16))
    }

    func text<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> String {
        guard let attribute = find(key) else { throw missing(key) }
        return try text(of: attribute, key)
    }

    private func text<Key>(of attribute: UnsafePointer<nlattr>, _ key: Key) throws(MobilitySocketError) -> String {
        let payload = Self.payload(of: attribute)
        guard payload.last == 0 else { throw malformed(key, "does not end with a NUL") }
        let octets = payload.dropLast()
        guard !octets.contains(0), let text = String(validating: octets, as: UTF8.self) else {
            throw malformed(key, "is not a text")
        }
        return text
    }

    func octets<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [UInt8] {
        guard let attribute = find(key) else { throw missing(key) }
        return [UInt8](Self.payload(of: attribute))
    }

    func has<Key: RawRepresentable<UInt16>>(_ key: Key) -> Bool { find(key) != nil }

    func optionalUInt16<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt16? {
        has(key) ? try uint16(key) : nil
    }

    func optionalUInt32<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt32? {
        has(key) ? try uint32(key) : nil
    }

    func optionalUInt64<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> UInt64? {
        has(key) ? try uint64(key) : nil
    }

    func optionalAddress<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> IPv6Address? {
        has(key) ? try address(key) : nil
    }

    /// What is inside a nest; nil where there is none.
    func nest<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> AttributeReader? {
        guard let attribute = find(key) else { return nil }
        return try AttributeReader(Self.payload(of: attribute))
    }

    /// The elements of a list of nests; a list that is absent is empty.
    func list<Key: RawRepresentable<UInt16>, Element>(
        _ key: Key, _ element: (AttributeReader) throws(MobilitySocketError) -> Element
    ) throws(MobilitySocketError) -> [Element] {
        var elements: [Element] = []
        for item in try items(key) { elements.append(try element(try AttributeReader(Self.payload(of: item)))) }
        return elements
    }

    func prefixes<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [IPv6Prefix] {
        try list(key) { (reader: AttributeReader) throws(MobilitySocketError) in
            try reader.prefix(Attribute.Prefix.address, Attribute.Prefix.length)
        }
    }

    /// A prefix whose two halves are attributes of their own.
    func prefix<Key: RawRepresentable<UInt16>>(
        _ address: Key, _ length: Key
    ) throws(MobilitySocketError) -> IPv6Prefix {
        let bits = try uint8(length)
        guard bits <= 128 else { throw MobilitySocketError(.invalid, "a prefix of \(bits) bits") }
        return IPv6Prefix(try self.address(address), length: bits)
    }

    func addresses<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [IPv6Address] {
        var addresses: [IPv6Address] = []
        for item in try items(key) { addresses.append(Self.address(of: try item.checked(length: 16, of: key))) }
        return addresses
    }

    func texts<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [String] {
        var texts: [String] = []
        for item in try items(key) { texts.append(try text(of: item, key)) }
        return texts
    }

    func uint8s<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [UInt8] {
        var values: [UInt8] = []
        for item in try items(key) { values.append(mnl_attr_get_u8(try item.checked(length: 1, of: key))) }
        return values
    }

    func uint32s<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [UInt32] {
        var values: [UInt32] = []
        for item in try items(key) { values.append(mnl_attr_get_u32(try item.checked(length: 4, of: key))) }
        return values
    }
}

// MARK: - The walk

extension AttributeReader {
    private func attribute(at offset: Int) -> UnsafePointer<nlattr>? {
        guard let base = bytes.baseAddress, offset < bytes.count else { return nil }
        let attribute = base.advanced(by: offset).assumingMemoryBound(to: nlattr.self)
        // mnl_attr_ok compares the length that the attribute claims with what is left.
        return mnl_attr_ok(attribute, Int32(clamping: bytes.count - offset)) ? attribute : nil
    }

    private static func alignedLength(_ attribute: UnsafePointer<nlattr>) -> Int {
        (Int(mnl_attr_get_len(attribute)) + 3) & ~3
    }

    /// The last of several attributes of one number counts, as in the kernel.
    private func find<Key: RawRepresentable<UInt16>>(_ key: Key) -> UnsafePointer<nlattr>? {
        var found: UnsafePointer<nlattr>?
        var offset = 0
        while let attribute = attribute(at: offset) {
            if mnl_attr_get_type(attribute) == key.rawValue { found = attribute }
            offset += Self.alignedLength(attribute)
        }
        return found
    }

    private func items<Key: RawRepresentable<UInt16>>(
        _ key: Key
    ) throws(MobilitySocketError) -> [UnsafePointer<nlattr>] {
        guard let nest = find(key) else { return [] }
        let list = try AttributeReader(Self.payload(of: nest))
        var items: [UnsafePointer<nlattr>] = []
        var offset = 0
        while let attribute = list.attribute(at: offset) {
            if mnl_attr_get_type(attribute) == Attribute.List.item.rawValue { items.append(attribute) }
            offset += Self.alignedLength(attribute)
        }
        return items
    }

    private func require<Key: RawRepresentable<UInt16>>(
        _ key: Key, length: Int
    ) throws(MobilitySocketError) -> UnsafePointer<nlattr> {
        guard let attribute = find(key) else { throw missing(key) }
        return try attribute.checked(length: length, of: key)
    }

    private static func payload(of attribute: UnsafePointer<nlattr>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: mnl_attr_get_payload(attribute), count: Int(mnl_attr_get_payload_len(attribute)))
    }

    private static func address(of attribute: UnsafePointer<nlattr>) -> IPv6Address {
        let payload = payload(of: attribute)
        return IPv6Address(
            high: UInt64(bigEndian: payload.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: payload.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    private func missing<Key>(_ key: Key) -> MobilitySocketError {
        MobilitySocketError(.invalid, "attribute \(key) is missing")
    }

    private func malformed<Key>(_ key: Key, _ what: String) -> MobilitySocketError {
        MobilitySocketError(.invalid, "attribute \(key) \(what)")
    }
}

extension UnsafePointer<nlattr> {
    /// The attribute itself, if its payload has exactly that many octets.
    fileprivate func checked<Key>(length: Int, of key: Key) throws(MobilitySocketError) -> UnsafePointer<nlattr> {
        guard Int(mnl_attr_get_payload_len(self)) == length else {
            throw MobilitySocketError(
                .invalid, "attribute \(key) has \(mnl_attr_get_payload_len(self)) octets instead of \(length)")
        }
        return self
    }
}
