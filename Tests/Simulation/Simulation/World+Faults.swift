import MobilityCore
import MobilityWire

// What goes wrong.

extension World {
    func fault() {
        queue.add(.fault, at: time + dice.around(parameters.faultInterval))
        guard isStorm else { return }
        statistics.faults += 1
        let agent = dice.below(homeAgents.count)
        switch dice.below(100) {
        case 0..<15:
            // Some access links from a home agent.
            let links = (0...dice.below(8)).map { _ in dice.below(network.links) }
            divide(links, from: [homeAgents[agent].place], for: dice.between(5_000...300_000))
        case 15..<25:
            // A home agent from all nodes: it goes on catching what is sent to them.
            divide(Array(0..<network.links), from: [homeAgents[agent].place], for: dice.between(5_000...180_000))
        case 25..<32:
            let peer = dice.below(correspondents.count)
            divide(
                homeAgents.map(\.place), from: [correspondents[peer].place], for: dice.between(5_000...180_000))
        case 32..<40:
            let peer = dice.below(correspondents.count)
            let links = (0...dice.below(20)).map { _ in dice.below(network.links) }
            divide(links, from: [correspondents[peer].place], for: dice.between(5_000...300_000))
        case 40..<52:
            crash(agent, .program, for: dice.chance(500) ? dice.between(500...5_000) : dice.between(10_000...120_000))
        case 52..<62: crash(agent, .machine, for: dice.between(5_000...180_000))
        case 62..<67: crash(agent, .machineWithTornFile, for: dice.between(5_000...60_000))
        case 67..<72: crash(agent, .machineWithoutFile, for: dice.between(5_000...60_000))
        case 72..<76:
            let step: Int64 = dice.pick([-3_600_000, -60_000, -8_000, -2_000, 2_000, 8_000, 60_000, 3_600_000])
            homeAgents[agent].setClock(by: step)
            crash(agent, .program, for: dice.between(500...5_000))
        case 76..<84:
            let peer = dice.below(correspondents.count)
            correspondents[peer].restart()
            for node in nodes where node.profile.optimizesRoutes {
                disturbRoute(node, peer, .correspondentRestart)
            }
        case 84..<92:
            let home = dice.below(homeCount)
            disturbOwners(of: home, .revocation, more: Bounds.longestRefusal)
            note(home: home, "home agent \(agent) revokes its binding")
            homeAgents[agent].revoke(home)
        default:
            let home = dice.below(homeCount)
            guard !isProhibited[agent][home] else { break }
            isProhibited[agent][home] = true
            note(home: home, "home agent \(agent) locks it out")
            homeAgents[agent].prohibit(home, true)
            queue.add(.pardon, at: time + dice.between(5_000...600_000), agent, home)
            disturbOwners(of: home, .refusal, more: Bounds.longestRefusal)
        }
    }

    // MARK: Partitions

    private func divide(_ some: [Int], from others: [Int], for length: Int64) {
        let partition = network.divide(some, from: others)
        queue.add(.heal, at: time + length, partition)
        disturb(places: some + others, .partition)
    }

    func heal(_ partition: Int) {
        let places = network.heal(partition)
        disturb(places: places.flatMap { [$0.0, $0.1] }, .partition)
    }

    private func disturb(places: [Int], _ disturbance: Disturbance) {
        var isConcerned = Array(repeating: false, count: network.links)
        for place in places where place < network.links { isConcerned[place] = true }
        for node in nodes
        where node.uplinks.contains(where: { $0.link.map { $0 < network.links && isConcerned[$0] } ?? false }) {
            note(node.index, "a partition begins or ends")
            disturb(node, disturbance)
        }
    }

    // MARK: Home agents

    private func crash(_ agent: Int, _ end: SimulatedHomeAgent.End, for length: Int64) {
        guard homeAgents[agent].isProgramUp else { return }
        // The last that is written may be a moment old.
        homeAgents[agent].save()
        let at = time + dice.between(0...1_000)
        queue.add(.crash, at: at, agent, end.rawValue)
        queue.add(.boot, at: at + length, agent)
    }

    func crash(_ agent: Int, _ end: SimulatedHomeAgent.End) {
        guard homeAgents[agent].isProgramUp else { return }
        homeAgents[agent].crash(end)
        disturb(nodesOf: agent, .homeAgentGone, "home agent \(agent) ends: \(end)")
    }

