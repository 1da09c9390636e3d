/// Outer packets that are ready to be sent: each is a header block of our own memory and a slice of the packet that came
/// from the TUN device. The slices must stay where they are until the batch was sent.
///
/// Memory is set up once; nothing is allocated for a packet.
public struct OutgoingBatch: ~Copyable {
    /// Room for the outer header and the headers of one segment: 40 octets of IPv6, up to 92 of extension headers, 60 of
    /// TCP.
    public static let blockSize = 232
    /// How many packets one batch holds.
    public let capacity: Int

    private let blocks: UnsafeMutableRawBufferPointer
    private let pieceStore: UnsafeMutableBufferPointer<Piece>
    private let egressStore: UnsafeMutableBufferPointer<Int32>
    public private(set) var count = 0

    public init(capacity: Int = 128) {
        self.capacity = capacity
        blocks = .allocate(byteCount: capacity * Self.blockSize, alignment: 64)
        pieceStore = .allocate(capacity: capacity * 2)
        egressStore = .allocate(capacity: capacity)
    }

    deinit {
        blocks.deallocate()
        pieceStore.deallocate()
        egressStore.deallocate()
    }

    public var isFull: Bool { count == capacity }
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
}
