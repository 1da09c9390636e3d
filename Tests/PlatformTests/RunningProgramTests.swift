import CLinux
import Glibc
import MobilityWire
import Testing

@testable import Platform

@Suite("Programs that run beside us")
struct RunningProgramTests {
    private func outcome(_ name: String, _ arguments: [String], limit: Instant.Span = .seconds(60)) throws
        -> RunningProgram.Outcome?
    {
        let loop = try EventLoop()
        var outcome: RunningProgram.Outcome?
        let program = try RunningProgram(name, arguments, limit: limit, on: loop) {
            outcome = $0
            loop.stop()
        }
        try withExtendedLifetime(program) { try loop.run(for: .seconds(60)) }
        return outcome
    }

    @Test("the end of a program comes with its status and all that it wrote")
    func end() throws {
        let outcome = try outcome("sh", ["-c", "echo out; echo err >&2; read line; echo \"<$line>\"; exit 3"])
        #expect(outcome == .init(status: 3, output: "out\nerr\n<>\n", isOverdue: false))
    }

    @Test("of what a program prints the beginning is kept, and nobody fills the memory with the rest")
    func verbose() throws {
        let all = try outcome("sh", ["-c", "head -c 65536 /dev/zero | tr '\\0' x; echo more >&2; echo >/dev/stderr"])
        #expect(all == .init(status: 0, output: String(repeating: "x", count: 65_536), isOverdue: false))
        let before = try memoryFiles()
        // One that goes on by itself, after the end and until nobody takes what it prints.
        let left = try outcome("sh", ["-c", "echo first; yes & sleep 1"])
        #expect(left?.status == 0 && left?.output.hasPrefix("first\n") == true && left?.output.utf8.count == 65_536)
        #expect(try memoryFiles() - before < 16 << 10, "kilobytes")
    }

    /// Kilobytes of files in memory on this machine.
    private func memoryFiles() throws -> Int {
        let text = String(decoding: try Files.read("/proc/meminfo", limit: 65_536), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Shmem:") })
        return try #require(Int(line.split(separator: " ")[1]))
    }

    @Test("a program that takes too long is ended, also one that does not want to")
    func overdue() throws {
        let gentle = try outcome("sleep", ["1000"], limit: .milliseconds(50))
        #expect(gentle == .init(status: 128 + SIGTERM, output: "", isOverdue: true))
        let stubborn = try outcome(
            "sh", ["-c", "trap '' TERM; echo here; while :; do sleep 0.1; done"], limit: .seconds(5))
        #expect(stubborn?.status == 128 + SIGKILL && stubborn?.isOverdue == true)
    }

    @Test("a program that is not there is an error, and one that is abandoned is gone")
    func others() throws {
        let loop = try EventLoop()
        #expect(throws: PlatformError.self) {
            _ = try RunningProgram("no-such-program", [], limit: .seconds(1), on: loop) { _ in }
        }
        let path = "/tmp/shisa-abandoned-\(ProcessIdentity.processIdentifier)"
        defer { unlink(path) }
        let program = try RunningProgram(
            "sh", ["-c", "echo $$ >\(path)~; mv \(path)~ \(path); exec sleep 1000"], limit: .seconds(60), on: loop
        ) { _ in Issue.record("it was abandoned") }
        while access(path, F_OK) != 0 { try loop.run(for: .milliseconds(5)) }
        let octets = try Files.read(path, limit: 20).filter { $0 >= 0x30 && $0 <= 0x39 }
        let child = try #require(pid_t(String(decoding: octets, as: UTF8.self)))
        #expect(kill(child, 0) == 0)
        program.abandon()
        program.abandon()
        try loop.run(for: .milliseconds(20))
        #expect(kill(child, 0) == -1 && errno == ESRCH)
    }

    @Test("a line is a program's standard input and output")
    func line() throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(master) }
        var lock: Int32 = 0
        var number: UInt32 = 0
        // TIOCSPTLCK and TIOCGPTN.
        try #require(master >= 0 && shisa_ioctl(master, 0x4004_5431, &lock) == 0)
        try #require(shisa_ioctl(master, 0x8004_5430, &number) == 0)
        let name = "/dev/pts/\(number)"
        let loop = try EventLoop()
        var outcome: RunningProgram.Outcome?
        let program = try RunningProgram(
            "sh", ["-c", "read line; echo \"answer to $line\"; echo told >&2"], line: name, limit: .seconds(60),
            on: loop
        ) {
            outcome = $0
            loop.stop()
        }
        var question = Array("question\r".utf8)
        #expect(write(master, &question, question.count) == question.count)
        try withExtendedLifetime(program) { try loop.run(for: .seconds(60)) }
        #expect(outcome == .init(status: 0, output: "told\n", isOverdue: false))
        // First the echo of the line, and then, maybe by itself, the answer.
        var heard = ""
        var poll = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        while !heard.contains("answer to question"), Glibc.poll(&poll, 1, 10_000) == 1 {
            var buffer = [UInt8](repeating: 0, count: 200)
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            heard += String(decoding: buffer[..<count], as: UTF8.self)
        }
        #expect(heard.contains("answer to question"))
    }
}
