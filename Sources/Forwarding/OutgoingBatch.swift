/// Outer packets that are ready to be sent: each is a header block of our own memory and a slice of the packet that came
/// from the TUN device. The slices must stay where they are until the batch was sent.
///
/// Memory is set up once; nothing is allocated for a packet.
public struct OutgoingBatch: ~Copyable {
    /// Room for the outer header and the headers of one segment: 40 octets of IPv6, up to 92 of extension headers, 60 of
    /// TCP, and 8 of a fragment header.
    public static let blockSize = 240
    /// How many packets one batch holds.
    public let capacity: Int

    private let blocks: UnsafeMutableRawBufferPointer
    private let pieceStore: UnsafeMutableBufferPointer<Piece>
    private let egressStore: UnsafeMutableBufferPointer<Int32>
    public private(set) var count = 0

    public init(capacity: Int = 128) {
        self.capacity = capacity
        // One more, for the second fragment of the last packet.
        blocks = .allocate(byteCount: (capacity + 1) * Self.blockSize, alignment: 64)
        pieceStore = .allocate(capacity: (capacity + 1) * 2)
        egressStore = .allocate(capacity: capacity + 1)
    }

    deinit {
        blocks.deallocate()
        pieceStore.deallocate()
        egressStore.deallocate()
    }

    public var isFull: Bool { count >= capacity }
    public var isEmpty: Bool { count == 0 }

    /// Two pieces for each packet, header block and slice, in order.
    public var pieces: UnsafeMutableBufferPointer<Piece> { .init(rebasing: pieceStore[..<(count * 2)]) }

    /// Which sender takes a packet.
    public func egress(at index: Int) -> Int { Int(egressStore[index]) }

    public mutating func removeAll() { count = 0 }

    /// The header block of the next packet; there must be room.
    @inline(__always)
    func nextBlock() -> UnsafeMutableRawBufferPointer { blocks.slice(count * Self.blockSize, Self.blockSize) }

    /// Adds the packet whose header block was filled.
    @inline(__always)
    mutating func append(headerLength: Int, slice: UnsafeRawBufferPointer, egress: Int32) {
        pieceStore[count * 2] = Piece(base: blocks.baseAddress! + count * Self.blockSize, count: headerLength)
        pieceStore[count * 2 + 1] = Piece(
            base: UnsafeMutableRawPointer(mutating: slice.baseAddress), count: slice.count)
        egressStore[count] = egress
        count += 1
    }

    /// Cuts the packet that was added last into two fragments, behind its outer header (RFC 2473 §7.1 (b), RFC 8200 §4.5):
    /// what is cut is at most 1280 octets and our own headers, which the least link takes in two.
    ///
    /// Both have one identification that nobody can guess (RFC 7739 §5.2): whoever does could spoil them.
    ///
    /// - Parameter mtu: what the tunnel's way takes.
    @inline(never)
    mutating func fragmentLast(mtu: Int) {
        let last = count - 1
        let block = blocks.slice(last * Self.blockSize, Self.blockSize)
        let headers = pieceStore[last * 2].count - OuterHeader.length
        let slice = UnsafeRawBufferPointer(start: pieceStore[last * 2 + 1].base, count: pieceStore[last * 2 + 1].count)
        // All fragments but the last are as long as a multiple of eight octets.
        let size = (max(mtu, PathMTUTable.leastLink) - OuterHeader.length - Fragment.headerLength) & ~7
        let cut = size - headers
        guard cut >= 0, cut < slice.count else { return }
        block.slice(OuterHeader.length + Fragment.headerLength, headers)
            .copyMemory(from: UnsafeRawBufferPointer(block.slice(OuterHeader.length, headers)))
        var generator = SystemRandomNumberGenerator()
        Fragment.store(
            to: block, place: Fragment.moreFollow,
            identification: UInt32(truncatingIfNeeded: generator.next()))
        OuterHeader.storePayloadLength(Fragment.headerLength + size, to: block)
        pieceStore[last * 2].count += Fragment.headerLength
        pieceStore[last * 2 + 1].count = cut

        let second = nextBlock()
        second.copyMemory(
            from: UnsafeRawBufferPointer(block.slice(0, OuterHeader.length + Fragment.headerLength)))
        second.store(UInt16(truncatingIfNeeded: size), at: Fragment.placeOffset)
        OuterHeader.storePayloadLength(Fragment.headerLength + slice.count - cut, to: second)
        append(
            headerLength: OuterHeader.length + Fragment.headerLength, slice: slice.slice(cut, slice.count - cut),
            egress: egressStore[last])
    }
}
