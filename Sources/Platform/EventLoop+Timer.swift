public import MobilityWire

extension EventLoop {
    /// A call that an event loop will make once.
    public final class Timer {
        /// When the timer fires.
        public let deadline: Instant
        fileprivate let sequence: UInt64
        fileprivate var body: (() -> Void)?

        fileprivate init(deadline: Instant, sequence: UInt64, body: @escaping () -> Void) {
            self.deadline = deadline
            self.sequence = sequence
            self.body = body
        }

        /// Whether the timer has neither fired nor been cancelled.
        public var isPending: Bool { body != nil }

        /// Makes the timer never fire. Allowed at any time, also within handlers.
        public func cancel() { body = nil }

        func fire() {
            let body = self.body
            self.body = nil
            body?()
        }
    }

    /// Timers by deadline: a binary heap from which cancelled timers fall out when they come to the top, or all at once
    /// when they are the greater part.
    struct TimerQueue {
        private var heap: [Timer] = []
        private var sequence: UInt64 = 0
        private var sweepAt = 64

        mutating func insert(deadline: Instant, body: @escaping () -> Void) -> Timer {
            if heap.count >= sweepAt { sweep() }
            sequence += 1
            let timer = Timer(deadline: deadline, sequence: sequence, body: body)
            heap.append(timer)
            siftUp(heap.count - 1)
            return timer
        }

        /// The deadline of the next pending timer.
        var nextDeadline: Instant? {
            mutating get {
                while let first = heap.first {
                    if first.isPending { return first.deadline }
                    removeFirst()
                }
                return nil
            }
        }

        mutating func popDue(at now: Instant) -> Timer? {
            guard let deadline = nextDeadline, deadline <= now else { return nil }
            return removeFirst()
        }

        private mutating func sweep() {
            heap.removeAll { !$0.isPending }
            heap.sort { Self.before($0, $1) }
            sweepAt = max(64, heap.count * 2)
        }

        private static func before(_ left: Timer, _ right: Timer) -> Bool {
            left.deadline != right.deadline ? left.deadline < right.deadline : left.sequence < right.sequence
        }

        @discardableResult
        private mutating func removeFirst() -> Timer? {
            guard let first = heap.first else { return nil }
            let last = heap.removeLast()
            if !heap.isEmpty {
                heap[0] = last
                siftDown(0)
            }
            return first
        }

        private mutating func siftUp(_ start: Int) {
            var child = start
            while child > 0 {
                let parent = (child - 1) / 2
                guard Self.before(heap[child], heap[parent]) else { return }
                heap.swapAt(child, parent)
                child = parent
            }
        }

        private mutating func siftDown(_ start: Int) {
            var parent = start
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if Self.before(heap[child], heap[least]) { least = child }
                }
                if least == parent { return }
                heap.swapAt(least, parent)
                parent = least
            }
        }
    }
}
