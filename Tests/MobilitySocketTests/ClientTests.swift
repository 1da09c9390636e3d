import Foundation
import MobilityWire
import Platform
import Testing

@testable import MobilitySocket

@Suite("Clients of the mobility socket")
struct ClientTests {
    @Test("a client waits for nemonetd, announces, loses it, and announces anew when it is back")
    func reconnects() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("mobility.sock").path
        let bench = try Bench()
        let client = MobilitySocketClient(
            loop: bench.loop, path: path, hello: Hello(role: .detector, processIdentifier: 5),
            subscriptions: [.scans])
        var log: [String] = []
        client.onUnreachable = { _ in log.append("unreachable") }
        client.onConnected = { [unowned client] in
            log.append("connected")
            client.send(.uplinkReport(Samples.report))
        }
        client.onDisconnected = { log.append("disconnected") }
        client.start()
        #expect(log == ["unreachable"])
        var isLater = false
        let later = bench.loop.timer(after: .milliseconds(500)) { isLater = true }
        defer { later.cancel() }
        try bench.run { isLater }
        #expect(log == ["unreachable"], "the same reason is told once")

        try bench.server.listen(path: path)
        try bench.run { bench.requests.count == 1 }
        bench.server.close()
        try bench.run { log.last == "disconnected" }
        var answer: MobilitySocketError??
        client.send(.uplinkGone(interfaceIndex: 1)) { answer = $0 }
        #expect(answer??.code == .notConnected)

