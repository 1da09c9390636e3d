/// Times of the week as people write them: `Mo-Fr 08:00-18:00`, `Sa,Su 22:00-06:00`, `06:00-24:00`.
enum ScheduleText {
    private static let days = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]

    /// Nil for anything else.
    static func window(_ text: String) -> ScheduleWindow? {
        let words = text.split(separator: " ")
        guard (1...2).contains(words.count), let hours = words.last else { return nil }
        let ends = hours.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let from = minutes(ends[0]), let to = minutes(ends[1]), from < 1440 else { return nil }
        guard words.count == 2 else { return ScheduleWindow(from: from, to: to) }
        var days: Set<Int> = []
        for part in words[0].split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(day)
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            // Sa-Mo goes over the end of the week.
            days.formUnion((first...(last < first ? last + 7 : last)).map { $0 % 7 })
        }
        return ScheduleWindow(days: days, from: from, to: to)
    }

    private static func day(_ text: Substring) -> Int? { days.firstIndex { $0 == text } }

    /// Minutes since midnight; 24:00 is the end of the day.
    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), hour <= 24, minute < 60, hour < 24 || minute == 0
        else { return nil }
        return hour * 60 + minute
    }
}
