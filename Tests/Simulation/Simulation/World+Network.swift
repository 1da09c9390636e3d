import Drives
import HomeAgentOperation
import MobilityCore
import MobilityWire
import RouteOptimization

// How packets travel.

extension World {
    // MARK: Sending

    /// A Mobility Header of a node, from the address that it has.
    func send(_ envelope: MobilityEnvelope, of node: SimulatedNode) {
        note(node.index, "sends \(Self.name(envelope)) from \(envelope.source) to \(envelope.destination)")
        guard let place = place(of: envelope.source, node) else { return }
        transmit(
            octets(of: envelope), from: place, to: envelope.destination, node: node, by: envelope.source,
            exchange: exchange(of: envelope, with: envelope.destination), route: .direct)
    }

    /// The same through the tunnel to the home agent.
    func tunnel(_ envelope: MobilityEnvelope, of node: SimulatedNode) {
        note(node.index, "sends \(Self.name(envelope)) through the tunnel to \(envelope.destination)")
        guard let row = node.table.active(at: node.now), let place = place(of: row.careOf.address, node),
            case .homeAgent(let agent) = Addresses.holder(of: row.homeAgent)
        else { return }
        transmit(
            octets(of: envelope), from: place, to: envelope.destination, node: node, by: row.careOf.address,
            exchange: exchange(of: envelope, with: envelope.destination),
            route: .reverseTunnel(node: node.index, homeAgent: agent, careOf: row.careOf.address))
    }

    /// What a home agent sends.
    func send(_ envelope: MobilityEnvelope, from agent: SimulatedHomeAgent) {
        guard let node = receiver(of: envelope) else { return }
        note(node.index, "home agent \(agent.index) sends \(Self.name(envelope)) to \(envelope.destination)")
        transmit(
            octets(of: envelope), from: agent.place, to: envelope.destination, node: node, by: envelope.destination,
            exchange: exchange(of: envelope, with: agent.address), route: .direct)
    }

    /// What a correspondent sends.
    func send(_ envelope: MobilityEnvelope, from peer: SimulatedCorrespondent) {
        guard let node = receiver(of: envelope) else { return }
        note(node.index, "correspondent \(peer.index) sends \(Self.name(envelope)) to \(envelope.destination)")
        transmit(
            octets(of: envelope), from: peer.place, to: envelope.destination, node: node, by: envelope.destination,
            exchange: exchange(of: envelope, with: peer.address), route: .direct)
    }

    /// An echo request of a node.
    func send(_ envelope: ICMPv6Envelope, of node: SimulatedNode) {
        guard case .homeAgent(let agent) = Addresses.holder(of: envelope.destination),
            let place = place(of: envelope.source, node)
        else { return }
        transmit(
            envelope.message, from: place, to: envelope.destination, node: node, by: envelope.source,
            exchange: exchanges.echo(agent),
            route: .echo(source: envelope.source, destination: envelope.destination))
    }

    /// The same to find out whether an uplink leads anywhere.
    func probe(_ envelope: ICMPv6Envelope, of node: SimulatedNode) {
        guard let place = place(of: envelope.source, node) else { return }
        transmit(
            envelope.message, from: place, to: envelope.destination, node: node, by: envelope.source,
            exchange: exchanges.probe,
            route: .echo(source: envelope.source, destination: envelope.destination))
    }

    private func octets(of envelope: MobilityEnvelope) -> [UInt8] {
        MobilityPacket(
            source: envelope.source, destination: envelope.destination,
            homeAddressOption: envelope.homeAddressOption, routingHeader: envelope.routingHeader,
            message: envelope.message
        ).emit()
    }

