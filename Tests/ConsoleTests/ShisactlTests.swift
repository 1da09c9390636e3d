import Foundation
import MobilitySocket
import MobilityWire
import Platform
import Synchronization
import Testing

@testable import Console

@Suite("shisactl and nemonetd's socket", .timeLimit(.minutes(1)))
struct ShisactlTests {
    private func shisactl(_ line: String, socket: String) throws -> Shisactl {
        let words = line.split(separator: " ").map(String.init) + ["--socket", socket]
        return try Shisactl(ProgramDescription.shisactl.parse(words))
    }

    private func path() -> String { NSTemporaryDirectory() + "shisa-\(UUID().uuidString.prefix(8)).sock" }

    @Test("Without nemonetd it says what to do, and the status is 69")
    func absent() throws {
        let socket = path()
        let error = #expect(throws: ShisactlError.self) {
            try shisactl("status", socket: socket).run { _ in true }
        }
        #expect(error?.status == .unavailable)
        #expect(
            error?.text
                == "nemonetd is not running (no socket at \(socket)): start it or name its socket with --socket")
    }

    @Test("With a socket that nobody listens at, the same")
    func dead() throws {
        let socket = path()
        let listener = try UnixSeqpacketListener(path: socket, mode: 0o600)
        let copy = socket + ".copy"
        try FileManager.default.linkItem(atPath: socket, toPath: copy)
        listener.close()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let error = #expect(throws: ShisactlError.self) { try shisactl("status", socket: copy).run { _ in true } }
        #expect(error?.status == .unavailable)
        #expect(error?.text.contains("nobody listens at \(copy)") == true)
    }

    @Test("A node is named by its name or home address, and what it is asked for goes to nemonetd")
    func requests() throws {
        let server = try Server(path: path())
        defer { server.stop() }
        let binding = try #require(
            Samples.messages.lazy.compactMap { if case .bindingAdd(let entry) = $0 { entry } else { nil } }.first)
        let agent = IPv6Address("2001:db8:2::1")!
        for (line, message) in [
            ("revoke \(binding.name)", MobilitySocketMessage.bindingRevoke(homeAddresses: [binding.homeAddress])),
            ("revoke \(binding.homeAddress)", .bindingRevoke(homeAddresses: [binding.homeAddress])),
            ("flush \(binding.name)", .bindingForget(homeAddresses: [binding.homeAddress])),
            ("flush all", .bindingForget(homeAddresses: [])), ("use wlan0", .uplinkUse(name: "wlan0")),
            ("use auto", .uplinkUse(name: nil)),
            ("switch all", .homeAgentSwitch(homeAddresses: [], agents: [])),
            (
                "switch \(binding.name) \(agent)",
                .homeAgentSwitch(homeAddresses: [binding.homeAddress], agents: [agent])
            ),
            (
                "routes never 2001:db8:77::/48",
                .routeExclude(prefix: IPv6Prefix(IPv6Address("2001:db8:77::")!, length: 48), excluded: true)
            ),
            ("routes never \(agent)", .routeExclude(prefix: IPv6Prefix(host: agent), excluded: true)),
            (
                "routes allow 2001:db8:66::/48",
                .routeExclude(prefix: IPv6Prefix(IPv6Address("2001:db8:66::")!, length: 48), excluded: false)
            ),
            ("routes retry 2001:db8:c::d", .routeForget(peer: IPv6Address("2001:db8:c::d")!)),
        ] {
            try shisactl(line, socket: server.path).run { _ in true }
            #expect(server.commands.last == message)
        }
        for (line, text) in [
            ("use usb0", "usb0 is no uplink; uplinks are eth0, wlan0, wwan0"),
            ("revoke nobody", "no binding has the name or home address nobody: shisactl bindings shows them"),
            ("routes allow 2001:db8:77::/48", "2001:db8:77::/48 is not excluded: shisactl routes shows what is"),
            ("routes retry 2001:db8:66::1", "2001:db8:66::1 does not rest: shisactl routes shows who does"),
        ] {
            let error = #expect(throws: ShisactlError.self) {
                try shisactl(line, socket: server.path).run { _ in true }
            }
            #expect(error?.text == text)
        }
    }

    @Test(
        "Every command gets its answer from a server",
        arguments: [
            "status", "uplinks", "registrations", "bindings", "routes", "prefixes", "home-agents", "tunnels", "timers",
            "counters",
            "events",
        ])
    func answers(command: String) throws {
        let server = try Server(path: path())
        defer { server.stop() }
        let output = Mutex("")
        try shisactl("\(command) --json", socket: server.path).run { text in
            output.withLock { $0 += text }
            return true
        }
        let text = output.withLock { $0 }
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let name = command.replacingOccurrences(of: "-", with: "_")
        #expect(Array(document.keys) == [name])
        if command != "status" { #expect((document[name] as? [Any])?.isEmpty == false) }
    }

    @Test("events --follow shows what was and what comes, each once, until nobody reads")
    func follow() throws {
        let server = try Server(path: path())
        defer { server.stop() }
        let lines = Mutex<[String]>([])
        try shisactl("events --follow --json", socket: server.path).run { text in
            lines.withLock { lines in
                lines.append(text)
                return lines.count < 3
            }
        }
        let expected = [
            #"{"time":12.345,"program":"mrd","event":"registered","uplink":null,"detail":"at 2001:db8:1::1"}"#,
            #"{"time":20.0,"program":"mrd","event":"tick","uplink":null,"detail":"1"}"#,
            #"{"time":20.0,"program":"mrd","event":"tick","uplink":null,"detail":"2"}"#,
        ]
        // When it was by the clock on the wall stands in front of that.
        let shown = lines.withLock { $0 }.map { line in
            line.firstRange(of: "\"time\"").map { "{" + line[$0.lowerBound...] }
        }
        #expect(shown == expected.map { $0 + "\n" })
        #expect(lines.withLock { $0 }.allSatisfy { $0.hasPrefix("{\"date\":") })
    }
}

