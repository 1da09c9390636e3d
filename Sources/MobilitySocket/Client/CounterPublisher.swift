public import MobilityWire
public import Platform

/// The counters of a program and their way to nemonetd: gathered, at most four times a second.
public final class CounterPublisher {
    /// The least time between two publications.
    public static let interval = Instant.Span.milliseconds(250)

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let program: String
    private var names: [String] = []
    private var values: [UInt64] = []
    private var places: [String: Place] = [:]
    private var isDue = false

    /// A counter of this publisher, for who counts so often that finding it by its name would be felt.
    public struct Place: Hashable, Sendable {
        fileprivate let index: Int
    }

    /// - Parameter names: The counters that are told of from the beginning, with 0; others join when they first count.
    public init(loop: EventLoop, client: MobilitySocketClient, names: some Sequence<String>) {
        self.loop = loop
        self.client = client
        program = client.hello.role.program
        for name in names { _ = place(of: name) }
    }

    /// Where a counter stands; it is told of from now on.
    public func place(of name: String) -> Place {
        if let place = places[name] { return place }
        let place = Place(index: values.count)
        places[name] = place
        names.append(name)
        values.append(0)
        return place
    }

    public func count(_ name: String, by amount: UInt64 = 1) { count(place(of: name), by: amount) }

    public func count(_ place: Place, by amount: UInt64 = 1) {
        values[place.index] &+= amount
        guard !isDue else { return }
        isDue = true
        loop.timer(after: Self.interval) { [weak self] in self?.publish() }
    }

    /// Sends all counters now: to be called on every new connection, and last of all at the end.
    public func publish() {
        isDue = false
        guard client.isConnected else { return }
        client.send(
            .counters(
                program: program,
                values: zip(names, values).sorted { $0.0 < $1.0 }.map { CounterValue(name: $0.0, value: $0.1) }))
    }

    public subscript(name: String) -> UInt64 { places[name].map { values[$0.index] } ?? 0 }
}
