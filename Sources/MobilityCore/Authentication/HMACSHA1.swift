import CNettle

/// HMAC-SHA1 (RFC 2104) and the comparison of its codes, for RFC 4285 and RFC 6275 §5.2.4 alike.
enum HMACSHA1 {
    /// The first `count` octets of the code, at most 20.
    static func code(_ data: [UInt8], key: [UInt8], count: Int) -> [UInt8] {
        var context = hmac_sha1_ctx()
        var code = [UInt8](repeating: 0, count: min(count, Int(SHA1_DIGEST_SIZE)))
        key.withUnsafeBufferPointer { nettle_hmac_sha1_set_key(&context, $0.count, $0.baseAddress) }
        data.withUnsafeBufferPointer { nettle_hmac_sha1_update(&context, $0.count, $0.baseAddress) }
        code.withUnsafeMutableBufferPointer { nettle_hmac_sha1_digest(&context, $0.count, $0.baseAddress) }
        return code
    }

    /// The first 64 bits of the code as a number.
    static func number(_ data: [UInt8], key: [UInt8]) -> UInt64 {
        code(data, key: key, count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// In constant time: how many octets agree would help to guess the rest.
    static func areEqual(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { nettle_memeql_sec(left.baseAddress, $0.baseAddress, left.count) == 1 }
        }
    }
}
