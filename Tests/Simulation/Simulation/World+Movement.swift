import MobilityWire

// What nodes do.

extension World {
    /// A node gets an address on a link, as far as it has none.
    func attach(_ node: SimulatedNode, uplink: Int, home: Bool = false) {
        guard node.uplinks[uplink].link == nil else { return }
        connect(node, uplink, to: home ? network.homeLink : node.dice.below(network.links))
        node.report()
    }

    func connect(_ node: SimulatedNode, _ uplink: Int, to link: Int) {
        node.serial += 1
        let generation = node.uplinks[uplink].generation + 1
        node.uplinks[uplink] = SimulatedUplink(
            link: link,
            address: link == network.homeLink
                ? Addresses.onHomeLink(node.index)
                : Addresses.careOf(link: link, node: node.index, serial: node.serial),
            isAlive: true, isKnownDead: false, generation: generation)
        note(node.index, "uplink \(uplink) is on link \(link) with \(node.uplinks[uplink].address)")
        disturb(node, .handover)
    }

    func disconnect(_ node: SimulatedNode, _ uplink: Int) {
        let generation = node.uplinks[uplink].generation + 1
        node.uplinks[uplink] = SimulatedUplink(generation: generation)
        note(node.index, "uplink \(uplink) has no link")
        disturb(node, .handover)
    }

    func move(_ node: SimulatedNode) {
        queue.add(.move, at: time + node.dice.around(parameters.moveInterval), node.index)
        guard isStorm else { return }
        statistics.moves += 1
        guard node.drive == nil else { return restart(node, keepsTable: node.dice.chance(600)) }
        let uplink = node.dice.below(node.uplinks.count)
        let isThere = node.uplinks[uplink].link != nil
        switch node.dice.below(100) {
        case 0..<40:
            // To another link at once.
            connect(node, uplink, to: node.dice.below(network.links))
            node.report()
        case 40..<52 where isThere && node.uplinks[uplink].link != network.homeLink:
            // Another address of the same link.
            connect(node, uplink, to: node.uplinks[uplink].link ?? 0)
            node.report()
        case 40..<72:
            // Out of one, and after a while into another.
            disconnect(node, uplink)
            node.report()
            queue.add(.attach, at: time + node.dice.between(200...120_000), node.index, uplink)
        case 72..<80 where isThere && !node.uplinks[uplink].isKnownDead:
            // The link stops carrying, and nobody says so.
            node.uplinks[uplink].isAlive = false
            node.uplinks[uplink].generation += 1
            note(node.index, "uplink \(uplink) dies silently")
            queue.add(.notice, at: time + node.dice.between(1_000...40_000), node.index, uplink)
        case 72..<88 where !node.uplinks.contains { $0.link == network.homeLink } && node.profile.kind == .honest:
            connect(node, uplink, to: network.homeLink)
            node.report()
        case 88..<92:
            // Into a tunnel.
            for uplink in node.uplinks.indices {
                disconnect(node, uplink)
                queue.add(.attach, at: time + node.dice.between(10_000...1_200_000), node.index, uplink)
            }
            node.report()
        case 92..<95: restart(node, keepsTable: true)
        case 95..<97: restart(node, keepsTable: false)
        default: break
        }
    }

    private func restart(_ node: SimulatedNode, keepsTable: Bool) {
        note(node.index, keepsTable ? "its program starts anew" : "is switched off and on")
        disturb(node, .restart)
        node.restart(keepsTable: keepsTable)
    }

    func noticeDeath(_ node: SimulatedNode, uplink: Int) {
        guard node.uplinks[uplink].link != nil, !node.uplinks[uplink].isAlive else { return }
        node.uplinks[uplink].isKnownDead = true
        note(node.index, "notices that uplink \(uplink) is dead")
        disturb(node, .handover)
        node.report()
        // Found by the scan: another link.
        disconnect(node, uplink)
        queue.add(.attach, at: time + node.dice.between(500...60_000), node.index, uplink)
    }

    /// Nothing goes wrong from now on.
    func calm() {
        isStorm = false
        for partition in network.partitions.keys.sorted() { heal(partition) }
        for agent in homeAgents where !agent.isProgramUp { boot(agent.index) }
        for agent in homeAgents.indices {
            for home in 0..<homeCount where isProhibited[agent][home] { pardon(home, at: agent) }
        }
        for node in nodes {
            guard node.drive == nil else {
                park(node)
                continue
            }
            for uplink in node.uplinks.indices {
                if node.uplinks[uplink].link != nil, !node.uplinks[uplink].isAlive {
                    noticeDeath(node, uplink: uplink)
                }
                if node.uplinks[uplink].link == nil {
                    queue.add(.attach, at: time + node.dice.between(0...10_000), node.index, uplink)
                }
            }
        }
    }
}
