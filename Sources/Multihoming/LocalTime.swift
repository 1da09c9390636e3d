/// The time of day and the date where the uplink is, as the clock on the wall shows them: for schedules and bills, never
/// for timers.
public struct LocalTime: Hashable, Comparable, Sendable {
    /// Seconds since midnight of 1 January 1970 by the same clock; summer time included.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    /// - Parameters:
    ///   - month: 1 to 12.
    ///   - day: 1 to 31.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0) {
        let days = CalendarDate(year: year, month: month, day: day).dayNumber
        seconds = days * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60
    }

    public static func < (left: LocalTime, right: LocalTime) -> Bool { left.seconds < right.seconds }

    public var date: CalendarDate { CalendarDate(dayNumber: dayNumber) }
    /// 0 for Monday, as ISO 8601 counts from it.
    public var weekday: Int { Int((((dayNumber + 3) % 7) + 7) % 7) }
    /// Minutes since midnight.
    public var minuteOfDay: Int { Int((seconds - dayNumber * 86_400) / 60) }

    private var dayNumber: Int64 { (seconds - (((seconds % 86_400) + 86_400) % 86_400)) / 86_400 }
}

/// A day of the Gregorian calendar.
public struct CalendarDate: Hashable, Comparable, Sendable {
    public var year: Int
    public var month: Int
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter dayNumber: days since 1 January 1970.
    init(dayNumber: Int64) {
        // Counted from 1 March of year 0, so that a leap day is the last of its year. 400 years have 146,097 days.
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    var dayNumber: Int64 {
        let year = Int64(month <= 2 ? year - 1 : year)
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (Int64(month) + (month > 2 ? -3 : 9)) + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}
