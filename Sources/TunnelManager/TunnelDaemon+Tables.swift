import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

extension TunnelDaemon {
    static let program = "nemonetd"

    /// The entries of a table.
    func dump(_ table: MobilitySocketMessage.Table) -> [MobilitySocketMessage] {
        let now = loop.now
        switch table {
        case .bindings: return ledger.currentBindings(at: now).map { .bindingAdd($0) }
        case .registrations: return ledger.currentRegistrations(at: now).map { .registrationAdd($0) }
        case .routes:
            return ledger.currentRoutes(at: now).map { .routeAdd($0) }
                + ledger.currentRestingPeers(at: now).map { .restingPeer($0) }
        case .uplinks:
            return uplinks.values.sorted { ($0.interfaceIndex, $0.name) < ($1.interfaceIndex, $1.name) }
                .map { .uplinkReport($0) }
        case .usage: return usages.values.sorted { $0.interfaceIndex < $1.interfaceIndex }.map { .uplinkUsage($0) }
        case .tunnels:
            readKernelCounters()
            return planner.status.map { .tunnel($0) }
        case .counters:
            var all = counters
            all[Self.program] = ownCounters
            return all.sorted { $0.key < $1.key }.map { program, values in
                .counters(
                    program: program,
                    values: values.sorted { $0.key < $1.key }.map { CounterValue(name: $0, value: $1) })
            }
        case .events: return events.all.map { .event($0) }
        case .status:
            return [
                .status(
                    ManagerStatus(
                        version: version, plane: plane.text, device: engine.device.name,
                        uptimeMilliseconds: UInt64(clamping: (now - started).milliseconds),
                        clients: server.clients.map {
                            ManagerStatus.Client(
                                role: $0.role, processIdentifier: UInt32(clamping: $0.peer.pid), name: $0.hello.name)
                        }))
            ]
        case .programStates:
            return [.programState(ownState)]
                + programStates.sorted { $0.key < $1.key }.map { .programState($1.state.after(now - $1.since)) }
        case .mobility, .scans, .traffic: return []
        }
    }

    private var ownState: ProgramState {
        let forwarding = ledger.registrations.values.filter(\.entry.forwards).map(\.expiry)
        let routes = ledger.routes.values.filter(\.entry.forwards).map(\.expiry)
        let direct = ledger.correspondents.values.map(\.expiry)
        let timers: [PendingTimer?] = [
            PendingTimer("binding_expiry", waiting: ledger.bindings.count, due: ledger.nextExpiryOfBindings),
            PendingTimer("direct_binding_expiry", waiting: direct.count, due: direct.min()),
            PendingTimer("registration_expiry", waiting: forwarding.count, due: forwarding.min()),
            PendingTimer("route_expiry", waiting: routes.count, due: routes.min()),
            PendingTimer("path_mtu_expiry", waiting: pathMTUs.count, due: pathMTUs.nextExpiry),
            PendingTimer("narrow_way_expiry", waiting: narrowWays.count, due: narrowWays.nextExpiry),
        ]
        return ProgramState(.init(timers: timers.compactMap(\.self)), program: Self.program, at: loop.now)
    }

    private var ownCounters: [String: UInt64] {
        var values = (relay?.counters ?? [:]).merging(icmp?.counters ?? [:]) { $0 + $1 }
            .merging(inquiry.counters) { $0 + $1 }
        values["client_overrun"] = overruns
        values["client_refused"] = refusedPrograms
        values["plan_made"] = runs.ofAll
        values["plan_changed"] = runs.ofBindings
        values["direct_use_refused"] = engine.refusedUses
        values["direct_packets_in"] = planner.directTraffic.received
        values["direct_packets_out"] = planner.directTraffic.sent
        // Packets came faster than the engine took them out of the device: the kernel counts them, for it dropped them.
        values["dropped_device_overrun"] = kernel.transmitDrops(ofInterface: engine.device.index)
        values["packet_error_suppressed"] = engine.suppressedErrors
        values["plane_changed"] = planeChanges
        readKernelCounters()
        for reason in DropReason.allCases {
            values["dropped_\(reason.rawValue)"] = engine.dropped(reason) + (kernelPlane?.dropped[reason] ?? 0)
        }
        return values
    }

    /// Keeps an event for those who ask later, and tells those who follow.
    func record(_ event: EventRecord) {
        events.append(event)
        server.broadcast(.event(event), to: .events)
    }

    /// Records an event of nemonetd itself.
    func record(_ event: String, _ detail: String, uplink: String = "") {
        // Addresses of users are nobody's business but theirs.
        log.debug("\(detail)")
        record(
            EventRecord(time: loop.now, program: Self.program, event: event, detail: detail, uplink: uplink))
    }

    /// Tells of tunnels that came and went, and of traffic that moved.
    ///
    /// - Parameters:
    ///   - before: those that are no longer so.
    ///   - now: those that were not so.
    func tellTunnels(_ before: [TunnelStatus], _ now: [TunnelStatus]) {
        struct Ends: Hashable {
            var homeAddress, local, remote: IPv6Address
        }
        func key(_ status: TunnelStatus) -> Ends {
            Ends(homeAddress: status.homeAddress, local: status.local, remote: status.remote)
        }
        // At a start with very many bindings nobody listens yet, and the history holds but the last.
        guard before.count + now.count <= EventHistory.limit || server.hasSubscribers(of: [.tunnels, .events]) else {
            let (active, gone) = (now.count(where: \.active), before.count - now.count)
            return record("tunnels_changed", "\(active) tunnels carry now\(gone > 0 ? ", \(gone) less are there" : "")")
        }
        let old = Dictionary(before.map { (key($0), $0) }) { first, _ in first }
        let new = Dictionary(now.map { (key($0), $0) }) { first, _ in first }
        for status in now where old[key(status)].map({ $0.active != status.active || $0.mtu != status.mtu }) ?? true {
            server.broadcast(.tunnel(status), to: .tunnels)
            let through = status.interfaceName.isEmpty ? "" : " through \(status.interfaceName)"
            let what = "\(status.local) to \(status.remote)\(through)"
            if status.active, old[key(status)]?.active != true {
                record(
                    "tunnel_active", "tunnel \(what) carries \(status.homeAddress)", uplink: status.interfaceName)
            }
        }
        for status in before where new[key(status)] == nil {
            record(
                "tunnel_removed", "tunnel \(status.local) to \(status.remote) of \(status.homeAddress) is gone",
                uplink: status.interfaceName)
        }
    }
}
