import Drives
import HomeAgentOperation
import MobilityCore
import MobilityWire
import RouteOptimization

// No two nodes own one address, and no binding outlives its lifetime: looked at whenever a binding is made.

extension World {
    /// Looks at a binding that a home agent is about to forward by.
    ///
    /// - Returns: the number of its home address, if it has one.
    func check(_ binding: Binding, of agent: SimulatedHomeAgent) -> Int? {
        guard let home = check(binding, by: "home agent \(agent.index)") else { return nil }
        let node = owner(of: home)
        if let other = agent.forwarding(home).first(where: {
            $0.identifier != binding.identifier && Self.node(of: $0) != Self.node(of: binding)
        }), binding.identifier != nil {
            violated(
                .oneOwner, node,
                "home agent \(agent.index) forwards to \(binding.careOfAddress) and to \(other.careOfAddress)")
        }
        if let prefix = binding.prefixes.first(where: { !Addresses.mobilePrefix(home).contains($0) }) {
            violated(.oneOwner, node, "home agent \(agent.index) gives it \(prefix), which is another node's")
        }
        if binding.expiresAt > agent.now + nodes[node].profile.lifetime {
            violated(
                .lifetime, node, "home agent \(agent.index) binds for longer than the node has asked for")
        }
        return home
    }

    /// Looks at a correspondent's binding.
    func check(_ binding: Binding, of peer: SimulatedCorrespondent) {
        guard let home = check(binding, by: "correspondent \(peer.index)") else { return }
        if !nodes[owner(of: home)].profile.optimizesRoutes {
            violated(.oneOwner, owner(of: home), "correspondent \(peer.index) has a binding that nobody asked for")
        }
        if binding.expiresAt > peer.now + .seconds(420) {
            violated(
                .lifetime, owner(of: home), "correspondent \(peer.index) binds for longer than MAX_RR_BINDING_LIFETIME")
        }
    }

    private func check(_ binding: Binding, by whom: String) -> Int? {
        guard case .home(let home) = Addresses.holder(of: binding.homeAddress), owners.indices.contains(home) else {
            violated(.oneOwner, 0, "\(whom) binds \(binding.homeAddress), which is nobody's home address")
            return nil
        }
        guard let node = Self.node(of: binding), owners[home].contains(node) else {
            violated(.oneOwner, owner(of: home), "\(whom) binds \(binding.careOfAddress), which is somebody else's")
            return nil
        }
        return home
    }

    private static func node(of binding: Binding) -> Int? {
        switch Addresses.holder(of: binding.careOfAddress) {
        case .careOf(_, let node), .homeLinkHost(let node): node
        default: nil
        }
    }

    /// Looks at what is in force for a home address now.
    func checkLifetimes(of home: Int) {
        let homeAddress = Addresses.home(home)
        for agent in homeAgents where agent.isProgramUp {
            for binding in agent.machine.cache.bindings(of: homeAddress) where binding.expiresAt < agent.now {
                violated(
                    .lifetime, owner(of: home),
                    "home agent \(agent.index) has a binding \((agent.now - binding.expiresAt).milliseconds) ms after its end"
                )
            }
        }
        guard nodes[owner(of: home)].profile.optimizesRoutes else { return }
        for peer in correspondents {
            let key = CorrespondentBindingCache.Key(correspondent: peer.address, homeAddress: homeAddress)
            guard let binding = peer.machine.cache[key], binding.expiresAt < peer.now else { continue }
            violated(
                .lifetime, owner(of: home),
                "correspondent \(peer.index) has a binding \((peer.now - binding.expiresAt).milliseconds) ms after its end"
            )
        }
    }

    // MARK: Answers

