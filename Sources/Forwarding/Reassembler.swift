public import MobilityWire

/// Puts the fragments of tunnelled packets together again (RFC 8200 §4.5): the entry of a tunnel cuts what it tunnels where
/// the tunnel's way does not take it in one piece (RFC 2473 §7.1).
///
/// The engine sees packets before the kernel has put anything together. Only what comes by a tunnel of ours is kept, so
/// that strangers fill no memory, and of that a bounded number: with one more, the oldest is given up. What overlaps is
/// given up altogether (RFC 5722). Nobody is told of fragments that stay away: who sent them is not known for certain.
public struct Reassembler: ~Copyable {
    /// Packets that are put together at a time.
    public static let limit = 128
    /// The longest packet, in octets: more than every node has to take (RFC 8200 §5), and than an entry may cut.
    public static let greatestPacket = 2048
    /// How long fragments wait for the others.
    public static let patience = Instant.Span.seconds(60)

    private static let unit = 8
    /// The packet, and an octet for each unit of it that has come.
    private static let slotSize = greatestPacket + greatestPacket / unit

    private struct Slot {
        enum State { case free, filling, whole }

        var state = State.free
        var source = IPv6Address.unspecified
        var destination = IPv6Address.unspecified
        var identification: UInt32 = 0
        var end = Instant(milliseconds: 0)
        /// Octets that came, how far they reach, and how far they will; 0 as long as the last fragment has not come.
        var received = 0
        var reach = 0
        var length = 0
        var isMarked = false
        var isUnmarkable = false
    }

    private var slots: [Slot] = []
    /// Set up when it is needed first; most ways never have fragments.
    private var memory: UnsafeMutableRawBufferPointer?
    private var abandoned = 0
    private var hasWhole = false

    public init() {}

    deinit { memory?.deallocate() }

    /// Takes a packet whose IPv6 header is followed by a fragment header.
    ///
    /// - Returns: the whole packet without fragment header, if this was the last of it that was missing: valid until
    ///   `release()`. Nil also for what carries no tunnelled packet.
    /// - Throws: the reason to drop it.
    public mutating func add(
        _ packet: UnsafeMutableRawBufferPointer, by table: borrowing ForwardingTable, at now: Instant
    ) throws(DropReason) -> UnsafeMutableRawBufferPointer? {
        let bytes = UnsafeRawBufferPointer(packet)
        let headers = OuterHeader.length + Fragment.headerLength
        guard bytes.count >= headers, bytes[0] >> 4 == 6 else { throw .truncated }
        let count = Int(bytes.uint16(at: 4)) - Fragment.headerLength
        guard count >= 0, headers + count <= bytes.count else { throw .truncated }
        let next = bytes[Fragment.nextHeaderOffset]
        guard next == OuterHeader.protocolNumber || next == IPProtocol.destinationOptions.rawValue else { return nil }
        let (source, destination) = (bytes.address(at: 8), bytes.address(at: 24))
        guard table.isKnown(local: destination, remote: source) else {
            if next == OuterHeader.protocolNumber { throw .outerPairNotRegistered }
            return nil
        }
        let place = bytes.uint16(at: Fragment.placeOffset)
        let isLast = place & Fragment.moreFollow == 0
        let offset = Int(place & ~7)
        if isLast, offset == 0 { return Self.withoutFragmentHeader(packet, next: next, count: count) }
        guard count > 0, isLast || count % Self.unit == 0,
            OuterHeader.length + offset + count <= Self.greatestPacket
        else { throw .fragmentInvalid }

        let identification = bytes.uint32(at: Fragment.identificationOffset)
        let index = slot(source, destination, identification, at: now)
        guard let memory else { return nil }
        let kept = memory.slice(index * Self.slotSize, Self.slotSize)
        let target = kept.slice(OuterHeader.length + offset, count)
        let content = bytes.slice(headers, count)
        let units = kept.slice(Self.greatestPacket + offset / Self.unit, (count + Self.unit - 1) / Self.unit)
        var known = 0
        for unit in units { known += Int(unit) }
        if known > 0 {
            // Networks send things twice.
            if known == units.count, target.elementsEqual(content) { return nil }
            try giveUp(index)
        }
        for unit in units.indices { units[unit] = 1 }
        target.copyMemory(from: content)
        slots[index].received += count
        slots[index].reach = max(slots[index].reach, offset + count)
        if isLast {
            guard slots[index].length == 0 else { try giveUp(index) }
            slots[index].length = offset + count
        }
        let length = slots[index].length
        guard length == 0 || slots[index].reach <= length else { try giveUp(index) }
        if offset == 0 {
            kept.copyMemory(from: bytes.slice(0, OuterHeader.length))
            kept[6] = next
        }
        // RFC 3168 §5.3: one mark marks the whole, which is dropped where another part cannot be marked.
        let congestion = packet[1] >> 4 & 3
        if congestion == 3 { slots[index].isMarked = true }
        if congestion == 0 { slots[index].isUnmarkable = true }
        guard length > 0, slots[index].received == length else { return nil }
        if slots[index].isMarked {
            guard !slots[index].isUnmarkable else {
                slots[index].state = .free
                throw .congestionNotDeliverable
            }
            kept[1] |= 0x30
        }
        OuterHeader.storePayloadLength(length, to: kept)
        slots[index].state = .whole
        hasWhole = true
        return kept.slice(0, OuterHeader.length + length)
    }