    static func name(_ envelope: MobilityEnvelope) -> String {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else { return "something" }
        switch message {
        case .bindingRefreshRequest: return "a Binding Refresh Request"
        case .homeTestInit: return "a Home Test Init"
        case .careOfTestInit: return "a Care-of Test Init"
        case .homeTest: return "a Home Test"
        case .careOfTest: return "a Care-of Test"
        case .bindingUpdate(let update):
            return "Binding Update \(update.sequenceNumber.rawValue), lifetime \(update.lifetime.seconds),"
        case .bindingAcknowledgement(let answer):
            return "Binding Acknowledgement \(answer.sequenceNumber.rawValue) \(answer.status.name)"
        case .bindingError(let status, _, _): return "Binding Error \(status)"
        case .homeAgentSwitch: return "a Home Agent Switch"
        case .bindingRevocationIndication: return "a Binding Revocation Indication"
        case .bindingRevocationAcknowledgement: return "a Binding Revocation Acknowledgement"
        case .unknown: return "something unknown"
        }
    }

    /// Where a node is with an address that works; nil if it has it no more.
    private func place(of address: IPv6Address, _ node: SimulatedNode) -> Int? {
        if address == node.homeAddress {
            return node.uplinks.contains { $0.isAlive && $0.link == network.homeLink } ? network.homeLink : nil
        }
        return node.uplinks.first { $0.carries(address) }?.link
    }

    private func receiver(of envelope: MobilityEnvelope) -> SimulatedNode? {
        switch Addresses.holder(of: envelope.destination) {
        case .careOf(_, let node), .homeLinkHost(let node): nodes.indices.contains(node) ? nodes[node] : nil
        case .home(let home): owners.indices.contains(home) ? nodes[owner(of: home)] : nil
        case .homeAgent, .correspondent, .nobody: nil
        }
    }

    /// The exchange that a message belongs to, with the home agent or correspondent at the other end.
    private func exchange(of envelope: MobilityEnvelope, with other: IPv6Address) -> Int {
        let type = envelope.message.count > 2 ? envelope.message[2] : 0
        switch Addresses.holder(of: other) {
        case .homeAgent(let agent):
            return type == 5 || type == 6 ? exchanges.registration(agent) : exchanges.notice(agent)
        case .correspondent(let peer):
            switch type {
            case 1, 3: return exchanges.homeTest(peer)
            case 2, 4: return exchanges.careOfTest(peer)
            default: return exchanges.routeUpdate(peer)
            }
        default: return 0
        }
    }

    /// - Parameter careOf: the address of the node that the packet leaves by or goes to.
    private func transmit(
        _ octets: [UInt8], from: Int, to: IPv6Address, node: SimulatedNode, by careOf: IPv6Address, exchange: Int,
        route: Packet.Route
    ) {
        statistics.messages += 1
        digest(octets, node.index)
        let packet = Packet(octets: octets, from: from, node: node.index, exchange: exchange, route: route)
        overhear(packet, node)
        let way = node.drive.flatMap { drive in
            node.uplinks.firstIndex { $0.address == careOf }.map { drive.states[$0] }
        }
        guard !loses(exchange, node, way) else {
            statistics.lost += 1
            return note(node.index, "… which is lost")
        }
        var delay = network.delay(from, place(ofDestination: to)) + node.dice.between(0...40)
        if let way { delay += Int64(way.roundTrip / 2) }
        if parameters.late > 0, exchange == exchanges.probe || !node.losses.isDue(exchange),
            node.dice.chance(parameters.late)
        {
            delay += node.dice.between(500...4_000)
            if exchange != exchanges.probe { node.losses.note(late: exchange) }
        }
        put(packet, at: time + delay)
        if node.dice.chance(parameters.repeated) { put(packet, at: time + delay + node.dice.between(0...10_000)) }
    }

    private func loses(_ exchange: Int, _ node: SimulatedNode, _ way: DriveModel.State?) -> Bool {
        let more = Int((way?.loss ?? 0) * 1000)
        // Nothing is fair to what fades.
        guard exchange != exchanges.probe, more < 100 else { return node.dice.chance(parameters.loss + more) }
        return node.losses.loses(exchange, &node.dice, more: more)
    }

    private func place(ofDestination address: IPv6Address) -> Int {
        switch Addresses.holder(of: address) {
        case .homeAgent(let agent): network.homeAgent(agent)
        case .correspondent(let peer): network.correspondent(peer)
        case .careOf(let link, _): link
        case .home, .homeLinkHost: network.homeLink
        case .nobody: network.elsewhere
        }
    }

