import MobilityWire
import Platform
import Testing

@testable import MobilitySocket

@Suite("The server of the mobility socket")
struct ServerTests {
    @Test("a client says hello, asks, and is answered")
    func exchange() throws {
        let bench = try Bench()
        let client = try bench.client(.mobileRouter, subscriptions: [.mobility])
        var connected = false
        client.onConnected = { connected = true }
        try bench.run { connected }
        #expect(bench.greeted.map(\.role) == [.mobileRouter])
        #expect(bench.server.clients.map(\.role) == [.mobileRouter])
        var answers: [MobilitySocketError?] = []
        client.send(.registrationAdd(Samples.registration)) { answers.append($0) }
        try bench.run { !answers.isEmpty }
        #expect(answers == [nil])
        #expect(bench.requests.map(\.message) == [.registrationAdd(Samples.registration)])
    }

    @Test("what the role forbids is refused with a reason and does not reach nemonetd")
    func forbidden() throws {
        let bench = try Bench()
        let client = try bench.client(.monitor)
        try bench.run { client.isConnected }
        var answer: MobilitySocketError??
        client.send(.bindingFlush) { answer = $0 }
        try bench.run { answer != nil }
        #expect(answer??.code == .notPermitted)
        #expect(answer??.reason == "shisactl cannot send bindingFlush")
        #expect(bench.requests.isEmpty)
        #expect(bench.refused.count == 1)
    }

    @Test("a monitor that says what it is called may tell of itself under this name")
    func names() throws {
        let bench = try Bench()
        let (named, nameless) = (try bench.client(.monitor, name: "shisahooks"), try bench.client(.monitor))
        try bench.run { named.isConnected && nameless.isConnected }
        #expect(bench.server.clients.map(\.hello.name) == ["shisahooks", nil])
        #expect(bench.server.clients.map(\.hello.program) == ["shisahooks", "shisactl"])
        var refusals: [MobilitySocketError] = []
        named.tell("configuration_refused", "file:3") { refusals.append($0) }
        nameless.tell("configuration_refused", "file:4") { refusals.append($0) }
        try bench.run { bench.requests.count == 1 && refusals.count == 1 }
        #expect(refusals.map(\.code) == [.notPermitted])
        guard case .event(let event)? = bench.requests.first?.message else { throw MobilitySocketError(.invalid, "") }
        #expect([event.program, event.event, event.detail] == ["shisahooks", "configuration_refused", "file:3"])
    }

    @Test("a name that is too long, or none at all, is refused", arguments: [0, 1, 32, 33])
    func nameLimit(length: Int) throws {
        let bench = try Bench()
        let client = try bench.client(.monitor, name: String(repeating: "n", count: length))
        var refusal: MobilitySocketError?
        client.onRefused = { refusal = $0 }
        try bench.run { client.isConnected || refusal != nil }
        #expect(client.isConnected == (1...Hello.nameLimit).contains(length))
        #expect(refusal?.code == (client.isConnected ? nil : .invalid))
    }

    @Test("a name that would do something to a terminal is none", arguments: ["a b", "\u{1b}[2J", "n\n", "é"])
    func nameOfVisibleCharacters(name: String) throws {
        let bench = try Bench()
        let client = try bench.client(.monitor, name: name)
        var refusal: MobilitySocketError?
        client.onRefused = { refusal = $0 }
        try bench.run { client.isConnected || refusal != nil }
        #expect(!client.isConnected)
        #expect(refusal?.code == .invalid)
    }

    @Test("the reason of nemonetd's own refusal reaches the client, also when it asked for no answer")
    func refusal() throws {
        let bench = try Bench()
        let error = MobilitySocketError(.busy, "the home address is taken")
        bench.server.onRequest = { _, _ in .failure(error) }
        let client = try bench.client(.homeAgent)
        try bench.run { client.isConnected }
        var refused: [MobilitySocketError] = []
        client.onRefused = { refused.append($0) }
        client.send(.bindingAdd(Samples.binding))
        client.send(.bindingAdd(Samples.binding)) { if let error = $0 { refused.append(error) } }
        try bench.run { refused.count == 2 }
        #expect(refused == [error, error])
    }

