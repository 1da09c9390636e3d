import MobilitySocket
import MobilityWire
import Platform

/// An event, and when it was by the clock on the wall.
struct DatedEvent: Hashable, Sendable {
    var record: EventRecord
    /// Seconds since 1970.
    var date: Double
    /// Seconds that have passed since.
    var age: Double

    /// - Parameters:
    ///   - now: by the clock of the event.
    ///   - date: the same moment in seconds since 1970.
    init(_ record: EventRecord, now: Instant, date: Double) {
        self.record = record
        age = Double(max(0, (now - record.time).milliseconds)) / 1000
        // In whole milliseconds, as the event is: two events keep their distance.
        self.date = ((date - age) * 1000).rounded() / 1000
    }

    /// The clock on the wall may have been set since the event: what counts is how long ago it was. What the machine
    /// slept meanwhile is not in that.
    init(_ record: EventRecord) {
        self.init(record, now: MonotonicClock.now, date: WallClock.seconds())
    }
}
