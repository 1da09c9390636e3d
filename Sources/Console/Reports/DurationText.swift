/// Lengths of time for people.
enum DurationText {
    /// The two largest units: `580 s` up to ten minutes, then `12 min 5 s`, `3 h 20 min`, `2 d 4 h`.
    static func text(seconds: UInt64) -> String {
        switch seconds {
        case ...600: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }
}
