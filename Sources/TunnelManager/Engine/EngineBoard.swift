import Forwarding
import MobilityWire
import Platform
import Synchronization

/// What the control thread and the workers of the engine share.
///
/// A worker's `PlanReader` looks at `generation` once for each batch, and takes the lock only when it has changed: the packet
/// path itself has none.
final class EngineBoard: Sendable {
    let counters = EngineCounters()
    private let generation = Atomic<Int>(0)
    private let plans = Mutex(Plans())
    private let stopping = Atomic<Bool>(false)
    private let wakers = Mutex<[Waker]>([])
    private let news = Mutex<News>(News())
    private let newsWaker = Mutex<Waker?>(nil)
    private let usesRefused = Atomic<UInt64>(0)
    private let limits = Mutex(Limits())
    private let waitingWorkers = Atomic<Int>(0)

    /// A tunnelled packet without a binding: its outer addresses and its inner source.
    struct Orphan: Hashable, Sendable {
        var peer: IPv6Address
        var local: IPv6Address
        var source: IPv6Address
    }

    /// A packet with a Home Address option without a binding.
    struct Unbound: Hashable, Sendable {
        var homeAddress: IPv6Address
        var peer: IPv6Address
        /// The address of ours that it came to, or the home address of ours where it went past our home agent.
        var local: IPv6Address
    }

    /// Packets went between two addresses.
    struct Use: Hashable, Sendable {
        var way: UseMemory.Way
        var local: IPv6Address
        var remote: IPv6Address
    }

    /// How much strangers may have the workers do besides forwarding, all of them together.
    struct Limits: Sendable {
        /// Of errors about packets that cannot be forwarded.
        var errors = ErrorLimit()
        /// Of their own: who tries one address after the other must not keep others from learning what fits.
        var absences = ErrorLimit()
        var orphans = RateLimit(perSecond: 10, burst: 10)
        var unbound = RateLimit(perSecond: 10, burst: 10)
    }

    /// What workers tell the control thread.
    struct News: Sendable {
        var orphans: [Orphan] = []
        var unbound: [Unbound] = []
        var uses: [Use] = []

        var isEmpty: Bool { orphans.isEmpty && unbound.isEmpty && uses.isEmpty }
    }

    /// The plan in force, and those before it that a reader has still.
    private struct Plans {
        /// Which generations a reader may have: both while it changes from one to the other.
        struct Reader {
            var held = -1
            var next = -1
        }

        typealias Former = (generation: Int, plan: EnginePlan)

        var current = EnginePlan.empty
        var generation = 0
        var former: [Former] = []
        var readers: [Reader] = []

        /// - Returns: what nobody has any more.
        mutating func replace(by new: EnginePlan) -> [Former] {
            let all = former + [(generation, current)]
            current = new
            generation += 1
            former = all.filter { isHeld($0.generation) }
            return all.filter { !isHeld($0.generation) }
        }

        private func isHeld(_ generation: Int) -> Bool {
            readers.contains { $0.held == generation || $0.next == generation }
        }
    }

    /// How many of each wait to be looked at; a stranger's flood must not fill memory.
    static let orphanLimit = 16
    static let unboundLimit = 16
    static let useLimit = 64

    /// From now on `new` is in force. What plans before it nobody has any more are dropped here.
    func publish(_ new: EnginePlan) {
        // Outlives the lock, which a worker may wait for.
        let unused = plans.withLock { plans in
            defer { generation.store(plans.generation, ordering: .sequentiallyConsistent) }
            return plans.replace(by: new)
        }
        if waitingWorkers.load(ordering: .sequentiallyConsistent) > 0 { wakeWorkers() }
        withExtendedLifetime(unused) {}
    }

    /// A worker has packets now that wait for another plan, or has none any more: as long as one has, workers are woken when
    /// there is a plan. It has to look for a newer one once more after it said so.
    func awaitPlan(_ isAwaited: Bool) {
        if isAwaited {
            waitingWorkers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        } else {
            waitingWorkers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        }
    }

    /// For the control thread, which looks something up now and then.
    var currentTable: ForwardingTable { plans.withLock { $0.current.table } }

    // MARK: For `PlanReader`

    /// Counts the plans that were in force.
    var currentGeneration: Int { generation.load(ordering: .sequentiallyConsistent) }

    /// - Returns: the new reader's number.
    func addReader() -> Int {
        plans.withLock { plans in
            plans.readers.append(Plans.Reader())
            return plans.readers.count - 1
        }
    }

    /// The plan in force, which the reader has besides its former one until it says that it dropped that.
    func takePlan(asReader number: Int) -> (plan: EnginePlan, generation: Int) {
        plans.withLock { plans in
            plans.readers[number].next = plans.generation
            return (plans.current, plans.generation)
        }
    }

    /// The reader has only the plan that it took last.
    func noteDropped(asReader number: Int) {
        plans.withLock { plans in plans.readers[number].held = plans.readers[number].next }
    }

    /// Whether one more error may go to this sender now; it counts if so.
    func mayAnswer(_ sender: IPv6Address, within limit: WritableKeyPath<Limits, ErrorLimit>, at now: Instant) -> Bool {
        limits.withLock { $0[keyPath: limit].allow(sender, at: now) }
    }

    /// Whether the control thread may be told of one more packet now; it counts if so.
    func mayTell(_ limit: WritableKeyPath<Limits, RateLimit>, at now: Instant) -> Bool {
        limits.withLock { $0[keyPath: limit].allow(at: now) }
    }

    /// Tells the control thread of a packet without a binding; what is too much is forgotten.
    func report(_ orphan: Orphan) {
        change { news in
            guard news.orphans.count < Self.orphanLimit, !news.orphans.contains(orphan) else { return }
            news.orphans.append(orphan)
        }
    }

    /// The same of one with a Home Address option.
    func report(_ packet: Unbound) {
        change { news in
            guard news.unbound.count < Self.unboundLimit, !news.unbound.contains(packet) else { return }
            news.unbound.append(packet)
        }
    }

    /// Tells the control thread of a use.
    ///
    /// - Returns: false, and counts it, if there is too much to tell already.
    @discardableResult
    func report(_ use: Use) -> Bool {
        var isTaken = false
        change { news in
            guard news.uses.count < Self.useLimit else { return }
            news.uses.append(use)
            isTaken = true
        }
        if !isTaken { countRefusedUse() }
        return isTaken
    }

    /// A use was not told of, for there were too many.
    func countRefusedUse() { usesRefused.wrappingAdd(1, ordering: .relaxed) }

    /// How many uses were not told of.
    var refusedUses: UInt64 { usesRefused.load(ordering: .relaxed) }

    private func change(_ body: (inout News) -> Void) {
        let isFirst = news.withLock { news in
            let wasEmpty = news.isEmpty
            body(&news)
            return wasEmpty && !news.isEmpty
        }
        if isFirst { newsWaker.withLock { $0 }?.wake() }
    }

    /// What workers reported since the last call.
    func takeNews() -> News {
        news.withLock { news in
            defer { news = News() }
            return news
        }
    }

    /// The control thread tells how it can be woken when there are news.
    func listenForNews(_ waker: Waker) { newsWaker.withLock { $0 = waker } }

    /// A worker tells how it can be woken to stop, or for another plan.
    func add(_ waker: Waker) {
        wakers.withLock { $0.append(waker) }
        if isStopping { waker.wake() }
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    func stop() {
        stopping.store(true, ordering: .releasing)
        wakeWorkers()
    }

    private func wakeWorkers() {
        for waker in wakers.withLock({ $0 }) { waker.wake() }
    }
}
