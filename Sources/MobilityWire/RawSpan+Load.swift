// Numbers of the network's byte order out of octets. All unaligned loads of this room stand in this file.
//
// The methods that throw check for themselves. Those of the second extension are for callers that have compared their
// offsets with `byteCount` already, once for a whole header; out of range they trap as an array's subscript does, and
// never read outside.

extension RawSpan {
    /// The octet at `offset`, or `.truncated`.
    public func octet(at offset: Int) throws(ParseError) -> UInt8 {
        try require(1, at: offset)
        return octet(checked: offset)
    }

    public func uint16(at offset: Int) throws(ParseError) -> UInt16 {
        try require(2, at: offset)
        return uint16(checked: offset)
    }

    public func uint32(at offset: Int) throws(ParseError) -> UInt32 {
        try require(4, at: offset)
        return uint32(checked: offset)
    }

    public func uint64(at offset: Int) throws(ParseError) -> UInt64 {
        try require(8, at: offset)
        return uint64(checked: offset)
    }

    public func address(at offset: Int) throws(ParseError) -> IPv6Address {
        try require(16, at: offset)
        return address(checked: offset)
    }

    /// A copy of the octets of `range`, or `.truncated`.
    public func octets(_ range: Range<Int>) throws(ParseError) -> [UInt8] {
        try require(range.count, at: range.lowerBound)
        return octets(checked: range)
    }

    /// Throws `.truncated` unless `count` octets stand at `offset`.
    public func require(_ count: Int, at offset: Int) throws(ParseError) {
        guard offset >= 0, count >= 0, offset <= byteCount, byteCount - offset >= count else {
            throw ParseError(.truncated, octet: byteCount)
        }
    }
}

extension RawSpan {
    @inlinable
    public func octet(checked offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inlinable
    public func uint16(checked offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inlinable
    public func uint32(checked offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable
    public func uint64(checked offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inlinable
    public func address(checked offset: Int) -> IPv6Address {
        IPv6Address(high: uint64(checked: offset), low: uint64(checked: offset + 8))
    }

    @inlinable
    public func octets(checked range: Range<Int>) -> [UInt8] {
        let part = extracting(range)
        return [UInt8](unsafeUninitializedCapacity: part.byteCount) { buffer, count in
            part.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                count = bytes.count
            }
        }
    }

    /// The sum of all octets as 32-bit words of the machine's byte order, the last one filled up with zeros; or another number
    /// that is the same modulo 2^32 - 1.
    ///
    /// The loads are proven by the loops' bounds. What is long goes without a carry, which lets the compiler use vector
    /// instructions, and cannot overflow: a RawSpan of 2^32 words is 16 GiB. For what is short these would take longer.
    @inlinable
    func sumOfWords() -> UInt64 {
        var sum: UInt64 = 0
        var offset = 0
        if byteCount < 256 {
            let wordsEnd = byteCount & ~7
            while offset < wordsEnd {
                let word = unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
                let (partial, isOver) = sum.addingReportingOverflow(word)
                // 2^64 is 1 modulo 2^32 - 1, and the sum is no longer great then.
                sum = partial &+ (isOver ? 1 : 0)
                offset &+= 8
            }
            sum = (sum >> 32) &+ (sum & 0xffff_ffff)
            if offset &+ 4 <= byteCount {
                sum &+= UInt64(unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
                offset &+= 4
            }
        } else {
            let wordsEnd = byteCount & ~3
            while offset < wordsEnd {
                sum &+= UInt64(unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
                offset &+= 4
            }
        }
        if offset < byteCount {
            var last: UInt32 = 0
            withUnsafeMutableBytes(of: &last) { bytes in
                for index in 0..<(byteCount - offset) { bytes[index] = octet(checked: offset + index) }
            }
            sum &+= UInt64(last)
        }
        return sum
    }
}
