import CLinux
import Glibc
public import MobilityWire

/// Waits for descriptors, timers and signals, and calls their handlers: one loop, one thread.
///
/// Every handler runs on the thread that called `run()`, one at a time; whatever a handler removes is not called again,
/// even when its event had already arrived. Other threads may only use a `Waker`.
public final class EventLoop {
    let epoll: Descriptor
    private var watches: [Watch?] = []
    private var freeSlots: [Int] = []
    private var generation: UInt32 = 0
    private var timers = TimerQueue()
    private var jobs: [() -> Void] = []
    private var stopRequested = false
    private var signalDescriptor: Int32 = -1
    private var signalHandlers: [Int32: () -> Void] = [:]
    private let arrived = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 64)

    /// An empty loop. Throws when the process has no descriptors left.
    public init() throws(PlatformError) {
        epoll = try Syscalls.epollCreate()
    }

    deinit {
        arrived.deallocate()
        if signalDescriptor >= 0 { close(signalDescriptor) }
    }

    /// The present on the monotonic clock.
    public var now: Instant { Instant(milliseconds: Syscalls.monotonicMilliseconds()) }

    /// Calls handlers until somebody calls `stop()`. Throws when the kernel refuses to wait, which it does not.
    public func run() throws(PlatformError) {
        while !stopRequested { try turn(before: nil) }
        stopRequested = false
    }

    /// Calls handlers until `stop()` or until `span` has passed, whichever is earlier.
    public func run(for span: Instant.Span) throws(PlatformError) {
        let end = now + span
        while !stopRequested, now < end { try turn(before: end) }
        stopRequested = false
    }

    /// Makes `run()` return when the present handler has returned; when nothing runs, the next `run()` returns at once.
    public func stop() { stopRequested = true }

    // MARK: Descriptors

    /// Calls `read` when `descriptor` has something to read, or has failed or was closed by the other side, and `write`
    /// when it can be written.
    ///
    /// Readiness is a level, not an edge: a handler is called again until the reason has gone. The loop does not own the
    /// descriptor: cancel the watch before you close it. A `write` handler is asked for with `wantsWrite`.
    @discardableResult
    public func watch(
        _ descriptor: Int32, read: (() -> Void)? = nil, write: (() -> Void)? = nil
    ) throws(PlatformError) -> Watch {
        let slot = freeSlots.popLast() ?? watches.count
        generation &+= 1
        let watch = Watch(
            loop: self, descriptor: descriptor, token: UInt64(generation) << 32 | UInt64(slot), read: read, write: write
        )
        do throws(PlatformError) {
            try Syscalls.epollControl(
                epoll.number, EPOLL_CTL_ADD, descriptor, events: watch.events, token: watch.token)
        } catch {
            if slot < watches.count { freeSlots.append(slot) }
            throw error
        }
        if slot < watches.count { watches[slot] = watch } else { watches.append(watch) }
        return watch
    }

    func forget(_ watch: Watch) {
        let slot = Int(watch.token & 0xffff_ffff)
        guard watches[slot] === watch else { return }
        watches[slot] = nil
        freeSlots.append(slot)
        // The owner may have closed the descriptor already, which took it out of epoll.
        try? Syscalls.epollControl(epoll.number, EPOLL_CTL_DEL, watch.descriptor, events: 0, token: 0)
    }

    // MARK: Timers

    /// Calls `body` once, at `deadline` or up to a millisecond later; at once when `deadline` has passed.
    ///
    /// Timers of one deadline are called in the order in which they were made. The loop keeps the timer; keep the result
    /// only to cancel it.
    @discardableResult
    public func timer(at deadline: Instant, _ body: @escaping () -> Void) -> Timer {
        timers.insert(deadline: deadline, body: body)
    }

    /// Calls `body` once after `span`.
    @discardableResult
    public func timer(after span: Instant.Span, _ body: @escaping () -> Void) -> Timer {
        timer(at: now + span, body)
    }

    /// Calls `body` when the present handler has returned: for work that must not happen inside another's call.
    public func soon(_ body: @escaping () -> Void) { jobs.append(body) }

    // MARK: Signals

    /// Calls `body` in the loop when the process receives `signal`, which no longer has its usual effect.
    ///
    /// Call this before other threads start, so that they inherit the blocked signal. A second call for the same signal
    /// replaces the handler. The corresponding C function is `signalfd`.
    public func onSignal(_ signal: Int32, _ body: @escaping () -> Void) throws(PlatformError) {
        let first = signalDescriptor < 0
        signalDescriptor = try Syscalls.signalDescriptor(
            Set(signalHandlers.keys).union([signal]), replacing: signalDescriptor)
        signalHandlers[signal] = body
        if first {
            try watch(
                signalDescriptor,
                read: { [unowned self] in
                    while let signal = try? Syscalls.readSignal(signalDescriptor) { signalHandlers[signal]?() }
                })
        }
    }

    // MARK: The turn

    /// Runs what is due, waits for events until the next timer or `end`, and runs what arrived.
    private func turn(before end: Instant?) throws(PlatformError) {
        if !jobs.isEmpty {
            let due = jobs
            jobs = []
            for job in due { job() }
        }
        let start = now
        while !stopRequested, let timer = timers.popDue(at: start) { timer.fire() }
        if stopRequested { return }
        let count = try Syscalls.epollWait(epoll.number, into: arrived, timeout: timeout(before: end))
        for index in 0..<count {
            let event = arrived[index]
            let slot = Int(event.data.u64 & 0xffff_ffff)
            // A handler that ran before may have cancelled this watch, and another may have taken its place.
            guard slot < watches.count, let watch = watches[slot], watch.token == event.data.u64 else { continue }
            watch.dispatch(event.events)
            if stopRequested { return }
        }
    }

    private func timeout(before end: Instant?) -> Int32 {
        if !jobs.isEmpty { return 0 }
        var next = timers.nextDeadline
        if let end { next = min(next ?? end, end) }
        guard let next else { return -1 }
        return Int32(clamping: max(0, (next - now).milliseconds))
    }
}
