public import MobilityWire

/// One of the list `policy.flows`: packets that take uplinks of their own (RFC 6089).
public struct FlowSettings: Hashable, Sendable {
    public var match: Match
    /// The uplinks that may carry the flow, best first.
    public var via: [String]
    /// What becomes of it while none of them works.
    public var otherwise: FlowFallback

    /// How many flows a file may have: what a Binding Update has room for.
    public static let limit = 16

    /// Which packets belong to it, of both directions. What is absent matches everything; something is there.
    public struct Match: Hashable, Sendable {
        /// The number of a protocol (Next Header).
        public var nextHeader: UInt8?
        /// Ports of the correspondent.
        public var ports: ClosedRange<UInt16>?
        /// Ports of the host behind the router, or of the mobile host.
        public var localPorts: ClosedRange<UInt16>?
        /// Addresses of correspondents.
        public var address: IPv6Prefix?
        /// Addresses of hosts behind the router, or of the mobile host.
        public var localAddress: IPv6Prefix?
        /// Differentiated services code points, 0 to 63.
        public var codePoints: ClosedRange<UInt8>?
        /// The interface towards the mobile network behind which the host is.
        public var ingress: String?

        public init(
            nextHeader: UInt8? = nil, ports: ClosedRange<UInt16>? = nil, localPorts: ClosedRange<UInt16>? = nil,
            address: IPv6Prefix? = nil, localAddress: IPv6Prefix? = nil, codePoints: ClosedRange<UInt8>? = nil,
            ingress: String? = nil
        ) {
            self.nextHeader = nextHeader
            self.ports = ports
            self.localPorts = localPorts
            self.address = address
            self.localAddress = localAddress
            self.codePoints = codePoints
            self.ingress = ingress
        }

        /// For people: `udp 5060-5061, to 2001:db8::/32`.
        public var summary: String {
            func text(_ range: ClosedRange<some BinaryInteger>) -> String {
                "\(range.lowerBound)" + (range.lowerBound == range.upperBound ? "" : "-\(range.upperBound)")
            }
            let name = nextHeader.map { number in
                FlowSettings.protocols.first { $0.number == number }?.name ?? "protocol \(number)"
            }
            let far = ports.map(text)
            let parts = [
                far.map { "\(name ?? "port") \($0)" } ?? name, localPorts.map { "local port \(text($0))" },
                address.map { "to \($0)" }, localAddress.map { "from \($0)" }, codePoints.map { "dscp \(text($0))" },
                ingress.map { "behind \($0)" },
            ]
            return parts.compactMap(\.self).joined(separator: ", ")
        }
    }

    public init(match: Match, via: [String], otherwise: FlowFallback = .any) {
        self.match = match
        self.via = via
        self.otherwise = otherwise
    }

    /// Protocols that have a name in the file.
    static let protocols: [(name: String, number: UInt8)] = [
        ("tcp", 6), ("udp", 17), ("esp", 50), ("icmpv6", 58), ("sctp", 132),
    ]
    /// Those whose packets have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
    static let withPorts: Set<UInt8> = [6, 17, 33, 132, 136]

    /// Code points that have a name: RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622.
    static let codePoints: [String: UInt8] = {
        var all: [String: UInt8] = ["df": 0, "le": 1, "va": 44, "ef": 46]
        for precedence in UInt8(0)...7 { all["cs\(precedence)"] = precedence * 8 }
        for group in UInt8(1)...4 {
            for drop in UInt8(1)...3 { all["af\(group)\(drop)"] = group * 8 + drop * 2 }
        }
        return all
    }()
}