    func boot(_ agent: Int) {
        guard !homeAgents[agent].isProgramUp else { return }
        homeAgents[agent].boot()
        disturb(nodesOf: agent, .homeAgentBack, "home agent \(agent) starts")
    }

    private func disturb(nodesOf agent: Int, _ disturbance: Disturbance, _ text: @autoclosure () -> String) {
        for node in nodes where node.profile.homeAgents.contains(agent) {
            note(node.index, text())
            disturb(node, disturbance)
        }
    }

    func pardon(_ home: Int, at agent: Int) {
        guard isProhibited[agent][home] else { return }
        isProhibited[agent][home] = false
        note(home: home, "home agent \(agent) lets it in again")
        homeAgents[agent].prohibit(home, false)
        disturbOwners(of: home, .refusal, more: Bounds.longestRefusal)
    }

    private func disturbOwners(of home: Int, _ disturbance: Disturbance, more: Int64) {
        for node in owners[home] { disturb(nodes[node], disturbance, more: more) }
    }

    // MARK: The attacker

    func attack() {
        queue.add(.attack, at: time + dice.around(parameters.attackInterval))
        statistics.attacks += 1
        let victim = nodes[dice.below(homeCount)]
        let agent = homeAgents[dice.below(homeAgents.count)]
        let peer = correspondents[dice.below(correspondents.count)]
        switch dice.below(8) {
        case 0...3:
            // What was overheard, again, as it was.
            guard !overheard.isEmpty else { return }
            var packet = dice.pick(overheard)
            packet.from = network.elsewhere
            if case .reverseTunnel = packet.route { packet.route = .direct }
            if case .tunnel = packet.route { packet.route = .direct }
            put(packet, at: time + dice.between(1...50))
        case 4: forge(bindingUpdate(of: victim), to: agent.address, homeAddress: victim.homeAddress)
        case 5:
            // With a key that is not the victim's.
            let association = NodeProfile.association(home: 2_000_000, seed: seed, replayProtection: .timestamp)
            let octets = MobilityAuthentication.seal(
                bindingUpdate(of: victim), careOfAddress: Addresses.attacker, homeAddress: victim.homeAddress,
                association: association)
            forge(octets, from: Addresses.attacker, to: agent.address, homeAddress: victim.homeAddress)
        case 6:
            // That the home agent, or a correspondent, knows no binding.
            let source = dice.chance(500) ? agent.address : peer.address
            guard let careOf = victim.active?.address else { return }
            forge(
                .bindingError(status: 1, homeAddress: victim.homeAddress, options: []), from: source, to: careOf)
        default:
            guard let careOf = victim.active?.address else { return }
            let answer = BindingAcknowledgement(
                status: dice.chance(500) ? .accepted : .administrativelyProhibited,
                sequenceNumber: victim.machine?.sequenceNumber ?? SequenceNumber(rawValue: 0), lifetime: .zero)
            forge(
                .bindingAcknowledgement(answer), from: dice.chance(700) ? agent.address : peer.address, to: careOf,
                routingHeader: victim.homeAddress)
        }
    }

    private func bindingUpdate(of victim: SimulatedNode) -> MobilityMessage {
        let number = (victim.machine?.sequenceNumber.rawValue ?? 0) &+ UInt16(dice.below(100))
        return .bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: number), flags: [.acknowledge, .homeRegistration],
                lifetime: BindingLifetime(seconds: 600),
                options: [
                    .alternateCareOfAddress(Addresses.attacker),
                    .messageIdentifier(timestamp: wallClock.rawValue),
                ]))
    }

    private func forge(
        _ message: MobilityMessage, from source: IPv6Address = Addresses.attacker, to destination: IPv6Address,
        homeAddress: IPv6Address? = nil, routingHeader: IPv6Address? = nil
    ) {
        forge(
            message.emit(), from: source, to: destination, homeAddress: homeAddress, routingHeader: routingHeader)
    }

    private func forge(
        _ octets: [UInt8], from source: IPv6Address, to destination: IPv6Address, homeAddress: IPv6Address? = nil,
        routingHeader: IPv6Address? = nil
    ) {
        let packet = MobilityPacket(
            source: source, destination: destination, homeAddressOption: homeAddress, routingHeader: routingHeader,
            message: octets)
        put(
            Packet(octets: packet.emit(), from: network.elsewhere, node: 0, exchange: 0, route: .direct),
            at: time + dice.between(1...100))
    }
}
