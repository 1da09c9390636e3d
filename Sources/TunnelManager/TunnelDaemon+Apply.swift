import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

// State into engine and kernel.

extension TunnelDaemon {
    /// Brings engine and kernel to the present state once this event is dealt with.
    func setNeedsApply() {
        if pacer.askForAll() { loop.soon { [unowned self] in applyInTurn() } }
    }

    /// The same where only bindings of nodes changed, of which the ledger has taken note.
    func setNeedsApplyOfBindings() {
        if pacer.askForBindings() { loop.soon { [unowned self] in applyInTurn() } }
    }

    private func applyInTurn() {
        applyNow(isForced: false)
        pacingTimer?.cancel()
        pacingTimer = pacer.nextRun(at: loop.now).map { loop.timer(at: $0) { [unowned self] in applyInTurn() } }
    }

    /// Brings engine and kernel to the present state, if they lag behind it.
    ///
    /// - Parameter isForced: whether also where the pacer would have it wait; else bindings of nodes alone are brought into
    ///   force then.
    func applyNow(isForced: Bool) {
        switch pacer.run(at: loop.now, isForced: isForced) {
        case .all: apply()
        case .bindings: applyBindings()
        case nil: break
        }
    }

    func apply() {
        let now = loop.now
        runs.ofAll += 1
        pacer.noteStart()
        tellEnded(ledger.expire(at: now))
        forgetPathMTUs()
        narrowWays.expire(at: now)
        let (own, nodes) = (ledger.ownOwners, ledger.nodeOwners)
        let before = planner.tunnels
        networkRoutes.networks = configuration.engineNetworks
        var wanted = wantedGuard
        let direct = directRequests(wanted)
        narrowWays.keep(Set(direct.routes.map(\.way)))
        let linkMTU = linkMTU(of: nodes)
        engine.publish(
            planner.plan(
                own: own, nodes: nodes, direct: direct, networks: engineNetworks, clamp: configuration.clamp,
                asking: ledger.takeChanged(), linkMTU: linkMTU, learntMTU: learntMTU, isTooNarrow: narrowWays.contains))
        let tunnels = openKernelPlane(own: own, nodes: nodes)
        if tunnels == nil { startEngine() }
        let (addresses, routed) = (ledger.ownAddresses, networkRoutes.ofOthers(ask: kernel.routesOfOthers))
        nodeRoutes = NodeRoutes(configuration, own: addresses, routed: routed)
        beginRouting()
        kernel.reconcile(
            RouteCalculator.plan(
                configuration, own: addresses, routers: defaultRouters, careOf: careOfAddresses,
                nodes: nodes.map { ($0.homeAddress, $0.prefixes) }, direct: direct.routes, routed: routed,
                tunnels: tunnels), sweeps: tunnels == nil || kernelPlane?.awaits != true)
        setDeviceMTU()
        wanted.passesTunnels = tunnels != nil
        set(wanted)
        closeOtherPlane()
        setHomeLink()
        setDefence()
        setArrivals()
        let changes = planner.changes(since: before)
        tellTunnels(changes.before, changes.now)
        noteNextExpiry()
        watchTraffic()
        pacer.noteRun(from: now, to: loop.now)
    }

    /// Does for the bindings of nodes that changed what `apply()` does for all.
    private func applyBindings() {
        // The kernel's plan has no shorter way: its nodes are few. With more it is the engine's in any case.
        if kernelPlane != nil, plane == .kernel || ledger.bindings.count <= 2 * KernelTunnels.pairLimit {
            return apply()
        }
        tellEnded(TunnelLedger.Ended(bindings: ledger.expireBindings(at: loop.now)))
        let changed = ledger.takeChanged()
        if !changed.isEmpty {
            runs.ofBindings += 1
            let changes = changed.map { (homeAddress: $0, request: ledger.nodeOwner($0)) }
            let prefixes = planner.prefixes(of: changed)
            let nodes = changes.compactMap(\.request)
            let planned = planner.change(changes, linkMTU: linkMTU(of: nodes), learntMTU: learntMTU)
            engine.publish(planned.plan)
            let routes = nodeRoutes.change(
                of: prefixes.union(planner.prefixes(of: changed)), isBound: planned.plan.table.holdsNode)
            if !kernel.change(wanted: routes.wanted, unwanted: routes.unwanted) { setNeedsApply() }
            setDeviceMTU()
            setDefence(of: changed)
            tellTunnels(planned.before, planned.now)
        }
        setExpiryTimer()
    }

