import Forwarding
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

    func publish(_ new: EnginePlan) {
        plan.withLock { $0 = new }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// The plan, if it is another than that of `seen`, which is brought up to date.
    func plan(newerThan seen: inout Int) -> EnginePlan? {
        let current = generation.load(ordering: .acquiring)
        guard current != seen else { return nil }
        seen = current
        return plan.withLock { $0 }
    }

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
