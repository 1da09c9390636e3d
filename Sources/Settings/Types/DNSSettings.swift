public import MobilityWire

/// The group `dns`: what a mobile router answers its hosts' questions for names with.
public struct DNSSettings: Hashable, Sendable {
    /// The resolvers that it asks itself, through the tunnel. At least one.
    public var servers: [IPv6Address]
    /// The domain of the hosts, in lower case and without a dot at its end; nil for none.
    public var domain: String?

    public init(servers: [IPv6Address], domain: String? = nil) {
        self.servers = servers
        self.domain = domain
    }

    /// The domain that a text names, in lower case, if it is one: labels of letters, digits and hyphens (RFC 1123 §2.1).
    static func domain(_ text: String) -> String? {
        // RFC 1035 §2.3.4, as text: two octets of the 255 are for what text does not show.
        guard text.utf8.count <= 253 else { return nil }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        for label in labels {
            guard (1...63).contains(label.count), label.first != hyphen, label.last != hyphen else { return nil }
            let isPlain = label.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), hyphen:
                    true
                default: false
                }
            }
            guard isPlain else { return nil }
        }
        return text.lowercased()
    }
}
