import CLinux
import Glibc
import Logging
import Testing

@testable import Platform

@Suite("Logs")
struct LogTests {
    @Test("a line has the program, the level, and the text; the level changes at run time")
    func lines() throws {
        let (_, lines) = try ChildProcess.run {
            let log = Log.bootstrap(program: "mrd", level: .notice, syslog: false)
            log.info("not said")
            log.warning("uplink eth0 lost")
            Log.level = .debug
            log.debug("now said")
            log.error("two\nlines \u{1b}[31m")
            Log.level = .critical
            log.error("not said")
            return ""
        }
        #expect(
            lines == """
                mrd: warning: uplink eth0 lost
                mrd: debug: now said
                mrd: error: two\\u{a}lines \\u{1b}[31m

                """)
    }

    @Test("the system's log gets datagrams, also after it was restarted, and its absence stops nobody")
    func systemLog() throws {
        let path = "/tmp/shisa-test-log-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path) }
        func read(_ descriptor: Int32) -> String? {
            var buffer = [UInt8](repeating: 0, count: 9000)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
        }
        var absent = SystemLog(program: "had", path: path)
        absent.write(.error, "nobody reads this")

        var log = SystemLog(program: "had", path: path)
        do {
            let reader = try Syscalls.socket(AF_UNIX, SOCK_DGRAM, 0, "")
            try Syscalls.bindUnix(reader.number, to: path)
            log.write(.warning, "first")
            #expect(read(reader.number) == "<28>had[\(getpid())]: first")
            // A reader that does not read does not hold us up.
            for _ in 0..<2000 { log.write(.info, String(repeating: "x", count: 500)) }
            // A child that another test forked just now may hold the socket as well.
            shutdown(reader.number, Int32(SHUT_RDWR))
        }
        unlink(path)
        let reader = try Syscalls.socket(AF_UNIX, SOCK_DGRAM, 0, "")
        try Syscalls.bindUnix(reader.number, to: path)
        log.write(.critical, "second")
        #expect(read(reader.number) == "<26>had[\(getpid())]: second")
        log.write(.debug, String(repeating: "y", count: 20_000))
        #expect(read(reader.number)?.utf8.count == 8192)
    }

    @Test("an error says what failed, why, and what to do")
    func errors() {
        let error = PlatformError(call: "socket", errno: EPERM, detail: "cannot receive packets")
        #expect(
            error.description == """
                cannot receive packets: Operation not permitted (socket, EPERM); run as root, or give the program the \
                capabilities CAP_NET_ADMIN and CAP_NET_RAW
                """)
        #expect(ExitStatus(error) == .noPermission)
        #expect(ExitStatus(PlatformError(call: "x", errno: ENOMEM, detail: "y")) == .operatingSystem)
        #expect(PlatformError(call: "nft", errno: 0, detail: "only this").description == "only this")
        #expect(PlatformError(call: "x", errno: 9999, detail: "y").name == "errno 9999")
    }
}