    /// Tunnels that were as narrow as the way was said to be are looked at anew, those of nodes each by itself.
    ///
    /// - Returns: whether there are such of our own, which are planned with everything.
    @discardableResult
    private func forgetPathMTUs() -> Bool {
        let homeAddresses = pathMTUs.expire(at: loop.now)
        for homeAddress in homeAddresses { ledger.noteChange(of: homeAddress) }
        return homeAddresses.contains(where: ledger.hasHomeAddress)
    }

    private func noteNextExpiry() {
        nextExpiryOfOthers =
            [ledger.nextExpiryOfOthers, pathMTUs.nextExpiry, narrowWays.nextExpiry].compactMap(\.self).min()
        setExpiryTimer()
    }

    /// The time of something that is no binding of a node is over.
    private func endOthers() {
        let areOwnWider = forgetPathMTUs()
        let others = [ledger.nextExpiryOfOthers, narrowWays.nextExpiry].compactMap(\.self).min()
        if areOwnWider || others.map({ $0 <= loop.now }) ?? false { setNeedsApply() } else { noteNextExpiry() }
    }

    /// Something that is no binding of a node ends then.
    func noteExpiry(at end: Instant) {
        nextExpiryOfOthers = min(nextExpiryOfOthers ?? end, end)
        setExpiryTimer()
    }

    private func setExpiryTimer() {
        // A whole run that waits for its turn ends whatever has ended by then.
        let others = pacer.isWholeAsked ? nil : nextExpiryOfOthers
        let next = [ledger.nextExpiryOfBindings, others].compactMap(\.self).min()
        if let expiryTimer, expiryTimer.isPending, expiryTimer.deadline == next { return }
        expiryTimer?.cancel()
        expiryTimer = next.map { next in
            loop.timer(at: next) { [unowned self] in
                if let nextExpiryOfOthers, nextExpiryOfOthers <= loop.now { endOthers() }
                setNeedsApplyOfBindings()
            }
        }
    }

    /// By the name of the uplink.
    private var defaultRouters: [String: IPv6Address] {
        uplinks.compactMapValues { $0.defaultRouter.isUnspecified ? nil : $0.defaultRouter }
    }

    /// Of each uplink that is up, by its name.
    private var careOfAddresses: [String: [IPv6Address]] {
        uplinks.compactMapValues { $0.state == .up ? $0.careOfCandidates.map(\.address) : nil }
    }

    private func tellEnded(_ ended: TunnelLedger.Ended) {
        for entry in ended.bindings {
            server.broadcast(
                .bindingDelete(
                    homeAddress: entry.homeAddress, bindingIdentifier: entry.bindingIdentifier,
                    correspondent: entry.kind == .correspondent ? entry.homeAgentAddress : nil),
                to: .bindings)
        }
        for entry in ended.routes {
            server.broadcast(.routeDelete(homeAddress: entry.homeAddress, peer: entry.peer), to: .routes)
        }
        for entry in ended.restingPeers { server.broadcast(.restingPeerDelete(prefix: entry.prefix), to: .routes) }
        for entry in ended.registrations {
            server.broadcast(
                .registrationDelete(homeAddress: entry.homeAddress, careOfAddress: entry.careOfAddress),
                to: .registrations)
        }
        func tell(_ detail: String, uplink: String = "") { record("forwarding_ended", detail, uplink: uplink) }
        for entry in ended.bindings { tell("the binding of \(entry.homeAddress) ended without being renewed") }
        for entry in ended.registrations {
            tell(
                "the registration of \(entry.homeAddress) at \(entry.careOfAddress) ended", uplink: entry.interfaceName)
        }
        for entry in ended.routes {
            tell(
                "the route of \(entry.homeAddress) to \(entry.peer) ended without being renewed",
                uplink: entry.interfaceName)
        }
    }

    /// What a router on the way of a tunnel said that it takes.
    private func learntMTU(_ request: TunnelLedger.TunnelRequest) -> Int? {
        pathMTUs.mtu(local: request.local, remote: request.remote, forTunnelOf: request.homeAddress)
    }

    /// The MTU of the link that leads to the far end of a tunnel.
    private func askLinkMTU(_ request: TunnelLedger.TunnelRequest) -> Int? {
        if request.interfaceIndex == 0, request.homeAddress == request.local, ledger.hasHomeAddress(request.local) {
            // From a home address the way to a care-of address is our own tunnel.
            return deviceMTU
        }
        if request.interfaceIndex != 0 {
            return uplink(request.interfaceIndex).map { Int($0.mtu) } ?? kernel.mtu(ofInterface: request.interfaceIndex)
        }
        return kernel.mtu(ofWayTo: request.remote)
    }

