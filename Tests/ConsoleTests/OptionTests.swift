import Logging
import Testing

@testable import Console

@Suite("Command lines")
struct OptionTests {
    private func mrd(_ line: String) throws -> DaemonOptions {
        try DaemonOptions(ProgramDescription.mrd.parse(line.split(separator: " ").map(String.init)))
    }

    private func complaint(_ line: String) -> String? {
        do {
            _ = try mrd(line)
            return nil
        } catch {
            return (error as? UsageError)?.text
        }
    }

    @Test("Without options every default holds")
    func defaults() throws {
        let options = try mrd("")
        #expect(options.configuration == "/etc/shisa/shisa.conf")
        #expect(options.socket == "/run/shisa/mobility.sock")
        #expect(!options.isCheck)
        #expect(options.logLevel == .info)
        #expect(options.user == nil)
    }

    @Test(
        "An option may be written in every way that getopt_long takes",
        arguments: [
            "--config a.conf", "--config=a.conf", "-c a.conf", "-ca.conf", "--con a.conf", "-c b --config=a.conf",
        ])
    func spellings(line: String) throws {
        #expect(try mrd(line).configuration == "a.conf")
    }

    @Test("Every option of a daemon changes what it says")
    func all() throws {
        let options = try mrd("--config c --socket s --check --log-level debug --user nobody")
        #expect(options.configuration == "c")
        #expect(options.socket == "s")
        #expect(options.isCheck)
        #expect(options.logLevel == .debug)
        #expect(options.user == "nobody")
    }

    @Test(
        "A wrong command line says what would be right",
        arguments: [
            ("--confg x", "unknown option --confg, did you mean --config?"),
            ("--xyzzy", "unknown option --xyzzy"),
            ("-x", "unknown option -x"),
            ("--config", "--config needs an argument: --config FILE"),
            ("-c", "-c needs an argument: -c FILE"),
            ("--config=", "--config needs an argument that is not empty"),
            ("--check=yes", "--check takes no argument"),
            ("--c x", "--c may be --config or --check, write more of it"),
            ("--=x", "unknown option --"),
            ("start", "start is one word too many, only options are known"),
            (
                "--check shisa.conf",
                "shisa.conf is one word too many, only options are known; for a configuration file write "
                    + "--config shisa.conf"
            ),
            ("--config a.conf b.conf", "b.conf is one word too many, only options are known"),
            ("-- --check", "--check is one word too many, only options are known"),
            (
                "--log-level loud",
                "--log-level loud is none of trace, debug, info, notice, warning, error, critical"
            ),
        ])
    func wrong(line: String, text: String) {
        #expect(complaint(line) == text)
    }

    @Test("Words and options may stand in any order, and letters together")
    func mixed() throws {
        let line = try ProgramDescription.shisactl.parse(["events", "-jf", "-s/x", "--", "-y", "-"])
        #expect(line.words == ["events", "-y", "-"])
        #expect(line.options == ["json": "", "follow": "", "socket": "/x"])
    }
}
