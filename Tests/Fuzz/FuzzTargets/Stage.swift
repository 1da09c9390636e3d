import Examples
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

    /// By the lower two bits of a number.
    static func numbered(_ number: UInt8) -> Stage { all[Int(number & 3)] }

    private static let all = [Example.router(), Example.agent(), Example.mobileHost(), Example.correspondent()]
}

extension Example {
    private static let everywhere = IPv6Prefix(.unspecified, length: 0)

    private static func exactly(_ address: IPv6Address) -> IPv6Prefix { IPv6Prefix(address, length: 128) }

    /// A mobile router with two care-of addresses; some flows have no way, and others go by the second.
    fileprivate static func router() -> Stage {
        let own = [exactly(homeAddress), prefix]
        let places = (0..<FlowShare.buckets).map { UInt8($0 & 1) }
        let owner = ForwardingTable.Owner(
            homeAddress: homeAddress, prefixes: [prefix], active: tunnel(local: careOf, remote: homeAgent),
            alsoAccepted: [tunnel(local: formerCareOf, remote: homeAgent)],
            flows: [
                .init(selector: TrafficSelector(destinationPorts: 5060...5061), way: .drop),
                .init(selector: TrafficSelector(securityParameterIndices: 1...9), way: .wait),
                .init(selector: TrafficSelector(trafficClasses: 0xb8...0xbb, nextHeaders: 17...17), way: .tunnel(1)),
            ], share: .assigned(places, FlowMemory()))
        return Stage(
            table: ForwardingTable(own: [owner], nodes: []),
            tunnels: [careOf, formerCareOf].map {
                Stage.Way(local: $0, remote: homeAgent, sources: [everywhere], destinations: own)
            }, own: own, directDestinations: [], bound: [:])
    }

    /// Its home agent, which learns from what comes in by which binding to send.
    fileprivate static func agent() -> Stage {
        let sources = [exactly(homeAddress), prefix]
        let members = [
            FlowShare.Member(tunnel: 0, identifier: 1), FlowShare.Member(tunnel: 1, identifier: 2),
        ]
        let owner = ForwardingTable.Owner(
            homeAddress: homeAddress, prefixes: [prefix], active: tunnel(local: homeAgent, remote: careOf),
            alsoAccepted: [tunnel(local: homeAgent, remote: formerCareOf)],
            flows: [.init(selector: TrafficSelector(sourcePorts: 5060...5061), way: .tunnel(1))],
            share: .learnt(members, BucketMemory(), FlowMemory()))
        let other = ForwardingTable.Owner(
            homeAddress: otherHome, prefixes: [], active: tunnel(local: homeAgent, remote: otherCareOf))
        return Stage(
            table: ForwardingTable(own: [], nodes: [owner, other]),
            tunnels: [careOf, formerCareOf].map {
                Stage.Way(local: homeAgent, remote: $0, sources: sources, destinations: [everywhere])
            } + [
                Stage.Way(
                    local: homeAgent, remote: otherCareOf, sources: [exactly(otherHome)],
                    destinations: [everywhere])
            ], own: [], directDestinations: [], bound: [:])
    }

    /// A mobile host that talks directly to a correspondent, and to another mobile host.
    fileprivate static func mobileHost() -> Stage {
        func route(_ remote: IPv6Address, at remoteCareOf: IPv6Address?) -> DirectRoute {
            DirectRoute(
                local: homeAddress, remote: remote, localCareOf: careOf, remoteCareOf: remoteCareOf, egress: 3,
                mtu: 1452,
                counters: TunnelCounters())
        }
        let direct = DirectRouteTable(
            routes: [route(peer, at: nil), route(otherHome, at: otherCareOf)], registered: [(careOf, homeAddress)],
            routingHeaderAddresses: [careOf, homeAddress], optionAddresses: [homeAddress], hinted: [homeAddress],
            passingEgress: 9, seed: 7)
        return Stage(
            table: ForwardingTable(
                own: [.init(homeAddress: homeAddress, prefixes: [], active: tunnel(local: careOf, remote: homeAgent))],
                nodes: [],
                direct: direct),
            tunnels: [
                Stage.Way(local: careOf, remote: homeAgent, sources: [everywhere], destinations: [exactly(homeAddress)])
            ],
            own: [exactly(homeAddress)], directDestinations: [careOf, homeAddress], bound: [otherHome: otherCareOf])
    }

    /// A correspondent that has bound two mobile hosts.
    fileprivate static func correspondent() -> Stage {
        let bound = [homeAddress: careOf, otherHome: otherCareOf]
        let routes = bound.map { remote, careOf in
            DirectRoute(
                local: peer, remote: remote, localCareOf: nil, remoteCareOf: careOf, egress: 3, mtu: 1452,
                counters: TunnelCounters())
        }
        return Stage(
            table: ForwardingTable(
                own: [], nodes: [],
                direct: DirectRouteTable(routes: routes, optionAddresses: [peer], passingEgress: 9, seed: 7)),
            tunnels: [], own: [], directDestinations: [peer], bound: bound)
    }
}
