import Synchronization

/// How often each reason stopped a packet, and for how many of these nobody was told. Written by the workers, read by
/// anybody.
public final class EngineCounters: Sendable {
    private let drops: [Counter]
    private let suppressed = Counter()

    public init() { drops = DropReason.allCases.map { _ in Counter() } }

    public func count(_ reason: DropReason, packets: Int = 1) {
        drops[Self.indices[reason] ?? 0].add(packets)
    }

    public func value(of reason: DropReason) -> UInt64 { drops[Self.indices[reason] ?? 0].value }

    /// One more packet that was left without an error because there were too many; some of these would have got none anyway.
    public func countSuppressedError() { suppressed.add(1) }

    public var suppressedErrors: UInt64 { suppressed.value }

    private static let indices = Dictionary(
        uniqueKeysWithValues: DropReason.allCases.enumerated().map { ($1, $0) })

    private final class Counter: Sendable {
        private let number = Atomic<UInt64>(0)
        var value: UInt64 { number.load(ordering: .relaxed) }
        func add(_ count: Int) { number.wrappingAdd(UInt64(truncatingIfNeeded: count), ordering: .relaxed) }
    }
}