    func put(_ packet: Packet, at time: Int64) {
        let slot = freePackets.popLast() ?? packets.count
        if slot == packets.count { packets.append(packet) } else { packets[slot] = packet }
        queue.add(.packet, at: time, slot)
    }

    private func overhear(_ packet: Packet, _ node: SimulatedNode) {
        if case .echo = packet.route { return }
        // Where the sequence number alone protects, a home agent that has forgotten it believes what was overheard: so it
        // says in `ReplayProtection.sequenceNumber`.
        guard node.profile.association.replayProtection == .timestamp, node.dice.chance(20) else { return }
        if overheard.count < 256 { overheard.append(packet) } else { overheard[node.dice.below(256)] = packet }
    }

    private func digest(_ octets: [UInt8], _ node: Int) {
        var digest = digests[node] ^ UInt64(truncatingIfNeeded: time)
        for octet in octets { digest = (digest ^ UInt64(octet)) &* 0x100_0000_01b3 }
        digests[node] = digest
    }

    // MARK: Arriving

    func arrive(_ slot: Int) {
        guard let packet = packets[slot] else { return }
        packets[slot] = nil
        freePackets.append(slot)
        switch packet.route {
        case .echo(let source, let destination): arrive(echo: packet, source, destination)
        case .direct:
            guard let parsed = try? MobilityPacket(parsing: packet.octets.span.bytes) else { return }
            arrive(packet, parsed)
        case .reverseTunnel(let node, let agent, let careOf):
            arrive(atHomeAgent: homeAgents[agent], packet, from: nodes[node], careOf: careOf)
        case .tunnel(let agent, let careOf):
            guard case .careOf(let link, let node) = Addresses.holder(of: careOf), isReachable(link, from: packet.from),
                nodes[node].uplinks.contains(where: { $0.carries(careOf) }),
                nodes[node].table.accepts(careOf, from: homeAgents[agent].address, at: nodes[node].now),
                let parsed = try? MobilityPacket(parsing: packet.octets.span.bytes)
            else { return }
            receive(parsed, at: nodes[node], throughTunnel: true)
        }
    }

    private func isReachable(_ place: Int, from: Int) -> Bool { !network.isBlocked(from, place) }

    private func envelope(_ parsed: MobilityPacket) -> MobilityEnvelope {
        MobilityEnvelope(
            source: parsed.source, destination: parsed.destination, homeAddressOption: parsed.homeAddressOption,
            routingHeader: parsed.routingHeader, message: parsed.message)
    }

    private func receive(_ parsed: MobilityPacket, at node: SimulatedNode, throughTunnel: Bool) {
        // A type 2 routing header has to name an address of the node's own (RFC 6275 §6.4).
        guard parsed.routingHeader == nil || parsed.routingHeader == node.homeAddress else { return }
        let envelope = envelope(parsed)
        note(node.index, "receives \(Self.name(envelope)) from \(parsed.source)")
        node.receive(envelope, throughTunnel: throughTunnel)
    }

    private func arrive(_ packet: Packet, _ parsed: MobilityPacket) {
        switch Addresses.holder(of: parsed.destination) {
        case .homeAgent(let agent):
            guard homeAgents.indices.contains(agent), homeAgents[agent].isMachineUp,
                isReachable(homeAgents[agent].place, from: packet.from)
            else { return }
            homeAgents[agent].receive(envelope(parsed))
        case .correspondent(let peer):
            guard correspondents.indices.contains(peer), isReachable(correspondents[peer].place, from: packet.from)
            else { return }
            correspondents[peer].handle(.messageReceived(envelope(parsed)))
        case .careOf(let link, let node):
            guard nodes.indices.contains(node), isReachable(link, from: packet.from),
                nodes[node].uplinks.contains(where: { $0.carries(parsed.destination) })
            else { return }
            receive(parsed, at: nodes[node], throughTunnel: false)
        case .homeLinkHost(let node):
            guard nodes.indices.contains(node), isAtHome(nodes[node]) else { return }
            receive(parsed, at: nodes[node], throughTunnel: false)
        case .home(let home): arrive(packet, parsed, atHome: home)
        case .nobody: return
        }
    }

