public import MobilityWire

/// A rule of the file: which packets take which uplinks. The first that matches counts.
public struct FlowRequirement: Hashable, Sendable {
    public var match: Match
    /// Names of uplinks, best first.
    public var via: [String]
    /// When none of the named uplinks is up.
    public var otherwise: FlowFallback

    /// What is absent or empty matches everything.
    public struct Match: Hashable, Sendable {
        /// The protocol behind the extension headers (IANA's number).
        public var nextHeader: UInt8?
        /// Ports of the correspondents, mwan3's `dest_port`, and of the hosts here, its `src_port`.
        public var ports: ClosedRange<UInt16>?
        public var localPorts: ClosedRange<UInt16>?
        /// Of the correspondents.
        public var prefixes: [IPv6Prefix]
        /// Of the hosts here.
        public var localPrefixes: [IPv6Prefix]
        /// 0 to 63 (RFC 2474).
        public var dscp: ClosedRange<UInt8>?
        /// Names of interfaces towards the mobile network.
        public var ingress: [String]

        public init(
            nextHeader: UInt8? = nil, ports: ClosedRange<UInt16>? = nil, localPorts: ClosedRange<UInt16>? = nil,
            prefixes: [IPv6Prefix] = [], localPrefixes: [IPv6Prefix] = [], dscp: ClosedRange<UInt8>? = nil,
            ingress: [String] = []
        ) {
            self.nextHeader = nextHeader
            self.ports = ports
            self.localPorts = localPorts
            self.prefixes = prefixes
            self.localPrefixes = localPrefixes
            self.dscp = dscp
            self.ingress = ingress
        }
    }

    public init(match: Match, via: [String], otherwise: FlowFallback = .any) {
        self.match = match
        self.via = via
        self.otherwise = otherwise
    }
}

/// Why a rule cannot be used.
public enum FlowRuleError: Error, Hashable, Sendable {
    /// There is no ingress interface of that name.
    case unknownIngress(String)
    case unknownUplink(String)
    /// It names no uplink.
    case nowhere
    case dscpOutOfRange
    /// All rules together come to more selectors than fit into a Binding Update.
    case tooMany

    public var text: String {
        switch self {
        case .unknownIngress(let name): "\(name) is no ingress interface"
        case .unknownUplink(let name): "\(name) is no uplink"
        case .nowhere: "via names no uplink"
        case .dscpOutOfRange: "a DSCP is 0 to 63"
        case .tooMany:
            "the rules come to more than \(PathTunables.selectors) selectors; each prefix of each ingress interface is one"
        }
    }
}
