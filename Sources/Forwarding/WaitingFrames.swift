public import MobilityWire

/// Packets whose flow has no way at present: kept in their order, for as long and as many as is of use.
///
/// Hosts fill it, so it has limits. When it is full the newest is refused: what waits already is a stream's beginning, which
/// the receiver needs first.
public struct WaitingFrames {
    /// How much waits at most, in octets, each frame with `overhead` more.
    public static let octetLimit = 256 * 1024
    /// What keeping a frame costs besides its octets.
    public static let overhead = 64
    /// How long each waits at most: a hand-over is over by then, and a TCP connection's third attempt not yet due.
    public static let timeLimit = Instant.Span.seconds(5)

    private var frames: [(octets: [UInt8], since: Instant)] = []
    /// Where the oldest is; those before it are over.
    private var first = 0
    public private(set) var octets = 0

    public init() {}

    public var isEmpty: Bool { first == frames.count }

    /// When the oldest has waited long enough.
    public var nextDeadline: Instant? { isEmpty ? nil : frames[first].since + Self.timeLimit }

    /// - Parameters:
    ///   - frame: as it came from the TUN device.
    ///   - since: when it came; not before the one that was added last.
    /// - Returns: false if there is no room.
    public mutating func add(_ frame: UnsafeRawBufferPointer, since: Instant) -> Bool {
        guard octets + frame.count + Self.overhead <= Self.octetLimit else { return false }
        octets += frame.count + Self.overhead
        frames.append((Array(frame), since))
        return true
    }

    /// Removes what has waited long enough.
    ///
    /// - Returns: how many these were.
    public mutating func expire(at now: Instant) -> Int {
        let start = first
        while first < frames.count, frames[first].since + Self.timeLimit <= now {
            octets -= frames[first].octets.count + Self.overhead
            frames[first].octets = []
            first += 1
        }
        let count = first - start
        if isEmpty {
            self = WaitingFrames()
        } else if first > frames.count / 2 {
            frames.removeFirst(first)
            first = 0
        }
        return count
    }

    /// Removes all, oldest first.
    public mutating func takeAll() -> [(octets: [UInt8], since: Instant)] {
        defer { self = WaitingFrames() }
        return Array(frames[first...])
    }
}
