import MobilityWire
import Testing

@testable import MobilitySocket

@Suite("Counters on their way to nemonetd")
struct CounterPublisherTests {
    @Test("a thousand counts are one or two messages, and the last one has the sum")
    func gathers() throws {
        let bench = try Bench()
        let client = try bench.client(.homeAgent)
        try bench.run { client.isConnected }
        let publisher = CounterPublisher(loop: bench.loop, client: client, names: ["idle", "busy"])
        publisher.publish()
        for _ in 0..<1000 { publisher.count("busy") }
        publisher.count("late", by: 3)
        try bench.run { bench.requests.count == 2 }
        #expect(
            bench.requests.map(\.message) == [
                .counters(program: "had", values: [.init(name: "busy", value: 0), .init(name: "idle", value: 0)]),
                .counters(
                    program: "had",
                    values: [
                        .init(name: "busy", value: 1000), .init(name: "idle", value: 0), .init(name: "late", value: 3),
                    ]),
            ])
    }

    @Test("a counter is the same by its place and by its name")
    func places() throws {
        let bench = try Bench()
        let publisher = CounterPublisher(loop: bench.loop, client: try bench.client(.homeAgent), names: ["first"])
        let place = publisher.place(of: "second")
        publisher.count(place)
        publisher.count("second", by: 2)
        publisher.count(publisher.place(of: "first"))
        #expect(publisher["first"] == 1 && publisher["second"] == 3 && publisher["third"] == 0)
    }
}
