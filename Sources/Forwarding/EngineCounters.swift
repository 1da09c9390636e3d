import Synchronization

/// How often each reason stopped a packet. Written by the workers, read by anybody.
public final class EngineCounters: Sendable {
    private let drops: [Counter]

    public init() { drops = DropReason.allCases.map { _ in Counter() } }

    public func count(_ reason: DropReason, packets: Int = 1) {
        drops[Self.indices[reason] ?? 0].add(packets)
    }

    public func value(of reason: DropReason) -> UInt64 { drops[Self.indices[reason] ?? 0].value }

    private static let indices = Dictionary(
        uniqueKeysWithValues: DropReason.allCases.enumerated().map { ($1, $0) })

    private final class Counter: Sendable {
        private let number = Atomic<UInt64>(0)
        var value: UInt64 { number.load(ordering: .relaxed) }
        func add(_ count: Int) { number.wrappingAdd(UInt64(truncatingIfNeeded: count), ordering: .relaxed) }
    }
}