    /// The MTUs of the links that lead to the far ends of tunnels, of which those of new tunnels to nodes are known already.
    private func linkMTU(of nodes: [TunnelLedger.OwnerRequest]) -> (TunnelLedger.TunnelRequest) -> Int? {
        let mtus = mtusOfNewWays(nodes)
        return { [unowned self] request in
            (request.interfaceIndex == 0 && request.homeAddress != request.local ? mtus[request.remote] : nil)
                ?? askLinkMTU(request)
        }
    }

    /// The MTU of the ways to the far ends of tunnels that are new, where there are many of them: asked for together.
    private func mtusOfNewWays(_ nodes: [TunnelLedger.OwnerRequest]) -> [IPv6Address: Int] {
        var new: Set<IPv6Address> = []
        for node in nodes {
            if planner.tunnels[node.active] == nil { new.insert(node.active.remote) }
            for request in node.alsoAccepted where planner.tunnels[request] == nil { new.insert(request.remote) }
        }
        guard new.count > 1 else { return [:] }
        let remotes = Array(new)
        return Dictionary(uniqueKeysWithValues: zip(remotes, kernel.mtus(ofWaysTo: remotes)))
            .compactMapValues { $0 }
    }

    private var engineNetworks: EnginePlan.Networks {
        let networks = configuration.engineNetworks
        guard let source = configuration.homeAgentAddresses.first else { return EnginePlan.Networks() }
        return EnginePlan.Networks(prefixes: networks, errorSource: source)
    }

    /// Asks for the way of a binding that was only prolonged: routes, and what was learned of them, change meanwhile.
    ///
    /// - Returns: whether it takes what it took before.
    func isWayAsBefore(of entry: BindingEntry) -> Bool {
        let request = TunnelLedger.TunnelRequest(
            homeAddress: entry.homeAddress, local: entry.homeAgentAddress, remote: entry.careOfAddress,
            interfaceIndex: 0, interfaceName: "")
        guard let planned = planner.tunnels[request] else { return true }
        let way = askLinkMTU(request) ?? TunnelPlanner.defaultLinkMTU
        return planned.mtu == min(way, learntMTU(request) ?? way) - Tunnel.overhead
    }

    /// The device takes what the widest tunnel takes; for narrower ones the engine says what fits.
    private func setDeviceMTU() {
        guard let mtu = planner.greatestMTU.map({ max($0, Self.minimumMTU) }), mtu != deviceMTU else { return }
        deviceMTU = mtu
        kernel.setMTU(mtu, of: engine.device.name)
    }

    /// The least that IPv6 allows a link (RFC 8200 §5).
    private static let minimumMTU = 1280

    private var wantedGuard: PacketGuard {
        var wanted = PacketGuard()
        let registrations = ledger.registrations.values.map(\.entry)
        // Candidates as well, so that nothing has to be set up in the moment of a hand-over.
        wanted.localAddresses = Set(uplinks.values.flatMap { $0.careOfCandidates.map(\.address) })
            .union(registrations.map(\.careOfAddress).filter(\.isRoutableUnicast))
            .union(configuration.homeAddresses)
        wanted.homeAgents = Set(registrations.map(\.homeAgentAddress).filter(\.isRoutableUnicast))
        wanted.servedAddresses = Set(configuration.homeAgentAddresses)
            .union(server.clients.filter { $0.role == .homeAgent }.flatMap(\.hello.addresses))
        wanted.isBehindBridge = configuration.homeLink != nil
        wanted.anycastAddresses = Set(configuration.homeAgentAnycasts)
        wanted.routingHeaderAddresses = registrations.isEmpty && ledger.routes.isEmpty ? [] : wanted.localAddresses
        wanted.optionAddresses = optionAddresses(served: wanted.servedAddresses)
        return wanted
    }

    private func set(_ wanted: PacketGuard) {
        relay?.localAddresses = wanted.localAddresses.union(wanted.servedAddresses).union(wanted.optionAddresses)
        icmp?.localAddresses = wanted.mobilityICMPv6
        guard wanted != guardInForce else { return }
        do throws(PlatformError) {
            try Nftables.apply(script: wanted.script)
            guardInForce = wanted
        } catch {
            log.error("packets for mobility will also be answered by the kernel: \(error)")
        }
    }

    func removeGuard() {
        do throws(PlatformError) {
            try Nftables.apply(script: PacketGuard.removal)
        } catch {
            log.error("\(error)")
        }
    }
}
