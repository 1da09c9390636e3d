public import MobilityWire

/// One of the list `policy.flows`: packets that take uplinks of their own (RFC 6089).
public struct FlowSettings: Hashable, Sendable {
    public var match: Match
    /// The uplinks that may carry the flow, best first; where none of them works, the best uplink of all does.
    public var via: [String]

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
        /// Differentiated services code point, 0 to 63.
        public var codePoint: UInt8?

        public init(
            nextHeader: UInt8? = nil, ports: ClosedRange<UInt16>? = nil, localPorts: ClosedRange<UInt16>? = nil,
            address: IPv6Prefix? = nil, localAddress: IPv6Prefix? = nil, codePoint: UInt8? = nil
        ) {
            self.nextHeader = nextHeader
            self.ports = ports
            self.localPorts = localPorts
            self.address = address
            self.localAddress = localAddress
            self.codePoint = codePoint
        }
    }

    public init(match: Match, via: [String]) {
        self.match = match
        self.via = via
    }

    /// Protocols that have a name in the file.
    static let protocols: [(name: String, number: UInt8)] = [
        ("tcp", 6), ("udp", 17), ("esp", 50), ("icmpv6", 58), ("sctp", 132),
    ]
    /// Those whose packets have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
    static let withPorts: Set<UInt8> = [6, 17, 33, 132, 136]
}