        try bench.server.listen(path: path)
        try bench.run { bench.requests.count == 2 }
        #expect(log == ["unreachable", "connected", "disconnected", "connected"])
        #expect(bench.greeted.map(\.processIdentifier) == [5, 5])
    }

    @Test("a connection that is lost at once does not count as found: only one that has lasted a second")
    func shortConnections() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("mobility.sock").path
        let bench = try Bench()
        let client = MobilitySocketClient(
            loop: bench.loop, path: path, hello: Hello(role: .detector, processIdentifier: 5))
        var lost: [RetryPace] = []
        client.onDisconnected = { [unowned client] in lost.append(client.pace) }
        try bench.server.listen(path: path)
        client.start()
        #expect(try bench.run { client.isConnected })
        bench.server.close()
        #expect(try bench.run { lost.count == 1 })

        try bench.server.listen(path: path)
        #expect(try bench.run { client.isConnected })
        #expect(client.pace != RetryPace())
        let connected = bench.loop.now
        #expect(try bench.run { bench.loop.now >= connected + .seconds(1) })
        bench.server.close()
        #expect(try bench.run { lost.count == 2 })
        #expect(lost.last == RetryPace())
    }

    @Test("answers that are out when the connection breaks are called with an error, once")
    func orphans() throws {
        let bench = try Bench()
        let client = try bench.client(.mobileRouter)
        try bench.run { client.isConnected }
        var answers: [MobilitySocketError?] = []
        bench.server.onRequest = { [unowned bench] _, _ in
            bench.loop.soon { bench.server.close() }
            return .failure(MobilitySocketError(.invalid, "the first"))
        }
        client.send(.registrationFlush) { answers.append($0) }
        bench.server.close()
        client.dump(.registrations) {
            if case .failure(let error) = $0 { answers.append(error) }
        }
        try bench.run { answers.count == 2 }
        #expect(answers.map { $0?.code } == [.notConnected, .notConnected])
    }

    @Test("of many messages the refused ones are told to whom they concern, and one acknowledgement does for the rest")
    func refusals() throws {
        let bench = try Bench()
        let client = try bench.client(.homeAgent)
        try bench.run { client.isConnected }
        bench.server.onRequest = { [unowned bench] client, message in
            bench.requests.append((client.role, message))
            guard case .bindingDelete(let homeAddress, _, _) = message, homeAddress.low % 100 != 7 else {
                return .failure(MobilitySocketError(.noSuchEntry, "not here"))
            }
            return .success([])
        }
        var refused: [UInt64] = []
        client.onRefused = { Issue.record("nobody heard of \($0)") }
        for number in 1...1000 as ClosedRange<UInt64> {
            client.sendInBulk(
                .bindingDelete(homeAddress: IPv6Address(high: 1, low: number), bindingIdentifier: nil)
            ) { _ in refused.append(number) }
        }
        #expect(!client.isFlushed)
        try bench.run { bench.requests.count == 1000 && refused.count == 10 }
        #expect(refused == Array(stride(from: 7, through: 907, by: 100)))
        // What was settled is forgotten, so that a refusal of nothing goes to whoever hears all.
        var rest: [MobilitySocketError] = []
        client.onRefused = { rest.append($0) }
        client.send(.bindingDelete(homeAddress: IPv6Address(high: 1, low: 7), bindingIdentifier: nil))
        try bench.run { rest.count == 1 }
        #expect(refused.count == 10 && rest.map(\.code) == [.noSuchEntry])
    }

    @Test("what one handler sends leaves as few packets, in order")
    func gathers() throws {
        let (near, far) = try UnixSeqpacketConnection.pair()
        let bench = try Bench()
        let client = MobilitySocketClient(
            loop: bench.loop, path: "/nonexistent", hello: Hello(role: .homeAgent, processIdentifier: 1))
        var packets: [[MobilitySocketFrame]] = []
        try far.start(on: bench.loop, onMessage: { packets.append((try? MobilitySocketFrame.decode($0)) ?? []) }) {}
        client.use(near)
        try bench.run { packets.count == 1 }
        far.send(try MobilitySocketFrame(sequence: packets[0][0].sequence, content: .acknowledgement).encoded())
        try bench.run { client.isConnected }
        for index in 1...5 as ClosedRange<UInt32> { client.send(.uplinkGone(interfaceIndex: index)) }
        client.sendInBulk(.bindingFlush) { _ in }
        client.sendInBulk(.bindingSweep) { _ in }
        try bench.run { packets.count == 2 }
        #expect(packets[1].count == 7)
        #expect(packets[1].map(\.content).first == .message(.uplinkGone(interfaceIndex: 1)))
        #expect(packets[1].map { $0.flags.contains(.acknowledge) } == [false, false, false, false, false, false, true])
    }

    @Test("a refused hello is told once for each reason, and tried again until it is taken")
    func refusedHello() throws {
        let bench = try Bench()
        var (hellos, reason) = (0, "there is an mrd already" as String?)
        bench.server.onHello = { _ in
            hellos += 1
            return reason.map { MobilitySocketError(.busy, $0) }
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sock").path
        try bench.server.listen(path: path)
        defer { bench.server.close() }
        let client = MobilitySocketClient(
            loop: bench.loop, path: path, hello: Hello(role: .mobileRouter, processIdentifier: 5))
        var refused: [MobilitySocketError] = []
        client.onRefused = { refused.append($0) }
        client.start()
        try bench.run { !refused.isEmpty }
        #expect(refused.map(\.reason) == ["there is an mrd already"])
        #expect(!client.isConnected)
        try bench.run { hellos == 3 }
        #expect(hellos == 3 && refused.count == 1)
        reason = "there is another one"
        try bench.run { refused.count == 2 }
        #expect(refused.map(\.reason) == ["there is an mrd already", "there is another one"])
        reason = nil
        try bench.run { client.isConnected }
        #expect(client.isConnected)
    }

    @Test("the blocking client dumps, is refused, and follows")
    func blocking() async throws {
        let (near, far) = try UnixSeqpacketConnection.pair()
        let pair = Handover(connection: near)
        let console = Thread { pair.ask() }
        console.start()
        let bench = try Bench()
        bench.server.onRequest = { [unowned bench] _, message in
            guard case .dump(.bindings) = message else { return .failure(MobilitySocketError(.notSupported, "no")) }
            bench.loop.timer(after: .milliseconds(20)) {
                bench.server.broadcast(.uplinkGone(interfaceIndex: 4), to: .uplinks)
            }
            return .success([.bindingAdd(Samples.binding)])
        }
        bench.server.accept(far)
        try bench.run { pair.isDone }
        #expect(pair.results == ["refused: no", "1 bindings", "gone 4", "nothing more"])
    }
}

/// The console's side of a conversation, on a thread of its own.
private final class Handover: @unchecked Sendable {
    private let lock = NSLock()
    private let connection: UnixSeqpacketConnection
    private var log: [String] = []
    private var done = false

    init(connection: UnixSeqpacketConnection) { self.connection = connection }

    var results: [String] { lock.withLock { log } }
    var isDone: Bool { lock.withLock { done } }

    func ask() {
        do {
            let client = try BlockingMobilitySocketClient(connection: connection, role: .monitor)
            try client.subscribe([.uplinks])
            do { _ = try client.dump(.tunnels) } catch { note("refused: \(error)") }
            note("\(try client.dump(.bindings).count) bindings")
            if case .uplinkGone(let index, nil)? = try client.next(within: .seconds(2)) { note("gone \(index)") }
            if try client.next(within: .milliseconds(10)) == nil { note("nothing more") }
        } catch {
            note("\(error)")
        }
        lock.withLock { done = true }
    }

    private func note(_ text: String) { lock.withLock { log.append(text) } }
}
