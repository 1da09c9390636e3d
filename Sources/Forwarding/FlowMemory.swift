public import MobilityWire
import Synchronization

/// What the workers remember of flows between packets where several tunnels carry what no rule names: a fixed amount of
/// memory, whatever flows there are.
///
/// A flow is hashed by its addresses, its protocol and its ports, the same for both of its directions. Fragments show no
/// ports. A datagram and the fragments of the next one must not go by different tunnels, so once two addresses exchange
/// fragments of a protocol, all that they exchange of it is hashed without ports, for as long as the memory lasts. The flow
/// label says nothing here: each direction has its own (RFC 6437 §2), and Linux changes it when a connection is in trouble.
public final class FlowMemory: Sendable {
    /// Time in units of 64 ms.
    private let clock = Atomic<UInt32>(0)
    /// Pairs of addresses with a protocol that exchanged fragments: 16 bits of their hash, then 16 of the time.
    private let fragmented = AtomicNumbers(count: fragmentPlaces)

    /// How many of these are remembered. Two that meet in one place remind each other's packets of nothing but fragments.
    static let fragmentPlaces = 1024
    /// How long, in units of the clock: about a minute without a fragment.
    private static let fragmentSpan = 1000

    public init() {}

    /// Sets the clock; whoever looks up packets does so once for each batch.
    public func set(_ now: Instant) {
        let new = UInt32(truncatingIfNeeded: now.milliseconds >> 6)
        let passed = new &- clock.load(ordering: .relaxed)
        // Another worker may have set it a moment further already.
        guard passed != 0, passed < .max - UInt32(Self.fragmentSpan) else { return }
        clock.store(new, ordering: .relaxed)
        sweep(at: new, after: Int(clamping: passed))
    }

    /// 16 bits of the time, which come round every 70 minutes.
    var now: UInt16 { UInt16(truncatingIfNeeded: clock.load(ordering: .relaxed)) }

    /// Forgets what has ended, one place for each unit of time: so nothing is left by the time that the clock comes round.
    private func sweep(at now: UInt32, after passed: Int) {
        for tick in 0..<(passed < Self.fragmentSpan ? passed : Self.fragmentPlaces) {
            let place = Int((now &- UInt32(tick)) % UInt32(Self.fragmentPlaces))
            let number = fragmented.load(at: place)
            guard number != 0 else { continue }
            let age = Int(UInt16(truncatingIfNeeded: now) &- UInt16(truncatingIfNeeded: number))
            // After a pause nothing is young, and else what seems very old was noted this moment by another worker.
            if passed >= Self.fragmentSpan || Self.fragmentSpan..<Int(UInt16.max) - Self.fragmentSpan ~= age {
                fragmented.clear(number, at: place)
            }
        }
    }

    /// The bucket of a packet's flow, 0 to 255.
    func bucket(of key: borrowing FlowKey) -> Int {
        // The sum is the same for both directions.
        let pair =
            (key.source.mixed &+ key.destination.mixed) ^ UInt64(key.nextHeader) &* 0x9e37_79b9_7f4a_7c15
        if key.isFragment {
            note(pair)
            return Self.bucket(pair)
        }
        guard let source = key.sourcePort, let destination = key.destinationPort, !isFragmented(pair)
        else {
            return Self.bucket(pair)
        }
        // Which port belongs to which address matters, and which of the two comes first does not.
        let ends =
            Self.finish(key.source.mixed ^ UInt64(source) << 48)
            &+ Self.finish(key.destination.mixed ^ UInt64(destination) << 48)
        return Self.bucket(ends ^ pair)
    }

    private func note(_ pair: UInt64) {
        fragmented.store(
            UInt32(UInt16(truncatingIfNeeded: pair >> 48)) << 16 | UInt32(now), at: Self.place(pair))
    }

    private func isFragmented(_ pair: UInt64) -> Bool {
        let number = fragmented.load(at: Self.place(pair))
        guard number != 0 else { return false }
        return UInt16(truncatingIfNeeded: number >> 16) == UInt16(truncatingIfNeeded: pair >> 48)
            && Int(now &- UInt16(truncatingIfNeeded: number)) < Self.fragmentSpan
    }

    private static func place(_ pair: UInt64) -> Int { Int(finish(pair) % UInt64(fragmentPlaces)) }

    private static func bucket(_ hash: UInt64) -> Int { Int(finish(hash) & 0xff) }

    /// The finish of SplitMix64.
    @inline(__always)
    static func finish(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
