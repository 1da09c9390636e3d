import Logging
import MobilitySocket
import MobilityWire
import Platform

extension TunnelDaemon {
    /// What the detector said of the interface with an index.
    func uplink(_ index: UInt32) -> UplinkReport? { uplinks.values.first { $0.interfaceIndex == index && index != 0 } }

    /// A client arrived: for most there is nothing to do until they announce what they have.
    func greet(_ client: MobilitySocketServer.Client) -> MobilitySocketError? {
        if client.role != .monitor,
            let other = server.clients.first(where: { $0.role == client.role && $0.identifier != client.identifier })
        {
            refusedPrograms += 1
            return MobilitySocketError(
                .busy,
                "\(client.role.program) runs here already (process \(other.peer.pid)): end one of the two, or give this one "
                    + "the --socket of another nemonetd; it takes over when the other has ended")
        }
        if client.role == .detector { announcedUplinks = [] }
        if client.role != .monitor {
            log.info("\(client.role.program) connected (pid \(client.peer.pid))")
            if client.role == .mobileNode || client.role == .correspondentNode { listenersSeen += 1 }
            if client.role == .mobileRouter || client.role == .mobileNode { trafficWatch.forget() }
            // Its addresses are in the session only after this call.
            setNeedsApply()
        }
        return nil
    }

    func part(from client: MobilitySocketServer.Client) {
        guard client.role != .monitor else { return }
        log.notice("\(client.role.program) disconnected; what it announced goes on until it ends")
        ledger.clientGone(client.identifier)
        programStates[client.role.program] = nil
        setNeedsApply()
    }

    func answer(
        _ message: MobilitySocketMessage, from client: MobilitySocketServer.Client
    ) -> Result<[MobilitySocketMessage], MobilitySocketError> {
        do throws(MobilitySocketError) {
            return .success(try perform(message, for: client))
        } catch {
            return .failure(error)
        }
    }

    private func perform(
        _ message: MobilitySocketMessage, for client: MobilitySocketServer.Client
    ) throws(MobilitySocketError) -> [MobilitySocketMessage] {
        switch message {
        case .dump(let table): return dump(table)
        case .bindingAdd, .bindingDelete, .bindingFlush, .bindingSweep: try changeBindings(message, for: client)
        case .registrationAdd, .registrationDelete, .registrationFlush, .registrationSweep:
            try changeRegistrations(message, for: client)
        case .routeAdd, .routeDelete, .routeFlush, .routeSweep, .restingPeer, .restingPeerDelete:
            try changeRoutes(message, for: client)
        case .uplinkReport(let report):
            announcedUplinks.insert(report.name)
            let former = uplinks.updateValue(report, forKey: report.name)
            if former == report { return [] }
            server.broadcast(message, to: .uplinks)
            if former?.forForwarding != report.forForwarding { setNeedsApply() }
        case .uplinkGone(let index, nil):
            uplinks = uplinks.filter { $1.interfaceIndex != index }
            usages[index] = nil
            server.broadcast(message, to: .uplinks)
            setNeedsApply()
        case .uplinkGone(_, let name?): withdrawUplinks { $0 == name }
        case .uplinkSweep:
            withdrawUplinks { !announcedUplinks.contains($0) }
            noteAnnounced(.detector)
        case .uplinkUsage(let usage):
            try checkUplink(usage.interfaceIndex)
            usages[usage.interfaceIndex] = usage
            server.broadcast(message, to: .usage)
        case .routerProbe(let index, let router):
            try checkUplink(index)
            try inquiry.probe(router, interface: index)
        case .routerSolicit(let index):
            try checkUplink(index)
            try inquiry.solicit(interface: index)
        case .movementScan: server.broadcast(message, to: .scans)
        case .mobilitySend(var datagram):
            guard let relay else { throw MobilitySocketError(.unreachable, "not started") }
            // A home agent answers by the way that a message came; that matters on the home link alone.
            let home = homeLink.flatMap { $0.index == datagram.interfaceIndex ? $0.interface : nil }
            if client.role == .homeAgent, home == nil { datagram.interfaceIndex = 0 }
            let index = datagram.interfaceIndex
            let name = home ?? uplink(index)?.name ?? ledger.interfaceName(index) ?? ""
            guard index == 0 || !name.isEmpty else {
                throw MobilitySocketError(.unreachable, "no uplink has interface index \(index)")
            }
            // What a client announced before it sent must hold when the answer comes: packets may follow right behind.
            // A home agent announces bindings alone.
            applyNow(isForced: client.role != .homeAgent)
            try relay.send(datagram, interfaceName: name)
        case .icmpSend(let datagram):
            applyNow(isForced: client.role != .homeAgent)
            try send(datagram)
        case .configurationChanged: try rereadConfiguration()
        case .detectStart(let address, let interface): try startDetection(of: address, on: interface)
        case .detectStop(let address): homeLink?.stopDetecting(address)
        case .bindingRevoke(let homeAddresses): try revoke(homeAddresses)
        case .bindingForget(let homeAddresses): try pass(message, about: homeAddresses)
        case .homeAgentSwitch(let homeAddresses, let agents):
            try checkElsewhere(agents)
            try pass(message, about: homeAddresses)
        case .routeForget, .routeExclude: try pass(message, to: [.mobileNode])
        case .uplinkUse: try pass(message, to: [.mobileRouter, .mobileNode])
        case .counters(let program, let values):
            var known = counters[program] ?? [:]
            for value in values { known[value.name] = value.value }
            counters[program] = known
            server.broadcast(message, to: .counters)
        case .event(let event): record(event)
        case .programState(let state):
            // Each of the few roles has one client, and each client one state.
            programStates[state.program] = (state, loop.now)
            server.broadcast(message, to: .programStates)
        case .hello, .subscribe, .mobilityReceived, .bindingMissing, .bindingUsed, .routeHint, .parameterProblem,
            .icmpReceived, .detectResult, .tunnel, .status:
            throw MobilitySocketError(.notSupported, "nemonetd does not take \(message)")
        }
        return []
    }

