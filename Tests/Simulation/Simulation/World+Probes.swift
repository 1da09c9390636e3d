import Drives
import HomeAgentOperation
import MobilityCore
import MobilityWire
import Multihoming
import RouteOptimization

// Packets of data, judged by what both ends forward by and by what the network carries at that moment.

extension World {
    enum Verdict: Equatable {
        case delivered
        /// Nobody could have carried it.
        case excused
        /// A home agent catches it that the node has left without being able to say so.
        case stale(until: Int64)
        case lost(String)
    }

    func probe(_ node: SimulatedNode) {
        statistics.probes += 1
        let peers = node.profile.correspondents
        // Where packets are lost the application goes on trying.
        let peer =
            peers.first { node.routeWatchdogs[$0].failingSince != nil } ?? peers[node.dice.below(peers.count)]
        checkLifetimes(of: node.profile.home)
        checkOwner(of: node)
        let verdict = verdict(node, peer)
        note(node.index, "a packet to and from correspondent \(peer): \(verdict)")
        if node.profile.isJudged { judge(verdict, of: node) }
        if node.profile.isJudged, node.profile.optimizesRoutes { judgeRoute(of: node, peer, tunnel: verdict) }
        if node.table.active(at: node.now) != nil || node.optimizedRoutes[peer] != nil { node.hint(peer) }
        // An application that gets no answer tries again.
        let isFailing = node.watchdog.failingSince != nil || node.routeWatchdogs[peer].failingSince != nil
        nextProbe[node.index] =
            time
            + (isFailing
                ? node.dice.between(400...Bounds.applicationRetry) : node.dice.around(parameters.trafficInterval))
        queue.add(.probe, at: nextProbe[node.index], node.index)
    }

    func judge(_ verdict: Verdict, of node: SimulatedNode) {
        let paths = node.profile.style == .single ? 1 : node.uplinks.count
        let recovery = bounds.recovery(paths: paths, homeAgents: node.profile.homeAgents.count)
        switch verdict {
        case .delivered:
            let place = Disturbance.allCases.firstIndex(of: node.watchdog.disturbance) ?? 0
            if let length = node.watchdog.succeed(at: time) { statistics.outages[place].add(length) }
        case .excused:
            statistics.excused += 1
            node.watchdog.excuse(at: time, bound: recovery)
        case .stale(let until):
            statistics.staleInterceptions += 1
            node.watchdog.excuse(at: max(time, until), bound: recovery)
        case .lost(let reason):
            node.watchdog.fail(at: time)
            guard node.watchdog.isOverdue(at: time) else { return }
            violated(
                .blackHole, node.index,
                "\(reason); after \(node.watchdog.disturbance.rawValue) at \(WorldTime(node.watchdog.disturbedAt)) "
                    + "packets had to get through by \(WorldTime(node.watchdog.mustWorkBy))")
        }
    }

    // MARK: Through the home agent

    /// Whether a packet of the node gets to a correspondent, and its answer back, through the home agent.
    func verdict(_ node: SimulatedNode, _ peer: Int) -> Verdict {
        if isExcused(node, peer) { return .excused }
        let out = outward(node, peer)
        guard out == .delivered else { return out }
        return inward(node, peer)
    }

    private func outward(_ node: SimulatedNode, _ peer: Int) -> Verdict {
        if isAtHome(node), node.table.isHome(at: node.now) { return .delivered }
        guard let row = node.table.active(at: node.now) else { return .lost("the node has no tunnel") }
        guard case .homeAgent(let index) = Addresses.holder(of: row.homeAgent) else { return .lost("no home agent") }
        let agent = homeAgents[index]
        guard let link = node.uplinks.first(where: { $0.carries(row.careOf.address) })?.link else {
            return .lost("the node sends from \(row.careOf.address), which it has no more")
        }
        guard agent.isMachineUp, !network.isBlocked(link, agent.place) else {
            return .lost("home agent \(index) cannot be reached")
        }
        guard agent.accepts(node.profile.home, from: row.careOf.address) else {
            missing(node, at: agent, careOf: row.careOf.address)
            return .lost("home agent \(index) has no binding with \(row.careOf.address)")
        }
        guard !network.isBlocked(agent.place, correspondents[peer].place) else { return .excused }
        return .delivered
    }

    private func inward(_ node: SimulatedNode, _ peer: Int) -> Verdict {
        let home = node.profile.home
        guard let index = interception(of: home) else {
            if isAtHome(node) {
                return node.table.isHome(at: node.now) ? .delivered : .lost("the node does not know that it is home")
            }
            return .lost("no home agent has a binding")
        }
        let agent = homeAgents[index]
        guard !network.isBlocked(agent.place, correspondents[peer].place) else { return .excused }
        guard let binding = agent.forwarding(home).first else { return .lost("no home agent has a binding") }
        let careOf = binding.careOfAddress
        if let link = node.uplinks.first(where: { $0.carries(careOf) })?.link, !network.isBlocked(link, agent.place),
            node.table.accepts(careOf, from: agent.address, at: node.now)
        {
            return .delivered
        }
        // The node has told another home agent, or this one just before it lost the news.
        if index != node.homeAgent || isAtHome(node) && agent.hasForgotten(binding, of: home), node.machine != nil {
            return .stale(until: agent.clock.time(of: binding.expiresAt))
        }
        return .lost("home agent \(index) sends to \(careOf), where the node does not take it")
    }

