import Testing

@testable import Platform

@Suite("The packet filter", .needsNetwork, .enabled(if: Nftables.isInstalled, "the program nft is not installed"))
struct NftablesTests {
    @Test("a script is applied as a whole, an error has nft's words, and a table is removed whether it is there or not")
    func apply() throws {
        try NetworkNamespace.run {
            try Nftables.apply(
                script: """
                    table ip6 shisa {
                        chain prerouting {
                            type filter hook prerouting priority raw; policy accept;
                            ip6 nexthdr { 60, 43, 135 } drop
                        }
                    }
                    """)
            func list() throws -> String { try Program.run("nft", ["list", "ruleset"], input: "").output }
            #expect(try list().contains("ip6 nexthdr"))
            let error = #expect(throws: PlatformError.self) {
                try Nftables.apply(script: "add table ip6 other\nadd rule ip6 absent prerouting accept\n")
            }
            #expect(error?.description.contains("No such file or directory") == true)
            #expect(try !list().contains("other"))
            try Nftables.deleteTable("ip6 shisa")
            try Nftables.deleteTable("ip6 shisa")
            #expect(try list() == "")
        }
    }

    @Test("a program that is not there, one that fails and one that is killed are told apart")
    func programs() throws {
        let absent = #expect(throws: PlatformError.self) { try Program.run("shisa-absent", [], input: "") }
        #expect(absent?.isAbsent == true)
        let failed = try Program.run("sh", ["-c", "cat; echo oops >&2; exit 3"], input: "in ")
        #expect(failed.status == 3 && failed.output == "in oops\n")
        #expect(try Program.run("sh", ["-c", "kill -TERM $$"], input: "").status == 143)
        let long = String(repeating: "x", count: 300_000)
        #expect(try Program.run("sh", ["-c", "cat"], input: long).output.utf8.count == 65_536)
    }
}
