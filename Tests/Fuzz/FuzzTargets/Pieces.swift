/// An input that holds several packets: an octet that says how they are to be taken, then each with its length before it in
/// two octets. The last one may say more than there is.
struct Pieces {
    let flags: UInt8
    private(set) var octets: [UnsafeRawBufferPointer] = []

    init?(_ input: UnsafeRawBufferPointer, atMost limit: Int = GuardedMemory.slots) {
        guard let flags = input.first else { return nil }
        self.flags = flags
        var offset = 1
        while offset + 2 <= input.count, octets.count < limit {
            let length = Int(input[offset]) << 8 | Int(input[offset + 1])
            let end = min(offset + 2 + length, input.count)
            octets.append(UnsafeRawBufferPointer(rebasing: input[offset + 2..<end]))
            offset = end
        }
    }
}

extension UnsafeRawBufferPointer {
    /// A number of two octets in network order.
    func number(at offset: Int) -> Int { Int(self[offset]) << 8 | Int(self[offset + 1]) }

    func octets(at offset: Int, _ count: Int) -> [UInt8] { Array(self[offset..<offset + count]) }
}

extension UnsafeMutableRawBufferPointer {
    /// Makes the payload length of the IPv6 packet at `offset` fit what is there.
    func fitLength(at offset: Int) {
        guard count >= offset + 40 else { return }
        let length = Swift.min(count - offset - 40, 0xffff)
        self[offset + 4] = UInt8(length >> 8)
        self[offset + 5] = UInt8(length & 0xff)
    }

    /// Makes right the checksum of TCP that stands right behind an IPv6 header at `offset`: one's complement sum of the
    /// pseudo-header and all that follows, octet by octet (RFC 9293 §3.1, RFC 8200 §8.1).
    func fitChecksum(at offset: Int) {
        guard count >= offset + 48, let field = [6: 56, 17: 46][self[offset + 6]].map({ $0 + offset }),
            field + 2 <= count
        else { return }
        let length = count - offset - 40
        self[field] = 0
        self[field + 1] = 0
        var sum = Int(self[offset + 6]) + (length & 0xffff) + (length >> 16)
        for place in offset + 8..<count { sum += (place - offset) & 1 == 0 ? Int(self[place]) << 8 : Int(self[place]) }
        while sum >> 16 != 0 { sum = (sum & 0xffff) + (sum >> 16) }
        self[field] = UInt8(~sum >> 8 & 0xff)
        self[field + 1] = UInt8(~sum & 0xff)
    }
}