    /// Whether no node and no home agent could have done anything about it.
    private func isExcused(_ node: SimulatedNode, _ peer: Int) -> Bool {
        if node.drive != nil, isExcusedDriving(node) { return true }
        let reported = node.uplinks.filter(\.isReported)
        // Dead, and nobody has said so.
        guard !reported.isEmpty, node.drive != nil || reported.allSatisfy(\.isAlive) else { return true }
        let home = node.profile.home
        if isAtHome(node) {
            // Whoever catches its packets must hear that it is at home, and the node that it was heard.
            let agents = [interception(of: home), node.homeAgent].compactMap(\.self)
            return agents.contains { !homeAgents[$0].isProgramUp }
        }
        guard let active = node.active, let link = node.uplinks.first(where: { $0.carries(active.address) })?.link
        else {
            return true
        }
        func serves(_ agent: Int) -> Bool {
            homeAgents[agent].isProgramUp && !network.isBlocked(link, homeAgents[agent].place)
                && !isProhibited[agent][home]
        }
        guard node.profile.homeAgents.contains(where: serves) else { return true }
        // A node with several ways leaves one aside that does not answer, but only when it next asks.
        if node.profile.style != .single, let agent = node.homeAgent {
            return reported.contains { $0.link.map { network.isBlocked($0, homeAgents[agent].place) } ?? false }
        }
        return false
    }

    private func checkOwner(of node: SimulatedNode) {
        guard node.profile.kind == .wrongKey || node.profile.kind == .wrongPrefix else { return }
        for agent in homeAgents {
            for binding in agent.forwarding(node.profile.home)
            where node.profile.kind == .wrongKey
                && node.uplinks.contains(where: { $0.address == binding.careOfAddress })
            {
                violated(.oneOwner, node.index, "home agent \(agent.index) forwards to a node with a wrong key")
            }
        }
    }

    // MARK: Past the home agent

    private func judgeRoute(of node: SimulatedNode, _ peer: Int, tunnel: Verdict) {
        let correspondent = correspondents[peer]
        let recovery =
            bounds.recovery(paths: 2, homeAgents: node.profile.homeAgents.count) + bounds.routeOptimization(after: nil)
        let isBlocked = node.uplinks.contains { uplink in
            uplink.link.map { network.isBlocked($0, correspondent.place) } ?? false
        }
        // What goes wrong in the tunnel goes wrong here, as far as there is no route.
        guard tunnel == .delivered, !isBlocked else {
            return node.routeWatchdogs[peer].excuse(at: time, bound: recovery)
        }
        var reason: String?
        let binding = correspondent.binding(of: node.profile.home)
        if let route = node.optimizedRoutes[peer], route.expiresAt > node.now {
            if !node.uplinks.contains(where: { $0.carries(route.careOf.address) }) {
                reason = "a route by \(route.careOf.address), which the node has no more"
            } else if binding?.careOfAddress != route.careOf.address {
                reason = "correspondent \(peer) has no binding with \(route.careOf.address)"
                correspondent.handle(
                    .bindingMissing(
                        peer: route.careOf.address, homeAddress: node.homeAddress, correspondent: correspondent.address)
                )
            }
        }
        if let binding {
            correspondent.handle(.bindingUsed(homeAddress: node.homeAddress, correspondent: correspondent.address))
            if !node.uplinks.contains(where: { $0.carries(binding.careOfAddress) }) {
                reason = reason ?? "correspondent \(peer) sends to \(binding.careOfAddress), which the node has no more"
            }
        }
        guard let reason else {
            if let length = node.routeWatchdogs[peer].succeed(at: time) { statistics.routeOutages.add(length) }
            return
        }
        note(node.index, reason)
        node.routeWatchdogs[peer].fail(at: time)
        guard node.routeWatchdogs[peer].isOverdue(at: time) else { return }
        violated(
            .blackHole, node.index,
            "\(reason); packets had to get through by \(WorldTime(node.routeWatchdogs[peer].mustWorkBy))")
    }

    // MARK: At the end of a time without faults

    /// Every node that has a key has to be reached again.
    func judge() {
        for node in nodes where node.profile.isJudged {
            let peer = node.profile.correspondents[0]
            // Only what came late in the storm can still have time.
            guard time > node.watchdog.mustWorkBy,
                node.watchdog.failingSince == nil || node.watchdog.isOverdue(at: time)
            else { continue }
            let verdict = verdict(node, peer)
            note(node.index, "is judged: \(verdict)")
            guard verdict == .delivered, let agent = node.homeAgent else {
                violated(.convergence, node.index, "\(verdict)")
                return
            }
            // Where a network loses much, a short way may look bad as well.
            if node.drive != nil, parameters.loss + parameters.late == 0,
                node.chooser.decision.active?.name != DriveModel.names[0]
            {
                violated(.convergence, node.index, "in the depot \(DriveModel.names[0]) does not carry its traffic")
                return
            }
            guard !isAtHome(node) else {
                statistics.converged += 1
                continue
            }
            let bound = homeAgents[agent].machine.cache.bindings(of: node.homeAddress)
            // A binding of several that carries nothing may be out of date where the news of it was lost: until the node's
            // next Binding Update about it, or the end of its lifetime, which `checkLifetimes` looks at.
            if let wrong = bound.first(where: { binding in
                !node.uplinks.contains { $0.carries(binding.careOfAddress) }
                    && !homeAgents[agent].hasForgotten(binding, of: node.profile.home)
            }) {
                violated(
                    .convergence, node.index, "home agent \(agent) still has \(wrong.careOfAddress) of it")
                return
            }
            statistics.converged += 1
        }
        isStorm = true
        if parameters.drives { for node in nodes { beginDrive(node) } }
    }
}
