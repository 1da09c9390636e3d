/// A stretch of memory that is part of a packet: laid out like the system's `struct iovec`, so that a batch of pieces
/// can be handed to the kernel as it is.
@frozen
public struct Piece {
    public var base: UnsafeMutableRawPointer?
    public var count: Int

    public init(base: UnsafeMutableRawPointer?, count: Int) {
        self.base = base
        self.count = count
    }
}
