import Forwarding
import MobilityWire

/// The nodes that packets come to, with the addresses of the examples that the corpus has, too.
struct Stage: Sendable {
    let table: ForwardingTable
    /// Who may be the source of a packet from a tunnel, and its destination: by the tunnel's ends.
    let tunnels: [Way]
    /// Addresses and prefixes that are this node's: nobody outside has them.
    let own: [IPv6Prefix]
    /// What a packet that came past the home agent may be addressed to.
    let directDestinations: Set<IPv6Address>
    /// What else may have carried a source in a Home Address option: home address and care-of address.
    let bound: [IPv6Address: IPv6Address]

    struct Way: Sendable {
        var local: IPv6Address
        var remote: IPv6Address
        var sources: [IPv6Prefix]
        var destinations: [IPv6Prefix]
    }

    static let host = address("2001:db8:10::10")
    static let peer = address("2001:db8:c::c")
    static let careOf = address("2001:db8:a1::2")
    static let formerCareOf = address("2001:db8:a2::2")
    static let homeAgent = address("2001:db8:1::1")
    static let home = address("2001:db8:1::100")
    static let otherHome = address("2001:db8:2::200")
    static let otherCareOf = address("2001:db8:a3::3")
    static let prefix = IPv6Prefix(address("2001:db8:10::"), length: 60)
    static let everywhere = IPv6Prefix(.unspecified, length: 0)

    /// By the lower two bits of a number.
    static func numbered(_ number: UInt8) -> Stage { all[Int(number & 3)] }

    private static let all = [router(), agent(), mobileHost(), correspondent()]

    private static func address(_ text: String) -> IPv6Address { IPv6Address(text) ?? .unspecified }

    private static func tunnel(_ local: IPv6Address, _ remote: IPv6Address) -> Tunnel {
        Tunnel(local: local, remote: remote, egress: 0, mtu: 1460, counters: TunnelCounters())
    }

    private static func exactly(_ address: IPv6Address) -> IPv6Prefix { IPv6Prefix(address, length: 128) }

    /// A mobile router with two care-of addresses; some flows have no way, and others go by the second.
    private static func router() -> Stage {
        let own = [exactly(home), prefix]
        let places = (0..<FlowShare.buckets).map { UInt8($0 & 1) }
        let owner = ForwardingTable.Owner(
            homeAddress: home, prefixes: [prefix], active: tunnel(careOf, homeAgent),
            alsoAccepted: [tunnel(formerCareOf, homeAgent)],
            flows: [
                .init(selector: TrafficSelector(destinationPorts: 5060...5061), way: .drop),
                .init(selector: TrafficSelector(securityParameterIndices: 1...9), way: .wait),
                .init(selector: TrafficSelector(trafficClasses: 0xb8...0xbb, nextHeaders: 17...17), way: .tunnel(1)),
            ], share: .assigned(places, FlowMemory()))
        return Stage(
            table: ForwardingTable(own: [owner], nodes: []),
            tunnels: [careOf, formerCareOf].map {
                Way(local: $0, remote: homeAgent, sources: [everywhere], destinations: own)
            }, own: own, directDestinations: [], bound: [:])
    }

    /// Its home agent, which learns from what comes in by which binding to send.
    private static func agent() -> Stage {
        let sources = [exactly(home), prefix]
        let members = [
            FlowShare.Member(tunnel: 0, identifier: 1), FlowShare.Member(tunnel: 1, identifier: 2),
        ]
        let owner = ForwardingTable.Owner(
            homeAddress: home, prefixes: [prefix], active: tunnel(homeAgent, careOf),
            alsoAccepted: [tunnel(homeAgent, formerCareOf)],
            flows: [.init(selector: TrafficSelector(sourcePorts: 5060...5061), way: .tunnel(1))],
            share: .learnt(members, BucketMemory(), FlowMemory()))
        let other = ForwardingTable.Owner(
            homeAddress: otherHome, prefixes: [], active: tunnel(homeAgent, otherCareOf))
        return Stage(
            table: ForwardingTable(own: [], nodes: [owner, other]),
            tunnels: [careOf, formerCareOf].map {
                Way(local: homeAgent, remote: $0, sources: sources, destinations: [everywhere])
            } + [
                Way(
                    local: homeAgent, remote: otherCareOf, sources: [exactly(otherHome)],
                    destinations: [everywhere])
            ], own: [], directDestinations: [], bound: [:])
    }

    /// A mobile host that talks directly to a correspondent, and to another mobile host.
    private static func mobileHost() -> Stage {
        func route(_ remote: IPv6Address, at remoteCareOf: IPv6Address?) -> DirectRoute {
            DirectRoute(
                local: home, remote: remote, localCareOf: careOf, remoteCareOf: remoteCareOf, egress: 3, mtu: 1452,
                counters: TunnelCounters())
        }
        let direct = DirectRouteTable(
            routes: [route(peer, at: nil), route(otherHome, at: otherCareOf)], registered: [(careOf, home)],
            routingHeaderAddresses: [careOf, home], optionAddresses: [home], hinted: [home], passingEgress: 9, seed: 7)
        return Stage(
            table: ForwardingTable(
                own: [.init(homeAddress: home, prefixes: [], active: tunnel(careOf, homeAgent))], nodes: [],
                direct: direct),
            tunnels: [Way(local: careOf, remote: homeAgent, sources: [everywhere], destinations: [exactly(home)])],
            own: [exactly(home)], directDestinations: [careOf, home], bound: [otherHome: otherCareOf])
    }

    /// A correspondent that has bound two mobile hosts.
    private static func correspondent() -> Stage {
        let bound = [home: careOf, otherHome: otherCareOf]
        let routes = bound.map { home, careOf in
            DirectRoute(
                local: peer, remote: home, localCareOf: nil, remoteCareOf: careOf, egress: 3, mtu: 1452,
                counters: TunnelCounters())
        }
        return Stage(
            table: ForwardingTable(
                own: [], nodes: [],
                direct: DirectRouteTable(routes: routes, optionAddresses: [peer], passingEgress: 9, seed: 7)),
            tunnels: [], own: [], directDestinations: [peer], bound: bound)
    }
}
