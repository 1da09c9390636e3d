import Glibc
import Testing

@testable import Platform

@Suite("Privileges")
struct PrivilegesTests {
    /// Only the real root may become another user; in a user namespace there may be no other.
    static let isRealRoot: Bool = {
        guard geteuid() == 0, let map = try? Files.read("/proc/self/uid_map") else { return false }
        return String(decoding: map, as: UTF8.self).contains("4294967295") && Privileges.has(.init(rawValue: 7))
    }()

    @Test(
        "a program that drops its privileges is another user, keeps what it asked for and cannot come back",
        .enabled(if: isRealRoot, "needs the real root"))
    func drop() throws {
        let (result, _) = try ChildProcess.run {
            try Privileges.drop(toUser: "nobody", keeping: [.networkAdministration, .rawSockets])
            var said: [String] = []
            if geteuid() == 65_534 && getuid() == 65_534 { said.append("nobody") }
            if Privileges.has(.networkAdministration) && Privileges.has(.rawSockets) { said.append("keeps") }
            if !Privileges.has(.changeOwner) && !Privileges.isRoot { said.append("lost") }
            if setuid(0) != 0 { said.append("for good") }
            // Without handing on, programs have nothing.
            let status = try Program.run(
                "sh", ["-c", "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status"], input: "")
            said.append(status.output.split(whereSeparator: \.isWhitespace).joined(separator: " "))
            return said.joined(separator: ", ")
        }
        #expect(
            result == """
                nobody, keeps, lost, for good, CapEff: 0000000000000000 CapBnd: 0000000000003000 NoNewPrivs: 1
                """)
    }

    @Test("kept capabilities are handed on to programs when asked", .enabled(if: isRealRoot, "needs the real root"))
    func forChildren() throws {
        let (result, _) = try ChildProcess.run {
            try Privileges.drop(toUser: "nobody", keeping: [.networkAdministration], forChildren: true)
            return try Program.run("sh", ["-c", "grep CapEff /proc/self/status"], input: "").output
        }
        #expect(result == "CapEff:\t0000000000001000\n")
    }

    @Test("an unknown user is an error that names it")
    func unknown() {
        let error = #expect(throws: PlatformError.self) { try Privileges.drop(toUser: "nobody-has-this-name") }
        #expect(error?.description.contains("nobody-has-this-name") == true)
    }
}
