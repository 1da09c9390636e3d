/// When an uplink may be used.
public struct Schedule: Hashable, Sendable {
    /// Outside all of them the uplink rests; without any it never does.
    public var windows: [Window]

    public struct Window: Hashable, Sendable {
        /// 0 for Monday. The day on which the window begins.
        public var days: Set<Int>
        /// Minutes since midnight; a window whose end is not behind its beginning ends on the next day.
        public var from: Int
        public var to: Int

        public init(days: Set<Int> = Set(0...6), from: Int, to: Int) {
            self.days = days
            self.from = from
            self.to = to
        }

        func contains(_ time: LocalTime) -> Bool {
            let minute = time.minuteOfDay
            let today = days.contains(time.weekday)
            if from < to { return today && from <= minute && minute < to }
            return today && minute >= from || days.contains((time.weekday + 6) % 7) && minute < to
        }
    }

    public init(windows: [Window]) { self.windows = windows }

    public static let always = Schedule(windows: [])

    public func isOpen(at time: LocalTime) -> Bool {
        windows.isEmpty || windows.contains { $0.contains(time) }
    }

    /// Seconds until `isOpen` may change: the next beginning or end of a window. Absent for `always`.
    func secondsToChange(after time: LocalTime) -> Int64? {
        let ofDay = time.seconds - LocalTime(seconds: time.seconds).midnight
        return windows.flatMap { [$0.from, $0.to] }.map { minute in
            let wait = Int64(minute) * 60 - ofDay
            return wait > 0 ? wait : wait + 86_400
        }.min()
    }
}

extension LocalTime {
    var midnight: Int64 { date.dayNumber * 86_400 }
}
