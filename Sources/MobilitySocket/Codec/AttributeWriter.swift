import CMnl
import MobilityWire

/// Appends attributes to a netlink frame with libmnl.
///
/// What does not fit is remembered in `overflowed` instead of being reported at each call; who asked for the frame looks
/// at it once, at the end.
struct AttributeWriter {
    let header: UnsafeMutablePointer<nlmsghdr>
    /// The size of the buffer that starts at `header`, in octets.
    let capacity: Int
    private(set) var overflowed = false

    init(header: UnsafeMutablePointer<nlmsghdr>, capacity: Int) {
        self.header = header
        self.capacity = capacity
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: UInt8) {
        note(mnl_attr_put_u8_check(header, capacity, key.rawValue, value))
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: UInt16) {
        note(mnl_attr_put_u16_check(header, capacity, key.rawValue, value))
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: UInt32) {
        note(mnl_attr_put_u32_check(header, capacity, key.rawValue, value))
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: UInt64) {
        note(mnl_attr_put_u64_check(header, capacity, key.rawValue, value))
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: Bool) {
        put(key, value ? 1 as UInt8 : 0)
    }

    /// An address travels as its 16 octets.
    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: IPv6Address) {
        withUnsafeBytes(of: (value.high.bigEndian, value.low.bigEndian)) { put(key, octets: $0) }
    }

    /// A text travels as UTF-8 and ends with a NUL, as names do elsewhere in netlink. A NUL inside it ends it early.
    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: String) {
        note(mnl_attr_put_strz_check(header, capacity, key.rawValue, value))
    }

    mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, _ value: [UInt8]) {
        value.withUnsafeBytes { put(key, octets: $0) }
    }

    mutating func nest<Key: RawRepresentable<UInt16>>(_ key: Key, _ body: (inout AttributeWriter) -> Void) {
        guard let start = mnl_attr_nest_start_check(header, capacity, key.rawValue) else {
            overflowed = true
            return
        }
        body(&self)
        mnl_attr_nest_end(header, start)
    }

    /// A list is a nest of items, each of which is whatever `body` puts under the key it is given.
    mutating func list<Key: RawRepresentable<UInt16>, Elements: Sequence>(
        _ key: Key, _ elements: Elements,
        _ body: (inout AttributeWriter, Attribute.List, Elements.Element) -> Void
    ) {
        nest(key) { writer in
            for element in elements { body(&writer, .item, element) }
        }
    }

    mutating func list<Key: RawRepresentable<UInt16>>(_ key: Key, _ prefixes: [IPv6Prefix]) {
        list(key, prefixes) { writer, item, prefix in
            writer.nest(item) {
                $0.put(Attribute.Prefix.address, prefix.address)
                $0.put(Attribute.Prefix.length, prefix.length)
            }
        }
    }

    mutating func list<Key: RawRepresentable<UInt16>>(_ key: Key, _ addresses: [IPv6Address]) {
        list(key, addresses) { writer, item, address in writer.put(item, address) }
    }

    private mutating func put<Key: RawRepresentable<UInt16>>(_ key: Key, octets: UnsafeRawBufferPointer) {
        note(mnl_attr_put_check(header, capacity, key.rawValue, octets.count, octets.baseAddress))
    }

    private mutating func note(_ fitted: Bool) {
        if !fitted { overflowed = true }
    }
}
