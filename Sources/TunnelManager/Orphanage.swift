import Forwarding
import MobilityWire

/// Knows whose a tunnelled packet without a binding is, and how often its node may be told.
struct Orphanage {
    /// A node is told once in this time.
    static let interval = Instant.Span.seconds(1)
    /// Nodes whose last time is remembered; more at once are told next time.
    static let limit = 1024

    private let nodes: [ManagerConfiguration.Node]
    private let table: PrefixTable
    private var told: [IPv6Address: Instant] = [:]

    init(_ nodes: [ManagerConfiguration.Node]) {
        self.nodes = nodes
        table = PrefixTable(
            nodes.enumerated().flatMap { index, node in
                ([IPv6Prefix(host: node.homeAddress)] + node.prefixes).map { ($0, Int32(index)) }
            })
    }

    /// The home address of the node that the packet's inner source belongs to; nil for strangers, and for a node that was
    /// told a moment ago.
    mutating func homeAddress(of orphan: EngineBoard.Orphan, at now: Instant) -> IPv6Address? {
        guard let index = table.lookup(orphan.source), nodes.indices.contains(Int(index)) else { return nil }
        let homeAddress = nodes[Int(index)].homeAddress
        if let last = told[homeAddress], now - last < Self.interval { return nil }
        if told.count >= Self.limit { told = told.filter { now - $0.value < Self.interval } }
        guard told.count < Self.limit else { return nil }
        told[homeAddress] = now
        return homeAddress
    }
}
