public import MobilityWire

/// The rules of the file in the form in which both ends of the tunnel go by them (RFC 6089 §4.3): selectors with identifiers
/// and priorities that stay the same for as long as the file does. Only what each is bound to changes.
public struct FlowTable: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        /// FID and FID-PRI count from 1 in the order of the rules, so that the first match wins at the home agent too.
        public var rule: FlowRule
        /// The place of the rule in the file.
        public var requirement: Int
        public var via: [String]
        public var otherwise: FlowFallback
    }

    public let entries: [Entry]

    public static let empty = FlowTable(entries: [])

    private init(entries: [Entry]) { self.entries = entries }

    /// - Parameters:
    ///   - ingress: The prefixes behind each ingress interface: at the home agent there is no other sign of it.
    ///   - uplinks: The names that rules may use.
    public init(
        _ requirements: [FlowRequirement], ingress: [String: [IPv6Prefix]], uplinks: Set<String>
    ) throws(FlowRuleError) {
        var entries: [Entry] = []
        for (place, requirement) in requirements.enumerated() {
            guard !requirement.via.isEmpty else { throw .nowhere }
            for name in requirement.via where !uplinks.contains(name) { throw .unknownUplink(name) }
            for selector in try Self.selectors(requirement.match, ingress) {
                guard let number = UInt16(exactly: entries.count + 1), entries.count < PathTunables.selectors else {
                    throw .tooMany
                }
                entries.append(
                    Entry(
                        rule: FlowRule(identifier: number, priority: number, selector: selector),
                        requirement: place, via: requirement.via, otherwise: requirement.otherwise))
            }
        }
        self.entries = entries
    }

    private static func selectors(
        _ match: FlowRequirement.Match, _ ingress: [String: [IPv6Prefix]]
    ) throws(FlowRuleError) -> [TrafficSelector] {
        var own = match.localPrefixes
        if !match.ingress.isEmpty {
            var links: [IPv6Prefix] = []
            for name in match.ingress {
                guard let prefixes = ingress[name] else { throw .unknownIngress(name) }
                links += prefixes
            }
            own = own.isEmpty ? links : own.flatMap { local in links.compactMap { local.common(with: $0) } }
            // A link without such addresses has no packets.
            if own.isEmpty { return [] }
        }
        if let dscp = match.dscp, dscp.upperBound > 63 { throw .dscpOutOfRange }
        var selectors: [TrafficSelector] = []
        for far in match.prefixes.isEmpty ? [nil] : match.prefixes.map(Optional.some) {
            for near in own.isEmpty ? [nil] : own.map(Optional.some) {
                // Seen in the direction to the node (RFC 6088 §3.2): its source is the correspondent.
                selectors.append(
                    TrafficSelector(
                        sourceAddresses: far?.range, destinationAddresses: near?.range, sourcePorts: match.ports,
                        destinationPorts: match.localPorts,
                        trafficClasses: match.dscp.map { $0.lowerBound << 2...$0.upperBound << 2 },
                        nextHeaders: match.nextHeader.map { $0...$0 }))
            }
        }
        return selectors
    }
}

extension IPv6Prefix {
    /// The addresses that are in both: the narrower of the two, or none.
    fileprivate func common(with other: IPv6Prefix) -> IPv6Prefix? {
        let (wide, narrow) = length <= other.length ? (self, other) : (other, self)
        return wide.contains(narrow.address) ? narrow : nil
    }

    /// From its first address to its last.
    fileprivate var range: ClosedRange<IPv6Address> {
        let mask = IPv6Address(high: .max, low: .max).masked(to: length)
        return address...IPv6Address(high: address.high | ~mask.high, low: address.low | ~mask.low)
    }
}

/// Where the packets of a rule go now.
public struct FlowAssignment: Hashable, Sendable {
    public var rule: FlowRule
    /// The place of the rule in the file.
    public var requirement: Int
    public var way: Way
    public var since: Instant

    public enum Way: Hashable, Sendable {
        case uplink(index: UInt32, name: String)
        /// Where everything goes.
        case any
        case drop
        case wait
    }

    public init(rule: FlowRule, requirement: Int, way: Way, since: Instant) {
        self.rule = rule
        self.requirement = requirement
        self.way = way
        self.since = since
    }
}
