import CLinux
import Glibc
import MobilityWire
import Testing

@testable import Platform

@Suite("Message sockets")
struct UnixSeqpacketTests {
    let path = "/tmp/shisa-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"

    @Test("a peer is known by its credentials, and whole messages go both ways")
    func exchange() throws {
        let loop = try EventLoop()
        let listener = try UnixSeqpacketListener(path: path, mode: 0o600)
        var server: UnixSeqpacketConnection?
        var heard: [[UInt8]] = []
        var closed = false
        try listener.start(on: loop) { connection in
            server = connection
            #expect(connection.peer == .init(pid: getpid(), uid: getuid(), gid: getgid()))
            try? connection.start(
                on: loop,
                onMessage: { message in
                    heard.append(message)
                    connection.send(message.reversed())
                },
                onClose: {
                    closed = true
                    loop.stop()
                })
        }
        let client = try UnixSeqpacketConnection.connect(path: path)
        var answers: [[UInt8]] = []
        try client.start(
            on: loop,
            onMessage: { message in
                answers.append(message)
                if answers.count == 2 { client.close() }
            }, onClose: {})
        let long = [UInt8](repeating: 7, count: UnixSeqpacketConnection.messageLimit)
        #expect(client.send([1, 2, 3]) == .sent)
        #expect(client.send(long) == .sent)
        loop.timer(after: .seconds(5)) { loop.stop() }
        try loop.run()
        #expect(heard == [[1, 2, 3], long])
        #expect(answers == [[3, 2, 1], long])
        #expect(closed)
        #expect(client.send([1]) == .closed)
        server?.close()
        listener.close()
        #expect(!Files.exists(path))
    }

    @Test("what a peer does not read waits in a queue of limited length and then arrives in order")
    func queueLimit() throws {
        let loop = try EventLoop()
        let (left, right) = try UnixSeqpacketConnection.pair(queueLimit: 100_000)
        try left.start(on: loop, onMessage: { _ in }, onClose: {})
        var outcomes: [UnixSeqpacketConnection.SendOutcome] = []
        var accepted: [UInt8] = []
        for number in 0..<255 {
            let outcome = left.send([UInt8](repeating: UInt8(number), count: 10_000))
            outcomes.append(outcome)
            if outcome == .sent || outcome == .queued { accepted.append(UInt8(number)) }
        }
        #expect(outcomes.first == .sent)
        #expect(outcomes.contains(.queued))
        #expect(outcomes.last == .full)
        #expect(left.queuedOctets <= 100_000)
        var heard: [UInt8] = []
        try right.start(
            on: loop,
            onMessage: {
                #expect($0.count == 10_000)
                heard.append($0[0])
            }, onClose: {})
        #expect(try loop.run(until: { heard.count == accepted.count && left.queuedOctets == 0 }))
        #expect(heard == accepted)
        #expect(left.queuedOctets == 0)
        #expect(left.send([1]) == .sent)
    }

    @Test("a socket file that nobody answers at is replaced, one in use is not")
    func staleSocket() throws {
        // A socket that is bound and then closed leaves its file.
        do {
            let abandoned = try Syscalls.socket(AF_UNIX, SOCK_SEQPACKET, 0, "")
            try Syscalls.bindUnix(abandoned.number, to: path)
        }
        #expect(Files.exists(path))
        let listener = try UnixSeqpacketListener(path: path, mode: 0o660)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
        let error = #expect(throws: PlatformError.self) { _ = try UnixSeqpacketListener(path: path) }
        #expect(error?.errno == EADDRINUSE)
        listener.close()
        try Files.writeAtomically(path, [1])
        #expect(throws: PlatformError.self) { _ = try UnixSeqpacketListener(path: path) }
        #expect(try Files.read(path) == [1])
        try Files.remove(path)
    }

    @Test("a listener that is closed leaves another program's socket alone")
    func foreignSocket() throws {
        let first = try UnixSeqpacketListener(path: path)
        try Files.remove(path)
        let second = try UnixSeqpacketListener(path: path)
        first.close()
        #expect(Files.exists(path))
        second.close()
    }

    @Test("connecting where nobody listens is an error that names the path")
    func nobody() {
        let error = #expect(throws: PlatformError.self) { _ = try UnixSeqpacketConnection.connect(path: path) }
        #expect(error?.isAbsent == true)
        #expect(error?.description.contains(path) == true)
        let long = #expect(throws: PlatformError.self) {
            _ = try UnixSeqpacketConnection.connect(path: "/tmp/" + String(repeating: "x", count: 200))
        }
        #expect(long?.description.contains("1 to 107 octets") == true)
    }
}
