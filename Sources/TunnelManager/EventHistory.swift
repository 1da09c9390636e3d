import MobilitySocket

/// The last events, for a console that asks what happened before it came.
struct EventHistory {
    /// How many are kept.
    static let limit = 256

    private var ring: [EventRecord] = []
    private var next = 0

    mutating func append(_ event: EventRecord) {
        if ring.count < Self.limit {
            ring.append(event)
        } else {
            ring[next] = event
            next = (next + 1) % Self.limit
        }
    }

    /// Oldest first.
    var all: [EventRecord] { Array(ring[next...] + ring[..<next]) }
}
