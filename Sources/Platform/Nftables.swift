import Glibc

/// Packet filter rules, through the program `nft`.
public enum Nftables {
    /// Whether the program is there.
    public static var isInstalled: Bool { (try? Program.find("nft")) != nil }

    /// Applies a script of nft(8) as a whole: all of it, or nothing with an error that has nft's own words.
    ///
    /// Waits until nft has ended, some milliseconds.
    public static func apply(script: String) throws(PlatformError) {
        let outcome = try Program.run("nft", ["-f", "-"], input: script)
        guard outcome.status == 0 else {
            // nft repeats the script below its complaint; the first lines say it.
            let words = outcome.output.split(separator: "\n").prefix(3).joined(separator: " | ")
            throw PlatformError(
                call: "nft", errno: 0,
                detail: "nft refused the packet filter rules (status \(outcome.status)): \(words)")
        }
    }

    /// What a table has, `list(table: "ip6 shisa")`, in nft's words; nil where there is none.
    public static func list(table: String) throws(PlatformError) -> String? {
        let outcome = try Program.run(
            "nft", ["-nn", "list", "table"] + table.split(separator: " ").map(String.init), input: "")
        return outcome.status == 0 ? outcome.output : nil
    }

    /// Removes a table, `deleteTable("ip6 shisa")`; one that is not there is no error.
    public static func deleteTable(_ table: String) throws(PlatformError) {
        // Adding first makes the deletion succeed in either case.
        try apply(script: "add table \(table)\ndelete table \(table)\n")
    }
}
