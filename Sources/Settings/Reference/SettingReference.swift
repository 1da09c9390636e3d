import MobilityWire

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
        /// A length of time in milliseconds.
        case time(ClosedRange<Int64>)
        /// A number of octets.
        case octets(ClosedRange<UInt64>)
        case oneOf([String])
        case nextHeader
        case ports
        case codePoints
        case uplinks
        /// Times of the week.
        case schedule
        case key
        case secret
        case folder
        case ssid
        case wirelessSecret
        case country
        case bssid

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
            case .time(let range):
                "a time from \(TimeText.text(range.lowerBound)) to \(TimeText.text(range.upperBound)): seconds such as 1.5, or "
                    + "with a unit such as \"\(TimeText.text(Self.usual(in: range)))\""
            case .octets(let range):
                "octets from \(OctetText.text(range.lowerBound)) to \(OctetText.text(range.upperBound)) such as \"20 MB\""
            case .oneOf(let words): words.map { "\"\($0)\"" }.joined(separator: " or ")
            case .nextHeader:
                FlowSettings.protocols.map { "\"\($0.name)\", " }.joined() + "or the number of a protocol from 0 to 255"
            case .ports: "a port such as 5060, or several such as \"5060-5061\""
            case .codePoints:
                "a code point from 0 to 63 or its name such as \"ef\", \"cs5\" or \"af41\", or first and last such as "
                    + "\"af11-af13\""
            case .uplinks: "a list of uplinks such as [ \"wwan0\", \"eth0\" ]"
            case .schedule: "a list of times of the week such as [ \"Mo-Fr 08:00-18:00\" ]"
            case .key: "\"hex:\" and 32 hexadecimal digits, or \"file:\" and the path of a file that holds them"
            case .secret: "text in quotes, or \"file:\" and the path of a file that holds it"
            case .folder: "the path of a folder"
            case .ssid:
                "the name of a WLAN, 1 to 32 octets long, or \"hex:\" and the octets as pairs of hexadecimal digits"
            case .wirelessSecret:
                "8 to 63 printable ASCII characters, 64 hexadecimal digits, or \"file:\" and the path of a file that holds "
                    + "either"
            case .country: "the two capital letters of a country such as \"DE\""
            case .bssid: "the address of an access point such as \"02:00:5e:00:53:01\""
            }
        }

        /// An example that would be taken.
        private static func time(in range: ClosedRange<Int64>) -> String {
            let examples: [(seconds: Int64, text: String)] = [
                (600, "10 min"), (30, "30 s"), (5, "5 s"), (86_400, "1 d"),
            ]
            return examples.first { range.contains($0.seconds) }?.text ?? "\(range.upperBound) s"
        }

        /// Milliseconds that would be taken.
        private static func usual(in range: ClosedRange<Int64>) -> Int64 {
            min(max(500, range.lowerBound), range.upperBound)
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
