/// What one direction of an emulated link does to the frames that cross it.
///
/// Written and read as words, `delay=40 jitter=15 loss=0.3 rate=10 queue=256 reorder=1`, because the world's
/// control socket speaks them.
public struct LinkSettings: Equatable, Sendable {
    /// How long a frame travels, in nanoseconds.
    public var delay: UInt64 = 0
    /// How far the travel time strays to either side of `delay`, in nanoseconds, evenly spread.
    public var jitter: UInt64 = 0
    /// The probability that a frame is lost, from 0 to 1.
    public var loss: Double = 0
    /// Bits a second; 0 is as fast as the machine.
    public var rate: UInt64 = 0
    /// How many octets may wait for the rate before further frames are dropped.
    public var queue: UInt64 = 262_144
    /// Whether jitter may let a frame overtake another.
    public var reorder = false

    public init() {}

    /// Why words were refused.
    public enum WordError: Error, Equatable {
        case unknown(String)
        case outOfRange(String)
    }

    /// Applies words of the form `name=number`. Delay and jitter are given in milliseconds, rate in megabits a second,
    /// queue in kibioctets. Either all words are applied or, when one is wrong, none.
    public mutating func apply(words: some Sequence<Substring>) throws(WordError) {
        var next = self
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1]) else { throw .unknown(String(word)) }
            // An hour and a terabit: beyond them a mistake is likelier than a wish, and sums stay far from overflow.
            guard number >= 0, number <= 3_600_000 else { throw .outOfRange(String(word)) }
            switch parts[0] {
            case "delay": next.delay = UInt64(number * 1e6)
            case "jitter": next.jitter = UInt64(number * 1e6)
            case "rate": next.rate = UInt64(number * 1e6)
            case "queue": next.queue = UInt64(number * 1024)
            case "loss":
                guard number <= 1 else { throw .outOfRange(String(word)) }
                next.loss = number
            case "reorder": next.reorder = number != 0
            default: throw .unknown(String(word))
            }
        }
        self = next
    }
}
