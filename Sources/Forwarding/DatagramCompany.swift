import MobilityWire

/// Which flows had a datagram in this batch already. Most datagrams come alone, and would have their checksum verified for
/// nothing.
struct DatagramCompany {
    private var places = InlineArray<16, UInt64>(repeating: 0)
    private var isEmpty = true

    /// Whether a datagram of its flow came before; it is remembered itself. Of two flows at one place only the later one is
    /// known, and flows may look alike: it is a guess.
    ///
    /// - Parameter packet: an inner packet that has UDP behind its IPv6 header; its length was checked.
    @inline(__always)
    mutating func isIn(_ packet: UnsafeRawBufferPointer) -> Bool {
        guard packet.count >= Segment.datagramHeaderLength else { return false }
        var flow = packet.word64(at: 8) ^ packet.word64(at: 16)
        flow = flow &* 0x9e37_79b9_7f4a_7c15 ^ packet.word64(at: 24) ^ packet.word64(at: 32)
        flow = (flow ^ UInt64(packet.word32(at: Segment.transport))) &* 0x9e37_79b9_7f4a_7c15
        let place = Int(truncatingIfNeeded: flow >> 60)
        // A place that is empty holds zero.
        flow |= 1
        if places[place] == flow { return true }
        places[place] = flow
        isEmpty = false
        return false
    }

    /// The batch is over.
    @inline(__always)
    mutating func forget() {
        guard !isEmpty else { return }
        places = InlineArray(repeating: 0)
        isEmpty = true
    }
}
