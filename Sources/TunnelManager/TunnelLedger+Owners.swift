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
    }

    /// What is bound here.
    var nodeOwners: [OwnerRequest] {
        // One binding a home address until multiple care-of addresses are spoken; with several the lowest identifier
        // carries.
        let groups = Dictionary(grouping: bindings.values.map(\.entry), by: \.homeAddress)
        return groups.compactMap { homeAddress, entries in
            let entries = entries.sorted { ($0.bindingIdentifier ?? 0) < ($1.bindingIdentifier ?? 0) }
            guard let first = entries.first else { return nil }
            func request(_ entry: BindingEntry, _ careOf: IPv6Address) -> TunnelRequest {
                TunnelRequest(
                    homeAddress: homeAddress, local: entry.homeAgentAddress, remote: careOf, interfaceIndex: 0,
                    interfaceName: "")
            }
            let former = entries.flatMap { entry in entry.formerCareOfAddresses.map { request(entry, $0) } }
            return OwnerRequest(
                homeAddress: homeAddress, prefixes: Array(Set(entries.flatMap(\.prefixes))).sorted(),
                active: request(first, first.careOfAddress),
                alsoAccepted: entries.dropFirst().map { request($0, $0.careOfAddress) } + former)
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
                active: request(first), alsoAccepted: entries.dropFirst().map(request))
        }
    }

    /// Every home address of ours that is announced, forwarding or not, with its prefixes.
    var ownAddresses: [(homeAddress: IPv6Address, prefixes: [IPv6Prefix])] {
        Dictionary(grouping: registrations.values.map(\.entry), by: \.homeAddress).map { homeAddress, entries in
            (homeAddress, Array(Set(entries.flatMap(\.prefixes))))
        }
    }

    /// The name of an uplink that a registration names.
    func interfaceName(_ index: UInt32) -> String? {
        registrations.values.first { $0.entry.interfaceIndex == index }?.entry.interfaceName
    }
}
