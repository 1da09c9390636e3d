import MobilityWire

/// The deadlines of a machine: one at most for each of its timers.
struct TimerTable<Timer: CaseIterable & Hashable & Sendable>: Sendable {
    private var deadlines: [Timer: Instant] = [:]

    subscript(timer: Timer) -> Instant? {
        get { deadlines[timer] }
        set { deadlines[timer] = newValue }
    }

    /// The earliest deadline.
    var next: Instant? { deadlines.values.min() }

    /// Takes the earliest timer that is due; of those due at one instant the one that is declared first.
    mutating func takeDue(at now: Instant) -> Timer? {
        var due: (timer: Timer, deadline: Instant)?
        for timer in Timer.allCases {
            guard let deadline = deadlines[timer], deadline <= now else { continue }
            if let earlier = due, earlier.deadline <= deadline { continue }
            due = (timer, deadline)
        }
        if let due { deadlines[due.timer] = nil }
        return due?.timer
    }

    mutating func cancelAll() { deadlines.removeAll(keepingCapacity: true) }
}