    /// These are no uplinks any more. An index may have become another's.
    private func withdrawUplinks(where isGone: (String) -> Bool) {
        let gone = uplinks.filter { isGone($0.key) }
        guard !gone.isEmpty else { return }
        uplinks = uplinks.filter { !isGone($0.key) }
        for (name, report) in gone {
            if uplink(report.interfaceIndex) == nil { usages[report.interfaceIndex] = nil }
            server.broadcast(.uplinkGone(interfaceIndex: report.interfaceIndex, name: name), to: .uplinks)
        }
        setNeedsApply()
    }

    private func checkUplink(_ index: UInt32) throws(MobilitySocketError) {
        guard uplink(index) != nil else {
            throw MobilitySocketError(.unreachable, "no uplink has interface index \(index)")
        }
    }

    private func changeBindings(
        _ message: MobilitySocketMessage, for client: MobilitySocketServer.Client
    ) throws(MobilitySocketError) {
        // What a correspondent has is planned as a whole.
        var isWhole = client.role == .correspondentNode
        switch message {
        case .bindingAdd(let entry):
            guard entry.homeAddress.isRoutableUnicast, entry.careOfAddress.isRoutableUnicast else {
                throw MobilitySocketError(.invalid, "a binding is between two unicast addresses")
            }
            try ledger.checkRoom(for: entry)
            guard entry.kind == .home || entry.homeAgentAddress.isRoutableUnicast else {
                throw MobilitySocketError(.invalid, "a correspondent has a unicast address")
            }
            let isChanged = ledger.add(entry, by: client.identifier, at: loop.now)
            isWhole = isChanged && entry.kind == .correspondent
            // Of one that is only prolonged the way may have changed.
            if !isChanged, entry.kind == .home, !isWayAsBefore(of: entry) {
                ledger.noteChange(of: entry.homeAddress)
            }
        case .bindingDelete(let homeAddress, let identifier, nil):
            guard ledger.removeBinding(homeAddress: homeAddress, identifier: identifier) else {
                throw MobilitySocketError(.noSuchEntry, "\(homeAddress) has no such binding")
            }
        case .bindingDelete(let homeAddress, _, let correspondent?):
            guard ledger.removeCorrespondent(homeAddress: homeAddress, correspondent: correspondent) else {
                throw MobilitySocketError(.noSuchEntry, "\(homeAddress) has no binding with \(correspondent)")
            }
            isWhole = true
        case .bindingFlush where client.role == .correspondentNode: ledger.flushCorrespondents()
        case .bindingFlush: ledger.flushBindings()
        case .bindingSweep where client.role == .correspondentNode:
            ledger.sweepCorrespondents(keeping: client.identifier)
        case .bindingSweep:
            ledger.sweepBindings(keeping: client.identifier)
            noteAnnounced(.homeAgent)
        default: return
        }
        server.broadcast(message, to: .bindings, except: client.identifier)
        if isWhole { setNeedsApply() } else if !ledger.changed.isEmpty { setNeedsApplyOfBindings() }
    }

    private func changeRegistrations(
        _ message: MobilitySocketMessage, for client: MobilitySocketServer.Client
    ) throws(MobilitySocketError) {
        switch message {
        case .registrationAdd(let entry):
            guard entry.homeAddress.isRoutableUnicast, !entry.forwards || entry.careOfAddress.isRoutableUnicast else {
                throw MobilitySocketError(.invalid, "a registration that forwards is between two unicast addresses")
            }
            try ledger.checkRoom(for: entry)
            ledger.add(entry, by: client.identifier, at: loop.now)
        case .registrationDelete(let homeAddress, let careOfAddress):
            guard ledger.removeRegistration(homeAddress: homeAddress, careOfAddress: careOfAddress) else {
                throw MobilitySocketError(.noSuchEntry, "\(homeAddress) is not registered with \(careOfAddress)")
            }
        case .registrationFlush: ledger.flushRegistrations()
        case .registrationSweep:
            ledger.sweepRegistrations(keeping: client.identifier)
            noteAnnounced(.mobile)
        default: return
        }
        server.broadcast(message, to: .registrations, except: client.identifier)
        setNeedsApply()
    }

