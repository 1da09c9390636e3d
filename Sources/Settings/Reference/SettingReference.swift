/// What one name of the configuration file means: the one source of the names that are known, of
/// `docs/configuration.md` and of the manual page.
public struct SettingReference: Hashable, Sendable {
    /// The names from the outermost group on, joined by dots: `home.lifetime`, `uplinks.interface`.
    public var path: String
    public var kind: Kind
    public var presence: Presence
    /// What it does, in a sentence or two.
    public var text: String
    /// A value as it would stand in a file.
    public var example: String

    init(_ path: String, _ kind: Kind, _ presence: Presence, example: String = "", _ text: String) {
        self.path = path
        self.kind = kind
        self.presence = presence
        self.text = text
        self.example = example
    }

    /// The last name of `path`.
    public var name: String { path.split(separator: ".").last.map(String.init) ?? path }
    /// The path of the group that it stands in; empty for the outermost.
    public var group: String { path.split(separator: ".").dropLast().joined(separator: ".") }

    /// What is written behind the `=`.
    public enum Kind: Hashable, Sendable {
        case group
        case groups
        case address
        /// An address, or the word "discover".
        case homeAgent
        case addresses
        case addressWithLength
        case prefix
        case prefixes
        case interface
        case string
        case flag
        case integer(ClosedRange<Int64>)
        /// A length of time in whole seconds.
        case seconds(ClosedRange<Int64>)
        case oneOf([String])
        case nextHeader
        case ports
        case uplinks
        case key
        case folder

        /// For people: what would be right.
        public var text: String {
            switch self {
            case .group: "a group { … }"
            case .groups: "a list of groups ( { … }, { … } )"
            case .address: "an IPv6 address such as \"2001:db8:1::1\""
            case .homeAgent: "an IPv6 address such as \"2001:db8:1::1\", or \"discover\""
            case .addresses: "a list of IPv6 addresses such as [ \"2001:db8:1::1\" ]"
            case .addressWithLength: "an IPv6 address with the prefix length of its link such as \"2001:db8:1::100/64\""
            case .prefix: "an IPv6 prefix such as \"2001:db8:10::/64\""
            case .prefixes: "a list of IPv6 prefixes such as [ \"2001:db8:10::/60\" ]"
            case .interface: "the name of a network interface such as \"eth0\""
            case .string: "text in quotes"
            case .flag: "true or false"
            case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
            case .seconds(let range):
                "seconds from \(range.lowerBound) to \(range.upperBound), "
                    + "or a time with a unit such as \"\(Self.time(in: range))\""
            case .oneOf(let words): words.map { "\"\($0)\"" }.joined(separator: " or ")
            case .nextHeader:
                FlowSettings.protocols.map { "\"\($0.name)\", " }.joined() + "or the number of a protocol from 0 to 255"
            case .ports: "a port such as 5060, or several such as \"5060-5061\""
            case .uplinks: "a list of uplinks such as [ \"wwan0\", \"eth0\" ]"
            case .key: "\"hex:\" and 32 hexadecimal digits, or \"file:\" and the path of a file that holds them"
            case .folder: "the path of a folder"
            }
        }

        /// An example that would be taken.
        private static func time(in range: ClosedRange<Int64>) -> String {
            let examples: [(seconds: Int64, text: String)] = [
                (600, "10 min"), (30, "30 s"), (5, "5 s"), (86_400, "1 d"),
            ]
            return examples.first { range.contains($0.seconds) }?.text ?? "\(range.upperBound) s"
        }
    }

    /// Whether it may be left out, and what holds then.
    public enum Presence: Hashable, Sendable {
        case required
        /// What the text tells holds when it is left out.
        case optional
        case defaultsTo(String)
    }
}