/// A mobility socket with the samples behind it, on a thread of its own.
private final class Server: Sendable {
    let path: String
    private let heard = Mutex<[MobilitySocketMessage]>([])
    /// Requests that are no questions.
    var commands: [MobilitySocketMessage] { heard.withLock { $0 } }
    private let shouldStop = Mutex(false)
    private let hasStopped = DispatchSemaphore(value: 0)

    init(path: String) throws {
        self.path = path
        let isReady = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            defer { hasStopped.signal() }
            guard let loop = try? EventLoop() else { return }
            let server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
            server.onRequest = { _, message in
                guard case .dump(let table) = message else {
                    self.heard.withLock { $0.append(message) }
                    return .success([])
                }
                // Who follows subscribes before asking for what was.
                if table == .events { Self.tick(server, loop, 1) }
                return .success(Samples.messages.filter { Self.table(of: $0) == table })
            }
            guard (try? server.listen(path: path)) != nil else { return }
            isReady.signal()
            while !shouldStop.withLock({ $0 }) { try? loop.run(for: .milliseconds(10)) }
            server.close()
        }
        isReady.wait()
    }

    func stop() {
        shouldStop.withLock { $0 = true }
        hasStopped.wait()
    }

    /// Tells of an event now and then, for those who follow.
    private static func tick(_ server: MobilitySocketServer, _ loop: EventLoop, _ number: Int) {
        loop.timer(after: .milliseconds(30)) {
            server.broadcast(
                .event(
                    EventRecord(
                        time: Instant(milliseconds: 20_000), program: "mrd", event: "tick", detail: "\(number)")),
                to: .events)
            if number < 5 { tick(server, loop, number + 1) }
        }
    }

    private static func table(of message: MobilitySocketMessage) -> MobilitySocketMessage.Table? {
        switch message {
        case .status: .status
        case .uplinkReport: .uplinks
        case .registrationAdd: .registrations
        case .bindingAdd: .bindings
        case .routeAdd, .restingPeer: .routes
        case .tunnel: .tunnels
        case .counters: .counters
        case .event: .events
        case .programState: .programStates
        default: nil
        }
    }
}
