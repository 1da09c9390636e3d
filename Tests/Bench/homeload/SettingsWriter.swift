import Glibc
import MobilityWire

/// Writes the settings of a home agent that serves the population.
enum SettingsWriter {
    private static let nodesOfFile = 10_000

    /// Makes `had.conf` in a folder, and the files of its nodes.
    static func write(nodes: Int, to folder: String) {
        // There are keys in them.
        umask(0o077)
        mkdir("\(folder)/nodes.d", 0o700)
        for (number, first) in stride(from: 0, to: nodes, by: nodesOfFile).enumerated() {
            let last = min(first + nodesOfFile, nodes) - 1
            var text = "nodes = (\n"
            for node in first...last {
                text += """
                    { address = "\(Population.homeAddress(node))"; prefixes = [ "\(Population.prefix(node))" ]; \
                    name = "node-\(node)"; authentication = { spi = \(Population.securityParameterIndex); \
                    key = "hex:\(hexadecimal(Population.keyOctets(node)))"; }; }\(node < last ? "," : "")

                    """
            }
            save(text + ");\n", to: "\(folder)/nodes.d/\(number).conf")
        }
        save(
            """
            home_agent = {
                addresses = [ "\(Population.homeAgent)" ];
                prefixes = [ "\(Population.homePrefix)" ];
                limits = { bindings = \(max(nodes, 1)); };
                state = "had.state";
                nodes_dir = "nodes.d";
            };

            """, to: "\(folder)/had.conf")
    }

    private static func hexadecimal(_ octets: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func save(_ text: String, to path: String) {
        guard let file = fopen(path, "w") else { fail("cannot write \(path): \(String(cString: strerror(errno)))") }
        _ = text.withCString { fputs($0, file) }
        guard fclose(file) == 0 else { fail("cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}
