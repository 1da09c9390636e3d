import Forwarding
import MobilityWire
import Platform
import Synchronization

/// What the control thread and the workers of the engine share.
///
/// A worker looks at `generation` once for each batch, and takes the lock only when it has changed: the packet path
/// itself has none.
final class EngineBoard: Sendable {
    let counters = EngineCounters()
    private let generation = Atomic<Int>(0)
    private let plan = Mutex(EnginePlan.empty)
    private let stopping = Atomic<Bool>(false)
    private let wakers = Mutex<[Waker]>([])
    private let orphans = Mutex<[Orphan]>([])
    private let orphanWaker = Mutex<Waker?>(nil)

    /// A tunnelled packet without a binding: its outer addresses and its inner source.
    struct Orphan: Hashable, Sendable {
        var peer: IPv6Address
        var local: IPv6Address
        var source: IPv6Address
    }

    /// How many wait to be looked at; a stranger's flood must not fill memory.
    private static let orphanLimit = 16

    func publish(_ new: EnginePlan) {
        plan.withLock { $0 = new }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// For who looks something up now and then.
    var currentTable: ForwardingTable { plan.withLock { $0.table } }

    /// The plan, if it is another than that of `seen`, which is brought up to date.
    func plan(newerThan seen: inout Int) -> EnginePlan? {
        let current = generation.load(ordering: .acquiring)
        guard current != seen else { return nil }
        seen = current
        return plan.withLock { $0 }
    }

    /// Tells the control thread of a packet without a binding; what is too much is forgotten.
    func report(_ orphan: Orphan) {
        let isFirst = orphans.withLock { waiting in
            guard waiting.count < Self.orphanLimit, !waiting.contains(orphan) else { return false }
            waiting.append(orphan)
            return waiting.count == 1
        }
        if isFirst { orphanWaker.withLock { $0 }?.wake() }
    }

    /// What workers reported since the last call.
    func takeOrphans() -> [Orphan] {
        orphans.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    /// The control thread tells how it can be woken when there are orphans.
    func listenForOrphans(_ waker: Waker) { orphanWaker.withLock { $0 = waker } }

    /// A worker tells how it can be woken to stop.
    func add(_ waker: Waker) {
        wakers.withLock { $0.append(waker) }
        if isStopping { waker.wake() }
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        for waker in wakers.withLock({ $0 }) { waker.wake() }
    }
}