    /// The packets that were put together are no longer needed.
    ///
    /// - Returns: how many have been given up since the last call, for want of fragments.
    public mutating func release() -> Int {
        defer { abandoned = 0 }
        guard hasWhole else { return abandoned }
        hasWhole = false
        for index in slots.indices where slots[index].state == .whole { slots[index].state = .free }
        return abandoned
    }

    /// A fragment that is the whole packet stands for itself (RFC 6946).
    private static func withoutFragmentHeader(
        _ packet: UnsafeMutableRawBufferPointer, next: UInt8, count: Int
    ) -> UnsafeMutableRawBufferPointer {
        let whole = packet.slice(Fragment.headerLength, OuterHeader.length + count)
        whole.copyMemory(from: UnsafeRawBufferPointer(packet.slice(0, OuterHeader.length)))
        whole[6] = next
        OuterHeader.storePayloadLength(count, to: whole)
        return whole
    }

    private mutating func giveUp(_ index: Int) throws(DropReason) -> Never {
        slots[index].state = .free
        throw .fragmentInvalid
    }

    /// Where this packet is put together, or will be.
    private mutating func slot(
        _ source: IPv6Address, _ destination: IPv6Address, _ identification: UInt32, at now: Instant
    ) -> Int {
        if slots.isEmpty {
            slots = [Slot](repeating: Slot(), count: Self.limit)
            memory = .allocate(byteCount: Self.limit * Self.slotSize, alignment: 64)
        }
        var chosen = 0
        for index in slots.indices {
            switch slots[index].state {
            case .whole: continue
            case .filling:
                if slots[index].end <= now {
                    slots[index].state = .free
                    abandoned += 1
                } else if slots[index].identification == identification, slots[index].source == source,
                    slots[index].destination == destination
                {
                    return index
                }
            case .free: break
            }
            chosen = better(chosen, index)
        }
        if slots[chosen].state == .filling { abandoned += 1 }
        slots[chosen] = Slot(
            state: .filling, source: source, destination: destination, identification: identification,
            end: now + Self.patience)
        if let memory {
            let units = memory.slice(
                chosen * Self.slotSize + Self.greatestPacket, Self.slotSize - Self.greatestPacket)
            for unit in units.indices { units[unit] = 0 }
        }
        return chosen
    }

    /// Which of two slots is given to another packet: one that is free, else the older one.
    private func better(_ first: Int, _ second: Int) -> Int {
        switch (slots[first].state, slots[second].state) {
        case (.whole, _): second
        case (.free, _): first
        case (.filling, .free): second
        case (.filling, .whole): first
        case (.filling, .filling): slots[second].end < slots[first].end ? second : first
        }
    }
}
