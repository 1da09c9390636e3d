import CNettle
package import MobilityWire

/// HMAC-SHA1 (RFC 2104) and the comparison of its codes, for RFC 4285 and RFC 6275 §5.2.4 alike.
///
/// What is to be authenticated can be given in pieces, which need not be put together first.
package struct HMACSHA1 {
    private var context = hmac_sha1_ctx()

    package init(key: UnsafeRawBufferPointer) {
        nettle_hmac_sha1_set_key(&context, key.count, key.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    package mutating func update(_ data: UnsafeRawBufferPointer) {
        nettle_hmac_sha1_update(&context, data.count, data.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    package mutating func update(_ address: IPv6Address) {
        withUnsafeBytes(of: (address.high.bigEndian, address.low.bigEndian)) { update($0) }
    }

    /// The first octets of the code, as many as the buffer has, at most 20.
    package mutating func finish(into code: UnsafeMutableRawBufferPointer) {
        nettle_hmac_sha1_digest(
            &context, min(code.count, Int(SHA1_DIGEST_SIZE)), code.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    /// The first `count` octets of the code, at most 20.
    package static func code(_ data: [UInt8], key: [UInt8], count: Int) -> [UInt8] {
        var computation = key.withUnsafeBytes { HMACSHA1(key: $0) }
        data.withUnsafeBytes { computation.update($0) }
        var code = [UInt8](repeating: 0, count: min(count, Int(SHA1_DIGEST_SIZE)))
        code.withUnsafeMutableBytes { computation.finish(into: $0) }
        return code
    }

    /// The first 64 bits of the code as a number.
    package static func number(_ data: [UInt8], key: [UInt8]) -> UInt64 {
        code(data, key: key, count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// In constant time: how many octets agree would help to guess the rest.
    package static func areEqual(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { areEqual(left, $0) } }
    }

    package static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        left.count == right.count && nettle_memeql_sec(left.baseAddress, right.baseAddress, left.count) == 1
    }
}