    @Test("what comes last is dealt with behind everything else of its packet, in its order; others of another are not")
    func last() throws {
        let bench = try Bench()
        bench.server.comesLast = { message, role in
            if case .bindingDelete = message { role == .homeAgent } else { false }
        }
        bench.server.onRequest = { [unowned bench] client, message in
            bench.requests.append((client.role, message))
            return message == .bindingDelete(homeAddress: Samples.home, bindingIdentifier: 2)
                ? .failure(MobilitySocketError(.noSuchEntry, "there is none")) : .success([])
        }
        let client = try bench.client(.homeAgent)
        try bench.run { client.isConnected }
        var refused: [MobilitySocketError] = []
        client.onRefused = { refused.append($0) }
        func send(_ index: UInt16) { client.send(.bindingDelete(homeAddress: Samples.home, bindingIdentifier: index)) }
        send(1)
        client.send(.bindingFlush)
        send(2)
        client.send(.bindingSweep)
        try bench.run { bench.requests.count == 4 && !refused.isEmpty }
        send(3)
        try bench.run { bench.requests.count == 5 }
        client.send(.bindingSweep)
        try bench.run { bench.requests.count == 6 }
        #expect(
            bench.requests.map { request in
                switch request.message {
                case .bindingFlush: "flush"
                case .bindingSweep: "sweep"
                case .bindingDelete(_, let identifier?, _): "last \(identifier)"
                default: "else"
                }
            } == ["flush", "sweep", "last 1", "last 2", "last 3", "sweep"])
        #expect(refused.map(\.reason) == ["there is none"])
    }

    @Test("a dump of ten thousand entries arrives whole, and a change during it comes after it")
    func bigDump() throws {
        let bench = try Bench()
        let entries: [MobilitySocketMessage] = (0..<UInt64(10_000)).map {
            var entry = Samples.binding
            entry.homeAddress.low = $0
            return .bindingAdd(entry)
        }
        bench.server.onRequest = { [unowned bench] _, _ in
            bench.loop.soon {
                bench.server.broadcast(
                    .bindingDelete(homeAddress: Samples.home, bindingIdentifier: nil), to: .bindings)
            }
            return .success(entries)
        }
        let client = try bench.client(.monitor, subscriptions: [.bindings])
        try bench.run { client.isConnected }
        var dumped: [MobilitySocketMessage]?
        var notified: [MobilitySocketMessage] = []
        client.onMessage = {
            #expect(dumped != nil)
            notified.append($0)
        }
        client.dump(.bindings) { dumped = try? $0.get() }
        try bench.run { !notified.isEmpty }
        #expect(dumped == entries)
        #expect(notified.count == 1)
    }

    @Test("subscribers hear, others and the sender do not")
    func broadcast() throws {
        let bench = try Bench()
        let listener = try bench.client(.monitor, subscriptions: [.uplinks])
        let deaf = try bench.client(.monitor, subscriptions: [.bindings])
        let detector = try bench.client(.detector, subscriptions: [.uplinks])
        var heard: [String] = []
        listener.onMessage = { _ in heard.append("listener") }
        deaf.onMessage = { _ in heard.append("deaf") }
        detector.onMessage = { _ in heard.append("detector") }
        bench.server.onRequest = { [unowned bench] client, message in
            bench.server.broadcast(message, to: .uplinks, except: client.identifier)
            return .success([])
        }
        try bench.run { listener.isConnected && deaf.isConnected && detector.isConnected }
        var answered = false
        detector.send(.uplinkReport(Samples.report)) { _ in answered = true }
        try bench.run { answered && !heard.isEmpty }
        try bench.loop.run(for: .milliseconds(20))
        #expect(heard == ["listener"])
    }

    @Test("a monitor that stands still is told of an overrun, and nobody waits for it")
    func slowMonitor() throws {
        let bench = try Bench()
        let slow = try bench.connection()
        var overrun: [Role] = []
        bench.server.onOverrun = { overrun.append($0) }
        slow.send(
            try MobilitySocketFrame.request(.hello(Hello(role: .monitor, processIdentifier: 1)), sequence: 1).encoded())
        slow.send(try MobilitySocketFrame.request(.subscribe([.events]), sequence: 2).encoded())
        let quick = try bench.client(.monitor, subscriptions: [.events])
        var quickCount = 0
        quick.onMessage = { _ in quickCount += 1 }
        try bench.run { quick.isConnected && bench.server.clients.count == 2 }
        let event = EventRecord(time: bench.loop.now, program: "had", event: "tick", detail: "")
        for _ in 0..<200 {
            for _ in 0..<100 { bench.server.broadcast(.event(event), to: .events) }
            try bench.loop.run(for: .milliseconds(1))
        }
        try bench.run { quickCount == 20_000 }
        #expect(quickCount == 20_000)
        var contents: [MobilitySocketFrame.Content] = []
        while contents.last != .message(.event(event)) || contents.count < 20_000 {
            guard case .message(let packet) = slow.receive() else {
                try bench.loop.run(for: .milliseconds(2))
                if case .message(let packet) = slow.receive() {
                    contents += try MobilitySocketFrame.decode(packet).map(\.content)
                    continue
                }
                break
            }
            contents += try MobilitySocketFrame.decode(packet).map(\.content)
        }
        #expect(contents.contains(.overrun))
        #expect(overrun.contains(.monitor))
        #expect(contents.count < 20_000)
    }

    @Test("a packet that is no frame costs its sender the connection and nobody else")
    func garbage() throws {
        let bench = try Bench()
        let client = try bench.client(.detector)
        let hostile = try bench.connection()
        hostile.send([1, 2, 3])
        try bench.run { client.isConnected && !bench.refused.isEmpty }
        var end = UnixSeqpacketConnection.Received.nothing
        try bench.run {
            if end == .nothing { end = hostile.receive() }
            return end != .nothing
        }
        #expect(end == .closed)
        #expect(client.isConnected)
    }

    @Test("nemonetd hears when a client goes")
    func gone() throws {
        let bench = try Bench()
        let client = try bench.client(.mobileRouter)
        try bench.run { client.isConnected }
        client.stop()
        try bench.run { !bench.gone.isEmpty }
        #expect(bench.gone == [.mobileRouter])
        #expect(bench.server.clients.isEmpty)
    }

    @Test("connections beyond the limit are closed at once")
    func limit() throws {
        let bench = try Bench()
        let connections = try (0...MobilitySocketServer.connectionLimit).map { _ in try bench.connection() }
        try bench.loop.run(for: .milliseconds(10))
        #expect(connections.last?.receive() == .closed)
        #expect(connections.first?.receive() == .nothing)
    }
}