    /// At the home address: a home agent catches it, or the node has it.
    private func arrive(_ packet: Packet, _ parsed: MobilityPacket, atHome home: Int) {
        guard owners.indices.contains(home) else { return }
        let node = nodes[owner(of: home)]
        // What a home agent on the link sends to a node at home does not go by its own binding.
        if case .homeAgent = Addresses.holder(of: parsed.source), isAtHome(node) {
            return receive(parsed, at: node, throughTunnel: false)
        }
        guard let agent = interception(of: home) else {
            guard isAtHome(node) else { return }
            return receive(parsed, at: node, throughTunnel: false)
        }
        guard isReachable(homeAgents[agent].place, from: packet.from),
            let careOf = homeAgents[agent].forwarding(home).first?.careOfAddress
        else { return }
        forward(packet, from: homeAgents[agent], to: careOf, .tunnel(homeAgent: agent, careOf: careOf))
    }

    private func arrive(
        atHomeAgent agent: SimulatedHomeAgent, _ packet: Packet, from node: SimulatedNode, careOf: IPv6Address
    ) {
        guard agent.isMachineUp, isReachable(agent.place, from: packet.from),
            let parsed = try? MobilityPacket(parsing: packet.octets.span.bytes)
        else { return }
        guard agent.accepts(node.profile.home, from: careOf) else { return missing(node, at: agent, careOf: careOf) }
        forward(packet, from: agent, to: parsed.destination, .direct)
    }

    /// The second half of the way.
    private func forward(_ packet: Packet, from agent: SimulatedHomeAgent, to: IPv6Address, _ route: Packet.Route) {
        var packet = packet
        packet.from = agent.place
        packet.route = route
        put(packet, at: time + network.delay(agent.place, place(ofDestination: to)))
    }

    /// nemonetd of a home agent has no binding for what came.
    func missing(_ node: SimulatedNode, at agent: SimulatedHomeAgent, careOf: IPv6Address) {
        agent.handle(.bindingMissing(peer: careOf, homeAddress: node.homeAddress, agent: agent.address))
    }

    private func arrive(echo packet: Packet, _ source: IPv6Address, _ destination: IPv6Address) {
        let node = nodes[packet.node]
        if case .homeAgent(let agent) = Addresses.holder(of: destination) {
            // The kernel answers, whether had lives or not.
            guard homeAgents[agent].isMachineUp, isReachable(homeAgents[agent].place, from: packet.from) else { return }
            var octets = packet.octets
            octets[0] = 129
            transmit(
                octets, from: homeAgents[agent].place, to: source, node: node, by: source, exchange: packet.exchange,
                route: .echo(source: destination, destination: source))
        } else if let place = place(of: destination, node), isReachable(place, from: packet.from) {
            node.losses.succeed(packet.exchange)
            node.receive(ICMPv6Envelope(source: source, destination: destination, message: packet.octets))
        }
    }

    // MARK: Where home addresses are

    func isAtHome(_ node: SimulatedNode) -> Bool {
        node.uplinks.contains { $0.isAlive && $0.link == network.homeLink }
    }

    /// The home agent that catches what is sent to a home address.
    ///
    /// The one that announced it last, as long as it answers for it; then any other that does.
    func interception(of home: Int) -> Int? {
        if let agent = interceptor[home], !homeAgents[agent].forwarding(home).isEmpty { return agent }
        return homeAgents.first { !$0.forwarding(home).isEmpty }?.index
    }

    /// Whether somebody on the home link answers for a home address.
    func isDefended(_ home: Int, besides agent: Int) -> Bool {
        homeAgents.contains { $0.index != agent && !$0.forwarding(home).isEmpty } || isAtHome(nodes[owner(of: home)])
    }
}