    private func changeRoutes(
        _ message: MobilitySocketMessage, for client: MobilitySocketServer.Client
    ) throws(MobilitySocketError) {
        switch message {
        case .routeAdd(let entry):
            guard entry.homeAddress.isRoutableUnicast, entry.peer.isRoutableUnicast,
                !entry.forwards || entry.careOfAddress.isRoutableUnicast
            else { throw MobilitySocketError(.invalid, "a route is between unicast addresses") }
            guard !entry.forwards || (entry.interfaceIndex != 0 && !entry.interfaceName.isEmpty) else {
                throw MobilitySocketError(.invalid, "a route that forwards names its uplink")
            }
            try ledger.checkRoom(for: entry)
            ledger.add(entry, by: client.identifier, at: loop.now)
        case .routeDelete(let homeAddress, let peer):
            guard ledger.removeRoute(homeAddress: homeAddress, peer: peer) else {
                throw MobilitySocketError(.noSuchEntry, "\(homeAddress) has no route to \(peer)")
            }
        case .routeFlush: ledger.flushRoutes()
        case .routeSweep: ledger.sweepRoutes(keeping: client.identifier)
        case .restingPeer(let entry):
            try ledger.checkRoom(for: entry)
            ledger.add(entry, by: client.identifier, at: loop.now)
        case .restingPeerDelete(let prefix):
            guard ledger.removeRestingPeer(prefix) else {
                throw MobilitySocketError(.noSuchEntry, "\(prefix) does not rest")
            }
        default: return
        }
        server.broadcast(message, to: .routes, except: client.identifier)
        setNeedsApply()
    }

    /// Hands an administrator's wish to the correspondent, to the home agent, or to both.
    private func revoke(_ homeAddresses: [IPv6Address]) throws(MobilitySocketError) {
        let bound = Set(ledger.correspondents.keys.map(\.homeAddress))
        let direct = homeAddresses.filter(bound.contains)
        if !direct.isEmpty {
            guard let correspondent = server.clients.first(where: { $0.role == .correspondentNode }) else {
                throw MobilitySocketError(.unreachable, "cnd is not running here")
            }
            server.send(.bindingRevoke(homeAddresses: direct), to: correspondent.identifier)
        }
        let registered = homeAddresses.filter { !bound.contains($0) || ledger.isBound($0) }
        guard !registered.isEmpty else { return }
        try pass(.bindingRevoke(homeAddresses: registered), about: registered)
    }

    /// A node that is sent to where it is leaves, and finds nobody.
    private func checkElsewhere(_ agents: [IPv6Address]) throws(MobilitySocketError) {
        let own = Set(server.clients.filter { $0.role == .homeAgent }.flatMap(\.hello.addresses))
        guard let same = agents.first(where: own.contains) else { return }
        throw MobilitySocketError(
            .invalid, "\(same) is this home agent itself: name another one, or none for one that the node finds")
    }

    /// Hands an administrator's wish to the program of one of these roles.
    private func pass(_ message: MobilitySocketMessage, to roles: [Role]) throws(MobilitySocketError) {
        guard let node = server.clients.first(where: { roles.contains($0.role) }) else {
            let names = roles.map(\.program).joined(separator: " nor ")
            throw MobilitySocketError(
                .unreachable, roles.count > 1 ? "neither \(names) is running here" : "\(names) is not running here")
        }
        server.send(message, to: node.identifier)
    }

    /// Hands a Mobility Header to the program that it is for. The addresses of home agent and correspondent are named in
    /// their hellos, and a correspondent that names none has all; everything else belongs to the mobile side.
    func deliver(_ datagram: MobilityDatagram) {
        let clients = server.clients
        let agent = clients.first { $0.role == .homeAgent && $0.hello.addresses.contains(datagram.destination) }
        let correspondent = clients.first {
            $0.role == .correspondentNode
                && ($0.hello.addresses.isEmpty || $0.hello.addresses.contains(datagram.destination))
        }
        let mobile = clients.first { $0.role == .mobileRouter || $0.role == .mobileNode }
        let addressee = MobilityAddressee(
            hasHomeAgent: agent != nil, hasCorrespondent: correspondent != nil, hasMobileNode: mobile != nil)
        let receiver =
            switch addressee.side(of: datagram.message) {
            case .homeAgent: agent
            case .correspondent: correspondent
            case .mobileNode: mobile
            case nil: nil as MobilitySocketServer.Client?
            }
        guard let receiver else { return }
        server.send(.mobilityReceived(datagram), to: receiver.identifier)
    }
}

extension UplinkReport {
    /// Without what forwarding does not depend on: the signal of a radio changes all the time, and that a router does not
    /// answer is in the state.
    fileprivate var forForwarding: UplinkReport {
        var report = self
        report.signal = nil
        report.routerState = .absent
        return report
    }
}