    /// A home agent has answered a node.
    func answered(_ status: BindingStatus, to node: SimulatedNode) {
        guard let agent = node.homeAgent else { return }
        if status.isAccepted {
            node.losses.succeed(exchanges.registration(agent))
            return
        }
        let reason: Bool
        switch status {
        case .sequenceNumberOutOfWindow, .mobilityIdentifierMismatch, .mobilityMessageIdentifierRequired:
            return
        case .administrativelyProhibited:
            reason = refusalMayBeUnderWay(node)
        case .duplicateAddressDetectionFailed: reason = parameters.hasHomeLink
        case .reasonUnspecified: reason = parameters.hasHomeLink
        case .notHomeAgentForThisMobileNode: return
        case .multipleCareOfAddressProhibited, .multipleCareOfAddressBulkRegistrationProhibited,
            .multipleCareOfAddressNonMCoABindingExists:
            return
        case .registrationTypeChangeDisallowed: reason = !node.profile.isJudged
        default: reason = false
        }
        if !reason, node.profile.isJudged {
            violated(.groundlessRefusal, node.index, "home agent \(agent) says \(status.name)")
        }
        note(node.index, "is refused: \(status.name)")
        disturb(node, .refusal, more: Bounds.longestRefusal)
    }

    private func refusalMayBeUnderWay(_ node: SimulatedNode) -> Bool {
        let home = node.profile.home
        return isProhibited.contains { $0[home] } || time < node.watchdog.mustWorkBy
    }

    // MARK: Disturbances

    /// Something happened that may cost packets of a node.
    func disturb(_ node: SimulatedNode, _ disturbance: Disturbance, more: Int64 = 0) {
        guard node.profile.isJudged else { return }
        let paths = node.profile.style == .single ? 1 : node.uplinks.count
        let wasInOrder = node.watchdog.isHealthy && time > node.watchdog.disturbedAt + Bounds.roundTrip
        let recovery = bounds.recovery(paths: paths, homeAgents: node.profile.homeAgents.count)
        if disturbance == .handover, wasInOrder, isServed(node) {
            node.watchdog.disturb(
                .handover, at: time,
                bound: bounds.handover(paths: paths, hasHomeLink: parameters.hasHomeLink) + detection(node))
        } else {
            node.watchdog.disturb(
                disturbance == .handover ? .handoverInTrouble : disturbance, at: time, bound: recovery + more)
        }
        for peer in node.profile.correspondents where node.profile.optimizesRoutes {
            node.routeWatchdogs[peer].disturb(
                disturbance, at: time, bound: recovery + more + bounds.routeOptimization(after: disturbance))
        }
        guard disturbance == .handover else { return }
        hurryProbe(node)
    }

    /// How long a node may take to find that an uplink is dead.
    private func detection(_ node: SimulatedNode) -> Int64 {
        guard node.drive != nil else { return 0 }
        return node.profile.traffic == .always ? DriveBook.bound : DriveBook.meteredBound
    }

    /// A node goes to another home agent. One that goes from one to the next while nothing gets through has no more time for
    /// that.
    func changedHomeAgent(_ node: SimulatedNode) {
        if node.watchdog.isHealthy { disturb(node, .homeAgentChange) }
    }

    /// The same of a node that leaves a way aside.
    func leftAside(_ node: SimulatedNode) {
        if node.watchdog.isHealthy { disturb(node, .pathChange) }
    }

    func disturbRoute(_ node: SimulatedNode, _ peer: Int, _ disturbance: Disturbance) {
        guard node.profile.isJudged else { return }
        node.routeWatchdogs[peer].disturb(
            disturbance, at: time,
            bound: bounds.recovery(paths: 1, homeAgents: 1) + bounds.routeOptimization(after: disturbance))
    }

    /// Whether the home agent in use has the node's binding and can be reached from where the node is.
    private func isServed(_ node: SimulatedNode) -> Bool {
        guard let agent = node.homeAgent, homeAgents[agent].isProgramUp,
            !homeAgents[agent].forwarding(node.profile.home).isEmpty
        else { return false }
        return node.uplinks.allSatisfy { uplink in
            uplink.link.map { !network.isBlocked($0, homeAgents[agent].place) } ?? true
        }
    }

    /// The next packet comes soon after a change, to see what that costs.
    private func hurryProbe(_ node: SimulatedNode) {
        let soon = time + node.dice.between(20...800)
        guard nextProbe[node.index] > soon else { return }
        nextProbe[node.index] = soon
        queue.add(.probe, at: soon, node.index)
    }
}
