public import MobilityWire
public import Platform

/// The counters of a program and their way to nemonetd: gathered, at most four times a second.
public final class CounterPublisher {
    /// The least time between two publications.
    public static let interval = Instant.Span.milliseconds(250)

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let program: String
    private var values: [String: UInt64]
    private var isDue = false

    /// - Parameter names: The counters that are told of from the beginning, with 0; others join when they first count.
    public init(loop: EventLoop, client: MobilitySocketClient, names: some Sequence<String>) {
        self.loop = loop
        self.client = client
        program = client.hello.role.program
        values = Dictionary(names.map { ($0, 0) }) { first, _ in first }
    }

    public func count(_ name: String, by amount: UInt64 = 1) {
        values[name, default: 0] &+= amount
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
                values: values.sorted { $0.key < $1.key }.map { CounterValue(name: $0.key, value: $0.value) }))
    }

    public subscript(name: String) -> UInt64 { values[name] ?? 0 }
}
