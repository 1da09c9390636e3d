public import MobilityWire

/// Something that time will bring.
public struct PendingTimer: Hashable, Sendable {
    /// A stable lower_snake_case name.
    public var name: String
    /// How many things wait there.
    public var waiting: Int
    /// When the first of them is due.
    public var due: Instant

    public init(_ name: String, waiting: Int = 1, due: Instant) {
        self.name = name
        self.waiting = waiting
        self.due = due
    }

    /// Nil if nothing waits.
    public init?(_ name: String, waiting: Int = 1, due: Instant?) {
        guard waiting > 0, let due else { return nil }
        self.init(name, waiting: waiting, due: due)
    }

    /// Of each name one, for all that wait there.
    public static func gathered(_ timers: [PendingTimer]) -> [PendingTimer] {
        var gathered: [String: PendingTimer] = [:]
        for timer in timers {
            guard var known = gathered[timer.name] else {
                gathered[timer.name] = timer
                continue
            }
            known.waiting += timer.waiting
            known.due = min(known.due, timer.due)
            gathered[timer.name] = known
        }
        return gathered.values.sorted { ($0.due, $0.name) < ($1.due, $1.name) }
    }
}
