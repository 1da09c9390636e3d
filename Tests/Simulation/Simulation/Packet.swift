import MobilityWire

/// A packet on its way.
struct Packet {
    /// The whole packet from the IPv6 header on, for mobility signalling.
    var octets: [UInt8]
    /// The place from which it comes.
    var from: Int
    /// The node whose exchange it belongs to, and which of them.
    var node: Int
    var exchange: Int
    var route: Route

    enum Route {
        /// To the destination in its header.
        case direct
        /// From a node through its home agent, to the destination in its header.
        case reverseTunnel(node: Int, homeAgent: Int, careOf: IPv6Address)
        /// From a home agent to a node.
        case tunnel(homeAgent: Int, careOf: IPv6Address)
        /// An ICMPv6 echo; `octets` are the message alone.
        case echo(source: IPv6Address, destination: IPv6Address)
    }
}

/// The exchanges of a node that the network counts losses for.
struct Exchanges {
    let homeAgents: Int
    let correspondents: Int

    var count: Int { probe + 1 }

    /// Binding Updates and acknowledgements.
    func registration(_ agent: Int) -> Int { agent }
    /// Echo requests and replies.
    func echo(_ agent: Int) -> Int { homeAgents + agent }
    /// What a home agent says unasked.
    func notice(_ agent: Int) -> Int { 2 * homeAgents + agent }
    func homeTest(_ peer: Int) -> Int { 3 * homeAgents + peer }
    func careOfTest(_ peer: Int) -> Int { 3 * homeAgents + correspondents + peer }
    /// By which a node finds out whether an uplink leads anywhere: of these the network may lose any number.
    var probe: Int { 3 * homeAgents + 3 * correspondents }
    func routeUpdate(_ peer: Int) -> Int { 3 * homeAgents + 2 * correspondents + peer }
}
