import MobilityWire

/// The arithmetic of the Internet checksum as the packet path needs it: partial sums that are combined and folded late.
enum OnesComplement {
    /// The sum of 16-bit words of `bytes` in network order, not yet folded to 16 bits; an odd octet counts as if a zero
    /// followed.
    @inline(__always)
    static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = bytes.baseAddress else { return 0 }
        let count = bytes.count
        // Words are added in the machine's own order and swapped once at the end (RFC 1071 §2 B). 32-bit words in
        // 64-bit lanes cannot overflow within 2^32 words.
        var lanes = SIMD8<UInt64>()
        var offset = 0
        while offset + 32 <= count {
            let words = base.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt32>.self)
            lanes &+= SIMD8<UInt64>(truncatingIfNeeded: words)
            offset += 32
        }
        var total = lanes.wrappedSum()
        while offset + 4 <= count {
            total &+= UInt64(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset += 4
        }
        if offset + 2 <= count {
            total &+= UInt64(base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset += 2
        }
        if offset < count {
            total &+= UInt64(UInt16(littleEndian: UInt16(base.load(fromByteOffset: offset, as: UInt8.self))))
        }
        return UInt64(UInt16(bigEndian: fold(total)))
    }

    /// Folds a sum to 16 bits.
    @inline(__always)
    static func fold(_ sum: UInt64) -> UInt16 {
        var sum = (sum & 0xffff_ffff) &+ (sum >> 32)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        return UInt16(truncatingIfNeeded: sum)
    }
}
