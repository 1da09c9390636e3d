import Forwarding
import MobilitySocket
import MobilityWire

extension TunnelLedger {
    /// A way past the home agent that the ledger asks for.
    struct DirectRequest: Hashable, Sendable {
        var local: IPv6Address
        var remote: IPv6Address
        var localCareOf: IPv6Address?
        var remoteCareOf: IPv6Address?
        /// The uplink; 0 where the routes decide.
        var interfaceIndex: UInt32 = 0
        var interfaceName = ""

        /// What follows the routes must not be led here again, where the care-of address is another node's home address.
        var mark: UInt32? { interfaceIndex == 0 ? TunnelPlanner.passingMark : nil }

        var way: DirectWay {
            DirectWay(local: local, remote: remote, localCareOf: localCareOf, remoteCareOf: remoteCareOf)
        }

        /// The way that its packets take through the Internet.
        var tunnel: TunnelRequest {
            TunnelRequest(
                homeAddress: local, local: localCareOf ?? local, remote: remoteCareOf ?? remote,
                interfaceIndex: interfaceIndex, interfaceName: interfaceName)
        }
    }

    /// All that the engine has to know of ways past the home agent.
    struct DirectRequests: Sendable {
        var routes: [DirectRequest] = []
        /// Care-of address and home address of ours.
        var registered: [(careOf: IPv6Address, home: IPv6Address)] = []
        var routingHeaderAddresses: Set<IPv6Address> = []
        var optionAddresses: Set<IPv6Address> = []
        var hinted: [IPv6Address] = []
        /// Who gets the hints.
        var listener = 0
    }

    /// The ways past the home agent: those of our home addresses, those to others' home addresses, and those that are both.
    ///
    /// - Parameters:
    ///   - isOurs: whether this machine has the address now: a binding with another would lead packets astray.
    ///   - isUsable: whether the uplink is there.
    func directRequests(isOurs: (IPv6Address) -> Bool, isUsable: (UInt32) -> Bool) -> [DirectRequest] {
        var requests: [PairKey: DirectRequest] = [:]
        for held in routes.values where held.entry.forwards && isUsable(held.entry.interfaceIndex) {
            let entry = held.entry
            requests[PairKey(homeAddress: entry.homeAddress, peer: entry.peer)] = DirectRequest(
                local: entry.homeAddress, remote: entry.peer, localCareOf: entry.careOfAddress,
                interfaceIndex: entry.interfaceIndex, interfaceName: entry.interfaceName)
        }
        for held in correspondents.values where isOurs(held.entry.homeAgentAddress) {
            let (local, remote) = (held.entry.homeAgentAddress, held.entry.homeAddress)
            requests[PairKey(homeAddress: local, peer: remote), default: DirectRequest(local: local, remote: remote)]
                .remoteCareOf = held.entry.careOfAddress
        }
        return requests.values.sorted { ($0.local, $0.remote) < ($1.local, $1.remote) }
    }

    /// Where type 2 routing headers may name a home address of ours: its care-of addresses, as home agents and
    /// correspondents have accepted them.
    var registeredPairs: [(careOf: IPv6Address, home: IPv6Address)] {
        registrations.values.map(\.entry).filter { $0.forwards && $0.careOfAddress != $0.homeAddress }
            .map { ($0.careOfAddress, $0.homeAddress) }
            + routes.values.map(\.entry).filter(\.forwards).map { ($0.careOfAddress, $0.homeAddress) }
    }
}
