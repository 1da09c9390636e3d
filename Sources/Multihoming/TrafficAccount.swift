import MobilityWire

/// What an uplink has carried since its month began, with the limit that was agreed: it warns, then demotes; it never cuts.
///
/// Octets are what the interface counts, in and out together, as the provider does. Time comes from a clock that is known
/// to be right: before that the month stays as it was, so that a board that wakes up in 1970 forgets nothing.
public struct TrafficAccount: Hashable, Sendable {
    /// What survives a restart; the caller keeps it in a file.
    public struct Snapshot: Hashable, Sendable {
        public var uplink: String
        /// The first day of the month; absent while none was known.
        public var periodStart: CalendarDate?
        public var usedOctets: UInt64
        /// Of the month before.
        public var previousOctets: UInt64
        /// The interface's counter when this was written: what passes while nobody counts is added afterwards.
        public var counter: UInt64?

        public init(
            uplink: String, periodStart: CalendarDate? = nil, usedOctets: UInt64 = 0, previousOctets: UInt64 = 0,
            counter: UInt64? = nil
        ) {
            self.uplink = uplink
            self.periodStart = periodStart
            self.usedOctets = usedOctets
            self.previousOctets = previousOctets
            self.counter = counter
        }
    }

    public enum State: Int, Comparable, Hashable, Sendable {
        case within, near, over
        public static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }
    }

    public private(set) var snapshot: Snapshot
    public var quota: UplinkTerms.Quota?
    private var saved: Snapshot
    private var savedAt: Instant?

    /// - Parameter snapshot: what was kept; a fresh one counts from nothing.
    public init(_ snapshot: Snapshot, quota: UplinkTerms.Quota? = nil) {
        self.snapshot = snapshot
        self.quota = quota
        saved = snapshot
    }

    public var state: State {
        guard let quota else { return .within }
        // Products of limits of any size: divide first where they would not fit.
        let (used, overflow) = snapshot.usedOctets.multipliedReportingOverflow(by: 100)
        let hundredth = overflow ? snapshot.usedOctets : used
        func reaches(_ percent: UInt64) -> Bool {
            let (part, tooMuch) = quota.monthlyOctets.multipliedReportingOverflow(by: percent)
            guard !overflow, !tooMuch else {
                return snapshot.usedOctets / 100 >= quota.monthlyOctets / 10_000 * percent
            }
            return hundredth >= part
        }
        return reaches(quota.demotePercent) ? .over : reaches(quota.warnPercent) ? .near : .within
    }

    /// The interface's counters of octets in and out together, since it exists.
    public mutating func count(_ counter: UInt64) {
        let last = snapshot.counter ?? counter
        // It has begun anew: all of it is new.
        let delta = counter >= last ? counter - last : counter
        snapshot.usedOctets = snapshot.usedOctets.addingReportingOverflow(delta).partialValue
        snapshot.counter = counter
    }

    /// Takes over what was kept of this uplink elsewhere: the later month, and of the same one the more, for what was used is not
    /// forgotten. A month that is not known is the same.
    mutating func adopt(_ other: Snapshot) {
        if let mine = snapshot.periodStart, let theirs = other.periodStart, mine != theirs {
            guard mine < theirs else { return }
            (snapshot.usedOctets, snapshot.previousOctets) = (other.usedOctets, other.previousOctets)
        } else {
            snapshot.usedOctets = max(snapshot.usedOctets, other.usedOctets)
            snapshot.previousOctets = max(snapshot.previousOctets, other.previousOctets)
        }
        snapshot.periodStart = other.periodStart ?? snapshot.periodStart
    }

    /// The interface has gone; the next one counts from nothing.
    public mutating func interfaceGone() { snapshot.counter = 0 }

    /// Begins a month when its day has come.
    public mutating func advance(to time: LocalTime) {
        let start = Self.periodStart(at: time.date, billingDay: quota?.billingDay ?? 1)
        guard let known = snapshot.periodStart else {
            snapshot.periodStart = start
            return
        }
        // A clock that was set back does not take a month back.
        guard start > known else { return }
        snapshot.periodStart = start
        snapshot.previousOctets = snapshot.usedOctets
        snapshot.usedOctets = 0
    }

    /// What is to be written down now, if it is time for that.
    mutating func due(at now: Instant) -> Snapshot? {
        guard let nextSave = nextSave(at: now), nextSave <= now else { return nil }
        saved = snapshot
        savedAt = now
        return snapshot
    }

    /// When it is to be written down; absent while nothing has changed that is worth it.
    func nextSave(at now: Instant) -> Instant? {
        let isNewMonth = snapshot.periodStart != saved.periodStart
        let unsaved = snapshot.usedOctets >= saved.usedOctets ? snapshot.usedOctets - saved.usedOctets : .max
        guard isNewMonth || unsaved >= PathTunables.unsavedOctets else { return nil }
        return max(savedAt.map { $0 + PathTunables.leastSaveInterval } ?? now, now)
    }

    static func periodStart(at date: CalendarDate, billingDay: Int) -> CalendarDate {
        let day = min(billingDay, CalendarDate.daysInMonth(year: date.year, month: date.month))
        if date.day >= day { return CalendarDate(year: date.year, month: date.month, day: day) }
        let (year, month) = date.month == 1 ? (date.year - 1, 12) : (date.year, date.month - 1)
        return CalendarDate(
            year: year, month: month, day: min(billingDay, CalendarDate.daysInMonth(year: year, month: month)))
    }
}
