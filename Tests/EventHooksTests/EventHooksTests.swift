import Foundation
import Logging
import MobilitySocket
import MobilityWire
import Platform
import Synchronization
import Testing

@testable import EventHooks

@Suite("Hooks")
final class EventHooksTests {
    private let loop: EventLoop
    private let server: MobilitySocketServer
    private let hooks: EventHooks
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hooks-\(UUID().uuidString)")
        .path
    private var lines: [String] {
        ((try? String(contentsOfFile: folder + "/.said", encoding: .utf8)) ?? "").split(separator: "\n").map(
            String.init)
    }

    init() throws {
        loop = try EventLoop()
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        server.onRequest = { _, _ in .success([]) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let socket = folder + "/.sock"
        try server.listen(path: socket)
        hooks = EventHooks(loop: loop, socket: socket, folder: folder, limit: .milliseconds(500), log: Logger())
    }

    deinit {
        hooks.stop {}
        server.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A script in the folder, which can write to `$SAID`.
    private func write(_ name: String, _ script: String, mode: Int = 0o755) throws {
        let path = "\(folder)/\(name)"
        // By a file that no program which another test starts meanwhile holds open: what is written to cannot be run.
        try Files.writeAtomically(path, Array("#!/bin/sh\nSAID=\(folder)/.said\n\(script)\n".utf8), mode: 0o700)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func connect() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        try hooks.start()
        try run { self.server.hasSubscribers(of: [.events]) }
    }

    @Test("what it tells of itself is signed with its name, and so are its hooks told")
    func itself() throws {
        try write("10-it", "echo \"$SHISA_PROGRAM $SHISA_EVENT $SHISA_DETAIL\" >>$SAID")
        server.onRequest = { [unowned self] _, message in
            server.broadcast(message, to: .events)
            return .success([])
        }
        try connect()
        #expect(server.clients.map(\.hello.name) == ["shisahooks"])
        hooks.publish("configuration_refused", "shisa.conf:3")
        try run { self.lines == ["shisahooks configuration_refused shisa.conf:3"] }
    }

    private func happen(_ event: String, _ detail: String = "", uplink: String = "", age: Instant.Span = .zero) {
        let event = EventRecord(time: loop.now - age, program: "mrd", event: event, detail: detail, uplink: uplink)
        server.broadcast(.event(event), to: .events)
    }

    private func run(until condition: () -> Bool) throws {
        let deadline = loop.now + .seconds(30)
        while !condition(), loop.now < deadline { try loop.run(for: .milliseconds(2)) }
        #expect(condition())
    }

    @Test("each hook is told what happened, in the order of names, one event after another, with a clean environment")
    func order() throws {
        try write("20-second", "echo \"second $SHISA_EVENT\" >>$SAID")
        try write(
            "10-first",
            "sleep 0.05; echo \"first $SHISA_EVENT $SHISA_PROGRAM $SHISA_DETAIL $SHISA_DROPPED ${HOME-clean}\" >>$SAID")
        try write("readme", "echo never >>$SAID", mode: 0o644)
        try write("old~", "echo never >>$SAID")
        try connect()
        happen("uplink_active", "eth0 'carries' $HOME; it")
        happen("registered")
        try run { self.lines.count == 4 }
        #expect(
            lines == [
                "first uplink_active mrd eth0 'carries' $HOME; it 0 clean", "second uplink_active",
                "first registered mrd  0 clean", "second registered",
            ])
    }

    @Test("a hook is told which uplink it is about, and when it was by either clock")
    func when() throws {
        try write("10-it", "echo \"$SHISA_EVENT $SHISA_UPLINK. $SHISA_UPTIME $SHISA_TIME\" >>$SAID")
        try connect()
        let (now, date) = (loop.now.milliseconds, Date().timeIntervalSince1970)
        happen("one", uplink: "wwan0", age: .seconds(100))
        happen("two")
        try run { self.lines.count == 2 }
        let words = lines.map { $0.split(separator: " ") }
        #expect(words.map { $0[1] } == ["wwan0.", "."])
        let uptimes = words.compactMap { Int64($0[2]) }
        let dates = words.compactMap { Double($0[3]) }
        // What it took to get here is not much; a date has whole seconds.
        #expect(uptimes.count == 2 && (now - 100_000..<now - 70_000).contains(uptimes[0]) && uptimes[1] >= now)
        #expect(dates.count == 2 && (date - 102..<date - 70).contains(dates[0]) && dates[1] > date - 2)
    }

    @Test("a hook that others may write is not run, and none is in a folder that others may write")
    func untrusted() throws {
        try write("10-anybody", "echo never >>$SAID", mode: 0o757)
        try write("20-mine", "echo \"$SHISA_EVENT\" >>$SAID")
        try connect()
        happen("one")
        try run { self.lines == ["one"] }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        happen("two")
        // Nothing is to be waited for but an event that is taken after it.
        try run { self.hooks.taken == 2 }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        happen("three")
        try run { self.lines.count == 2 }
        #expect(lines == ["one", "three"])
    }

    private final class Recorder: LogHandler {
        let lines = Mutex<[String]>([])
        var level: LogLevel { .warning }
        func write(_ level: LogLevel, _ text: String) { lines.withLock { $0.append(text) } }
    }

    @Test(
        "the log says what to do for a script that the kernel does not run",
        arguments: [("echo never\n", "begins with #!"), ("#!/bin/sh\r\necho never\r\n", "carriage return")])
    func firstLine(script: String, advice: String) throws {
        try Files.writeAtomically("\(folder)/10-it", Array(script.utf8), mode: 0o755)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        let recorder = Recorder()
        let telling = EventHooks(
            loop: loop, socket: folder + "/.sock", folder: folder, limit: .seconds(60), log: Logger(recorder))
        defer { telling.stop {} }
        try telling.start()
        try run { self.server.hasSubscribers(of: [.events]) }
        happen("one")
        func isTold(_ line: String) -> Bool { line.contains("10-it cannot be run") && line.contains(advice) }
        try run { recorder.lines.withLock { $0.contains(where: isTold) } }
    }

    @Test("the log says what to do for a file that cannot be executed, once, and again when it is asked to")
    func notExecutable() throws {
        try write("10-plain", "", mode: 0o644)
        try write("20-mine", "")
        try write("backup~", "", mode: 0o644)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        let recorder = Recorder()
        let place = HookFolder(folder, log: Logger(recorder))
        let complaint = "\(folder)/10-plain cannot be executed, run: chmod +x \(folder)/10-plain: it is not run"
        for count in 1...2 {
            #expect(place.hooks == ["\(folder)/20-mine"] && place.hooks.count == 1)
            #expect(recorder.lines.withLock { $0 } == Array(repeating: complaint, count: count))
            place.forget()
        }
    }

    @Test(
        "a hook that takes too long is ended with all that it started, and the next one runs; failing ones harm nobody")
    func overdue() throws {
        try write("10-slow", "trap '' TERM; sleep 1000 & echo $! >>$SAID; wait; sleep 1000")
        try write("20-broken", "exit 3")
        try write("30-last", "echo \"$SHISA_EVENT\" >>$SAID")
        try connect()
        happen("one")
        try run { self.lines.last == "one" }
        let child = try #require(lines.first.flatMap { Int32($0) })
        try run { !FileManager.default.fileExists(atPath: "/proc/\(child)") || self.isZombie(child) }
    }

    private func isZombie(_ process: Int32) -> Bool {
        (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8))?.contains(") Z ") ?? true
    }

    @Test("what comes faster than hooks run is left out beyond a limit, and the next hook learns how much")
    func flood() throws {
        try write("10-slow", "while [ ! -e \(folder)/.go ]; do sleep 0.01; done; echo \"$SHISA_DROPPED\" >>$SAID")
        let patient = EventHooks(
            loop: loop, socket: folder + "/.sock", folder: folder, limit: .seconds(60), log: Logger())
        defer { patient.stop {} }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        try patient.start()
        try run { self.server.hasSubscribers(of: [.events]) }
        let count = 1 + EventHooks.queueLimit + 5
        for _ in 0..<count { happen("busy") }
        try run { patient.dropped == 5 }
        try Data().write(to: URL(fileURLWithPath: folder + "/.go"))
        try run { self.lines.count == count - 5 }
        #expect(lines.filter { $0 == "5" }.count == 1 && lines.filter { $0 == "0" }.count == count - 6)
        happen("calm")
        try run { self.lines.count == count - 4 }
        #expect(lines.last == "0")
    }
}
