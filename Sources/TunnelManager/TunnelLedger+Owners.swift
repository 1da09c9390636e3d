import Forwarding
import MobilitySocket
import MobilityWire

extension TunnelLedger {
    /// A tunnel that the ledger asks for.
    struct TunnelRequest: Hashable, Sendable {
        var homeAddress: IPv6Address
        var local: IPv6Address
        var remote: IPv6Address
        /// The uplink; 0 where the routes decide.
        var interfaceIndex: UInt32
        var interfaceName: String
    }

    /// A home address with its prefixes, and the tunnels that lead to it: the first carries what goes out.
    struct OwnerRequest: Hashable, Sendable {
        var homeAddress: IPv6Address
        var prefixes: [IPv6Prefix]
        var active: TunnelRequest
        var alsoAccepted: [TunnelRequest]
        /// Flows with the way of each, in the order in which they are tried.
        var flows: [FlowRequest] = []
        /// How tunnels share what no flow takes.
        var share: Share?

        enum Share: Hashable, Sendable {
            /// Of a mobile node: the buckets of each tunnel; the first that has one counts.
            case assigned([Part])
            /// Of a home agent: the bindings of one priority.
            case learnt([Member])
        }

        struct Part: Hashable, Sendable {
            var tunnel: TunnelRequest
            var buckets: BucketSet
        }

        struct Member: Hashable, Sendable {
            var tunnel: TunnelRequest
            var identifier: UInt16
        }

        /// The tunnels that share.
        var sharing: [TunnelRequest] {
            switch share {
            case .assigned(let parts): parts.map(\.tunnel)
            case .learnt(let members): members.map(\.tunnel)
            case nil: []
            }
        }
    }

    struct FlowRequest: Hashable, Sendable {
        var rule: FlowRule
        var way: Way

        enum Way: Hashable, Sendable {
            case tunnel(TunnelRequest)
            /// It has none.
            case drop, wait
        }

        var tunnel: TunnelRequest? { if case .tunnel(let tunnel) = way { tunnel } else { nil } }
    }

    /// In the order of their priorities; one that several entries carry goes by the best of these (RFC 6089 §5.3.6 would
    /// send a copy by each, which no transport wants).
    private static func ordered(_ flows: [FlowRequest]) -> [FlowRequest] {
        var seen: Set<UInt16> = []
        return flows.filter { seen.insert($0.rule.identifier).inserted }
            .sorted { ($0.rule.priority, $0.rule.identifier) < ($1.rule.priority, $1.rule.identifier) }
    }

    /// What is bound here.
    var nodeOwners: [OwnerRequest] {
        // Nearly all have one binding each, and there may be very many.
        var owners: [OwnerRequest] = []
        owners.reserveCapacity(bindings.count)
        var several: Set<IPv6Address> = []
        for (key, held) in bindings {
            if key.bindingIdentifier != nil || hasIdentifiers(key.homeAddress) {
                several.insert(key.homeAddress)
            } else {
                owners.append(Self.owner(held.entry, others: []))
            }
        }
        return owners + several.compactMap(nodeOwner)
    }

    /// What is bound here with one home address; nil if nothing is.
    func nodeOwner(_ homeAddress: IPv6Address) -> OwnerRequest? {
        // Of several bindings of a home address the one of lowest priority carries what no flow names (RFC 6089 §5.1.1).
        let entries = bindings(of: homeAddress).sorted {
            ($0.priority, $0.bindingIdentifier ?? 0) < ($1.priority, $1.bindingIdentifier ?? 0)
        }
        return entries.first.map { Self.owner($0, others: entries.dropFirst()) }
    }

    /// - Parameters:
    ///   - first: the binding that carries what no flow names.
    ///   - others: further bindings of the same home address.
    private static func owner(_ first: BindingEntry, others: ArraySlice<BindingEntry>) -> OwnerRequest {
        func request(_ entry: BindingEntry, _ careOf: IPv6Address) -> TunnelRequest {
            TunnelRequest(
                homeAddress: first.homeAddress, local: entry.homeAgentAddress, remote: careOf, interfaceIndex: 0,
                interfaceName: "")
        }
        func former(_ entry: BindingEntry) -> [TunnelRequest] {
            entry.formerCareOfAddresses.map { request(entry, $0) }
        }
        func flows(_ entry: BindingEntry) -> [FlowRequest] {
            entry.flows.map { FlowRequest(rule: $0, way: .tunnel(request(entry, entry.careOfAddress))) }
        }
        let prefixes = first.prefixes + others.flatMap(\.prefixes)
        let members =
            others.isEmpty
            ? []
            : sharing([first] + others).map { member in
                OwnerRequest.Member(
                    tunnel: request(member.entry, member.entry.careOfAddress), identifier: member.identifier)
            }
        return OwnerRequest(
            homeAddress: first.homeAddress, prefixes: prefixes.count < 2 ? prefixes : Array(Set(prefixes)).sorted(),
            active: request(first, first.careOfAddress),
            alsoAccepted: others.map { request($0, $0.careOfAddress) } + former(first) + others.flatMap(former),
            flows: ordered(flows(first) + others.flatMap(flows)),
            share: members.count > 1 ? .learnt(members) : nil)
    }

    /// The bindings of the lowest priority, which is equal for all of them (RFC 6089 §4.1). Zero says that the node knows no
    /// priorities.
    private static func sharing(_ entries: [BindingEntry]) -> [(
        entry: BindingEntry, identifier: UInt16
    )] {
        let priority = entries.first?.priority ?? 0
        guard priority > 0 else { return [] }
        return entries.compactMap { entry in
            guard entry.priority == priority, entry.careOfAddress != entry.homeAddress,
                let identifier = entry.bindingIdentifier
            else { return nil }
            return (entry, identifier)
        }
    }

