import Forwarding
import MobilitySocket
import MobilityWire
import Platform

// Ways past the home agent.

extension TunnelDaemon {
    /// What the engine has to know of them.
    func directRequests(_ wanted: PacketGuard) -> TunnelLedger.DirectRequests {
        var requests = TunnelLedger.DirectRequests()
        if !ledger.routes.isEmpty || !ledger.correspondents.isEmpty {
            let addresses = ledger.correspondents.isEmpty ? [] : ownAddresses
            requests.routes = ledger.directRequests(
                isOurs: { addresses.contains($0) || ledger.hasHomeAddress($0) }, isUsable: isUsable)
        }
        requests.registered = ledger.registeredPairs
        requests.routingHeaderAddresses = wanted.routingHeaderAddresses
        requests.optionAddresses = wanted.optionAddresses
        requests.listener = listenersSeen
        if server.clients.contains(where: { $0.role == .mobileNode }) {
            requests.hinted = ledger.ownOwners.map(\.homeAddress).sorted()
        }
        return requests
    }

    /// The addresses at which Home Address options are understood: those of the correspondent, which are all of the machine
    /// where it names none; those that nodes are bound with; and the home agent's.
    func optionAddresses(served: Set<IPv6Address>) -> Set<IPv6Address> {
        var addresses = served.union(ledger.correspondents.keys.map(\.peer))
        if let correspondent = server.clients.first(where: { $0.role == .correspondentNode }) {
            let named = correspondent.hello.addresses
            addresses.formUnion(named.isEmpty ? ownAddresses.filter(\.isRoutableUnicast) : Set(named))
        }
        return addresses
    }

    /// Whether an uplink is there: a route without one sends nothing, and the home agent's tunnel carries its packets.
    private func isUsable(_ index: UInt32) -> Bool {
        if let report = uplink(index) { return report.state == .up }
        return kernel.mtu(ofInterface: index) != nil
    }

    private var ownAddresses: Set<IPv6Address> {
        if let machineAddresses { return machineAddresses }
        let addresses = kernel.addresses()
        machineAddresses = addresses
        return addresses
    }

    func addressesChanged() {
        guard let former = machineAddresses else { return }
        machineAddresses = nil
        if ownAddresses != former { setNeedsApply() }
    }

    // MARK: What the workers tell

    /// A node sends with a Home Address option that no binding goes with: a Binding Error tells it so (RFC 6275 §9.3.3).
    func tell(of packet: EngineBoard.Unbound) {
        let clients = server.clients
        let correspondent = clients.first {
            $0.role == .correspondentNode
                && ($0.hello.addresses.isEmpty || $0.hello.addresses.contains(packet.local))
        }
        let agent = clients.first { $0.role == .homeAgent && $0.hello.addresses.contains(packet.local) }
        guard let receiver = correspondent ?? agent else { return }
        server.send(
            .bindingMissing(homeAddress: packet.homeAddress, peer: packet.peer, homeAgentAddress: packet.local),
            to: receiver.identifier)
    }

    /// Packets went between two addresses: a mobile node seeks or keeps a route for that, a correspondent keeps a binding.
    func tell(of use: EngineBoard.Use) {
        let clients = server.clients
        let isRoute = use.way == .tunnel || ledger.routes[.init(homeAddress: use.local, peer: use.remote)] != nil
        if isRoute, let node = clients.first(where: { $0.role == .mobileNode }) {
            server.send(.routeHint(homeAddress: use.local, peer: use.remote), to: node.identifier)
        }
        if use.way == .direct, ledger.correspondents[.init(homeAddress: use.remote, peer: use.local)] != nil,
            let correspondent = clients.first(where: { $0.role == .correspondentNode })
        {
            server.send(
                .bindingUsed(homeAddress: use.remote, correspondent: use.local), to: correspondent.identifier)
        }
    }

    // MARK: Errors

    /// Takes an ICMPv6 error about a packet of ours: upper layers hear of their own packets, mobile nodes of peers that know
    /// nothing of mobility, senders of what a tunnel could not carry.
    func takeError(_ message: [UInt8], from source: IPv6Address) {
        let own = (relay?.localAddresses ?? [])
        switch directErrors.restore(message, from: source, by: engine.table, ownAddresses: own, at: loop.now) {
        case .deliver(let packet, let narrow):
            if let narrow, narrowWays.note(narrow, at: loop.now) {
                icmp?.count("direct_way_too_narrow")
                setNeedsApply()
            }
            icmp?.count(engine.deliver(packet) ? "direct_error_restored" : "direct_error_not_delivered")
        case .unsupported(let peer):
            icmp?.count("direct_unsupported")
            guard let node = server.clients.first(where: { $0.role == .mobileNode }) else { return }
            server.send(.parameterProblem(peer: peer), to: node.identifier)
        case .suppressed: icmp?.count("direct_error_suppressed")
        case .unmatched: relayError(message)
        }
    }
}