    /// What this machine has registered, of that which may carry packets.
    var ownOwners: [OwnerRequest] {
        let groups = Dictionary(
            grouping: registrations.values.map(\.entry).filter(\.forwards), by: \.homeAddress)
        return groups.compactMap { homeAddress, entries in
            let entries = entries.sorted { ($0.priority, $0.careOfAddress) < ($1.priority, $1.careOfAddress) }
            guard let first = entries.first else { return nil }
            func request(_ entry: RegistrationEntry) -> TunnelRequest {
                TunnelRequest(
                    homeAddress: homeAddress, local: entry.careOfAddress, remote: entry.homeAgentAddress,
                    interfaceIndex: entry.interfaceIndex, interfaceName: entry.interfaceName)
            }
            return OwnerRequest(
                homeAddress: homeAddress, prefixes: Array(Set(entries.flatMap(\.prefixes))).sorted(),
                active: request(first), alsoAccepted: entries.dropFirst().map(request),
                flows: Self.ordered(
                    entries.flatMap { entry in
                        entry.flows.map { FlowRequest(rule: $0, way: .tunnel(request(entry))) }
                            + entry.stranded.compactMap(FlowRequest.init)
                    }), share: Self.share(of: entries, request))
        }
    }

    private static func share(
        of entries: [RegistrationEntry], _ request: (RegistrationEntry) -> TunnelRequest
    ) -> OwnerRequest.Share? {
        let parts = entries.filter { !$0.buckets.isEmpty }.map {
            OwnerRequest.Part(tunnel: request($0), buckets: $0.buckets)
        }
        return parts.isEmpty ? nil : .assigned(parts)
    }

    /// A home address of ours that is announced, forwarding or not.
    struct OwnAddress: Hashable, Sendable {
        var homeAddress: IPv6Address
        var homePrefixLength: UInt8 = 64
        var prefixes: [IPv6Prefix]
        /// Whether a tunnel can carry what comes from it.
        var forwards = false
        /// The uplink that is on the home link.
        var homeLink: String?
        /// Nothing is bound any more: from now on the home link has the address to itself.
        var isHome = false
    }

    /// Every home address of ours that is announced.
    var ownAddresses: [OwnAddress] {
        Dictionary(grouping: registrations.values.map(\.entry), by: \.homeAddress).map { homeAddress, entries in
            let here = entries.first { $0.careOfAddress == homeAddress }
            return OwnAddress(
                homeAddress: homeAddress, homePrefixLength: entries.map(\.homePrefixLength).max() ?? 128,
                prefixes: Array(Set(entries.flatMap(\.prefixes))).sorted(),
                forwards: entries.contains(where: \.forwards), homeLink: here?.interfaceName,
                isHome: here?.state == .home)
        }.sorted { $0.homeAddress < $1.homeAddress }
    }

    /// Whether a node with this home address is bound here.
    func isBound(_ homeAddress: IPv6Address) -> Bool { !bindings(of: homeAddress).isEmpty }

    /// The connections that announced a registration with this home or care-of address.
    func announcers(of address: IPv6Address) -> Set<Announcer> {
        Set(
            registrations.values.filter { $0.entry.homeAddress == address || $0.entry.careOfAddress == address }
                .map(\.announcedBy))
    }

    /// The home addresses, and link-local ones where asked for, of nodes of these home prefixes that are away.
    func defendedAddresses(in homePrefixes: [IPv6Prefix]) -> Set<IPv6Address> {
        var addresses: Set<IPv6Address> = []
        for entry in bindings.values.map(\.entry)
        where entry.careOfAddress != entry.homeAddress
            && homePrefixes.contains(where: { $0.contains(entry.homeAddress) })
        {
            addresses.insert(entry.homeAddress)
            if entry.defendsLinkLocal {
                addresses.insert(IPv6Address(high: 0xfe80_0000_0000_0000, low: entry.homeAddress.low))
            }
        }
        return addresses
    }

    /// Whether `defendedAddresses` has a home address or a link-local one.
    func isDefended(_ address: IPv6Address, in homePrefixes: [IPv6Prefix]) -> Bool {
        let isLinkLocal = address.isLinkLocal
        let homeAddresses = isLinkLocal ? homesWithLinkLocal[address.low] ?? [] : [address]
        return homeAddresses.contains { homeAddress in
            homePrefixes.contains { $0.contains(homeAddress) }
                && bindings(of: homeAddress).contains {
                    $0.careOfAddress != homeAddress && (!isLinkLocal || $0.defendsLinkLocal)
                }
        }
    }

    /// Whether a home address is bound as a mobile router's.
    func isMobileRouter(_ homeAddress: IPv6Address) -> Bool {
        bindings(of: homeAddress).contains { $0.mode != .host }
    }

    /// The home addresses that are bound as mobile routers'.
    var mobileRouters: Set<IPv6Address> {
        Set(bindings.values.map(\.entry).filter { $0.mode != .host }.map(\.homeAddress))
    }

    /// The name of an uplink that a registration names.
    func interfaceName(_ index: UInt32) -> String? {
        registrations.values.first { $0.entry.interfaceIndex == index }?.entry.interfaceName
    }
}

extension TunnelLedger.FlowRequest {
    fileprivate init?(_ flow: StrandedFlow) {
        switch flow.fallback {
        case .any: return nil
        case .drop: self.init(rule: flow.rule, way: .drop)
        case .wait: self.init(rule: flow.rule, way: .wait)
        }
    }
}
