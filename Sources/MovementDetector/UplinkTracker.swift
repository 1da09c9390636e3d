import Cellular
import MobilitySocket
import MobilityWire
import Settings

/// Turns what the kernel says into reports about the configured uplinks, when something changed and only then, and into
/// questions to the routers: observations in, both out.
///
/// An uplink is its name: the interface may appear later, be renamed, vanish and come back under another index. Each
/// configured uplink has a report at all times; while the interface does not exist it says `absent`, with index 0.
struct UplinkTracker {
    enum Output: Hashable, Sendable {
        case report(UplinkReport)
        /// No uplink has this index any more; with a name, that one is none any more.
        case gone(interfaceIndex: UInt32, name: String? = nil)
        /// The router is to be asked whether it is there.
        case probe(interfaceIndex: UInt32, router: IPv6Address)
        /// The routers of the link are to make themselves known.
        case solicit(interfaceIndex: UInt32)
    }

    private var settings: [UplinkSettings]
    private var links: [UInt32: LinkObservation.Link] = [:]
    private var addresses: [UInt32: [IPv6Address: UplinkReport.Candidate]] = [:]
    private var defaultRoutes: [UInt32: Set<LinkObservation.DefaultRoute>] = [:]
    /// What the kernel knows of other nodes.
    private var neighbors: [UInt32: [IPv6Address: LinkObservation.Neighbor.Verdict]] = [:]
    /// The default routers of the configured uplinks that have carrier.
    private var watches: [UInt32: RouterWatch] = [:]
    /// Where each link that came back may have arrived.
    private var arrivals: [UInt32: LinkArrival] = [:]
    /// Of radios, in dBm.
    private var signals: [UInt32: Int32] = [:]
    /// The WLANs that radios are in.
    private var networkNames: [UInt32: [UInt8]] = [:]
    /// By the name of the uplink.
    private var modems: [String: ModemReport] = [:]
    /// What was last reported, by name.
    private var reported: [String: UplinkReport] = [:]

    init(_ settings: [UplinkSettings]) {
        self.settings = settings
    }

    /// Every uplink as it was last reported, in the order of the configuration: for who comes late.
    var reports: [UplinkReport] { settings.compactMap { reported[$0.interface] } }

    mutating func handle(_ observation: LinkObservation) -> [Output] {
        switch observation {
        case .link(var link):
            // A change of the link that tells nothing of IPv6 changes nothing there.
            link.ipv6MTU = link.ipv6MTU ?? links[link.index]?.ipv6MTU
            let former = links.updateValue(link, forKey: link.index)
            if link.isOn, let former, !former.isOn { arrive(link.index) }
            // Who was there may be somewhere else when the link comes back; not every kernel forgets.
            if !link.hasCarrier { neighbors[link.index] = nil }
            if !link.isOn {
                signals[link.index] = nil
                networkNames[link.index] = nil
            }
        case .linkMTU(let index, let mtu): links[index]?.ipv6MTU = mtu
        case .linkGone(let index): forget(index)
        case .address(let address):
            addresses[address.index, default: [:]][address.candidate.address] = address.candidate
            arrivals[address.index]?.hear(address.candidate)
        case .addressGone(let index, let address): addresses[index]?[address] = nil
        case .prefix(let index, let prefix): arrivals[index]?.hear(prefix)
        case .defaultRoute(let route): defaultRoutes[route.index, default: []].insert(route)
        case .defaultRouteGone(let route): defaultRoutes[route.index]?.remove(route)
        case .neighbor(let neighbor):
            guard isUplink(neighbor.index) else { return [] }
            neighbors[neighbor.index, default: [:]][neighbor.address] = neighbor.verdict
            guard isRouter(neighbor.address, neighbor.index) else { return [] }
        case .neighborGone(let index, let address):
            neighbors[index]?[address] = nil
            guard isRouter(address, index) else { return [] }
        case .signal(let index, let level): signals[index] = level
        case .networkName(let index, let name): networkNames[index] = name
        case .modem(let name, let modem): modems[name] = modem
        case .associated(let index):
            guard links[index] != nil else { return [] }
            arrive(index)
            return changes() + scan([index])
        case .everything(let links, let addresses, let routes, let neighbors):
            self.links = Dictionary(links.map { ($0.index, $0) }) { _, last in last }
            self.addresses = Dictionary(grouping: addresses, by: \.index).mapValues { group in
                Dictionary(group.map { ($0.candidate.address, $0.candidate) }) { _, last in last }
            }
            for address in addresses { arrivals[address.index]?.hear(address.candidate) }
            defaultRoutes = Dictionary(grouping: routes, by: \.index).mapValues(Set.init)
            self.neighbors = Dictionary(grouping: neighbors.filter { isUplink($0.index) }, by: \.index).mapValues {
                group in
                Dictionary(group.map { ($0.address, $0.verdict) }) { _, last in last }
            }
        }
        return changes()
    }

    /// Behind the router there may be any number of neighbours, who come and go as they like: nothing is kept of them.
    private func isUplink(_ index: UInt32) -> Bool {
        links[index].map { link in settings.contains { $0.interface == link.name } } ?? false
    }

    /// Nor is anything looked at anew for a neighbour that nothing is sent by.
    private func isRouter(_ address: IPv6Address, _ index: UInt32) -> Bool {
        defaultRoutes[index]?.contains { $0.router == address } ?? false
    }

    /// Asks all over these links: their routers whether they are there, and whoever is a router to say so. None named means
    /// all.
    func scan(_ indices: [UInt32] = []) -> [Output] {
        reports.map(\.interfaceIndex).filter { indices.isEmpty || indices.contains($0) }.flatMap { index in
            guard let watch = watches[index] else { return [Output]() }
            return watch.routers.map { .probe(interfaceIndex: index, router: $0) } + [.solicit(interfaceIndex: index)]
        }
    }

    /// Where the machine may be at other networks on all links, whose carrier may never have gone.
    mutating func wake() -> [Output] {
        for index in links.keys { arrive(index) }
        return scan()
    }

    /// Asks those routers again that did not answer, or that nobody is asking: for who comes late, or after a while.
    func repeats(onlyUnreachable: Bool) -> [Output] {
        reports.map(\.interfaceIndex).flatMap { index in
            (watches[index]?.waiting(onlyUnreachable: onlyUnreachable) ?? []).map {
                .probe(interfaceIndex: index, router: $0)
            }
        }
    }

    /// Whether a default router did not answer.
    var hasUnreachable: Bool { watches.values.contains { !$0.waiting(onlyUnreachable: true).isEmpty } }

    /// Other uplinks from now on, after a reload.
    mutating func configure(_ settings: [UplinkSettings]) -> [Output] {
        self.settings = settings
        return changes()
    }

    private mutating func forget(_ index: UInt32) {
        links[index] = nil
        addresses[index] = nil
        defaultRoutes[index] = nil
        neighbors[index] = nil
        arrivals[index] = nil
        signals[index] = nil
        networkNames[index] = nil
    }

    private mutating func arrive(_ index: UInt32) {
        arrivals[index] = LinkArrival(Array((addresses[index] ?? [:]).values))
    }
}

// MARK: - Reports

extension UplinkTracker {
    /// Compares what is with what was reported.
    private mutating func changes() -> [Output] {
        let questions = watchRouters()
        let current = Dictionary(settings.map { ($0.interface, report($0)) }) { first, _ in first }
        let indices = Set(current.values.map(\.interfaceIndex))
        let removed = reported.values.filter { current[$0.name] == nil }.sorted { $0.name < $1.name }
        let gone = Set(reported.values.map(\.interfaceIndex)).subtracting(indices)
            .subtracting([0] + removed.map(\.interfaceIndex))
        var outputs = removed.map { Output.gone(interfaceIndex: $0.interfaceIndex, name: $0.name) }
        outputs += gone.sorted().map { Output.gone(interfaceIndex: $0) }
        for uplink in settings {
            guard let report = current[uplink.interface] else { continue }
            if let before = reported[uplink.interface], Self.areAlike(before, report) { continue }
            outputs.append(.report(report))
        }
        // The lifetimes of addresses run and are not told each time; those of the last report stay.
        reported = current.merging(reported) { new, old in Self.areAlike(new, old) ? old : new }
            .filter { current[$0.key] != nil }
        // Behind the reports: nemonetd asks over uplinks that it knows.
        return outputs + questions
    }

    /// Brings what is known of the routers up to date, and says what is to be asked.
    private mutating func watchRouters() -> [Output] {
        var current: [UInt32: RouterWatch] = [:]
        var outputs: [Output] = []
        for uplink in settings {
            guard let link = links.values.first(where: { $0.name == uplink.interface }), link.isOn,
                current[link.index] == nil
            else { continue }
            let index = link.index
            let isNew = watches[index] == nil
            var watch = watches[index] ?? RouterWatch()
            let routers = Set((defaultRoutes[index] ?? []).map(\.router)).subtracting([.unspecified])
            let (probe, isOneLost) = watch.update(routers, neighbors[index] ?? [:])
            outputs += probe.map { .probe(interfaceIndex: index, router: $0) }
            // A link that came up may be another than it was; and where a router fell silent there may be another.
            if isNew || isOneLost { outputs.append(.solicit(interfaceIndex: index)) }
            current[index] = watch
        }
        watches = current
        return outputs
    }

    private func report(_ uplink: UplinkSettings) -> UplinkReport {
        let modem = modems[uplink.interface]
        guard let link = links.values.first(where: { $0.name == uplink.interface }) else {
            return UplinkReport(
                interfaceIndex: 0, name: uplink.interface, type: uplink.type.rawValue, state: .absent, mtu: 0,
                metric: uplink.metric, signal: modem?.signal.map { Int32(clamping: $0.dBm) },
                modem: modem.map(UplinkReport.Modem.init))
        }
        let candidates = (addresses[link.index] ?? [:]).values
            .filter { $0.address.isRoutableUnicast }
            .map { arrivals[link.index]?.judge($0) ?? $0 }
            .sorted { $0.address < $1.address }
        let watch = watches[link.index] ?? RouterWatch()
        // One that is silent only where there is no other.
        let route = (defaultRoutes[link.index] ?? []).map { (route: $0, state: watch.state(of: $0.router)) }.min {
            ($0.state == .unreachable ? 1 : 0, $0.route.metric, $0.route.router)
                < ($1.state == .unreachable ? 1 : 0, $1.route.metric, $1.route.router)
        }
        return UplinkReport(
            interfaceIndex: link.index, name: link.name, type: uplink.type.rawValue,
            state: Self.state(link, candidates, hasRouter: route.map { $0.state != .unreachable } ?? false),
            careOfCandidates: candidates,
            defaultRouter: route?.route.router ?? .unspecified, routerState: route?.state ?? .absent,
            mtu: min(link.mtu, link.ipv6MTU ?? .max),
            metric: uplink.metric, signal: signals[link.index] ?? modem?.signal.map { Int32(clamping: $0.dBm) },
            networkName: networkNames[link.index], modem: modem.map(UplinkReport.Modem.init))
    }

    /// What is missing first, from the wire up.
    private static func state(
        _ link: LinkObservation.Link, _ candidates: [UplinkReport.Candidate], hasRouter: Bool
    ) -> UplinkReport.State {
        if !link.isUp { return .down }
        if !link.hasCarrier { return .noCarrier }
        if !candidates.contains(where: \.isUsable) { return .noAddress }
        return hasRouter ? .up : .noRouter
    }

    /// Whether two reports say the same to whoever chooses an uplink. The remaining lifetimes of addresses differ with
    /// every advertisement of a router; that an address is deprecated is a flag.
    private static func areAlike(_ left: UplinkReport, _ right: UplinkReport) -> Bool {
        func ageless(_ report: UplinkReport) -> UplinkReport {
            var report = report
            for index in report.careOfCandidates.indices {
                report.careOfCandidates[index].preferredLifetime = 0
                report.careOfCandidates[index].validLifetime = 0
            }
            return report
        }
        let (older, newer) = (ageless(left), ageless(right))
        guard let before = older.signal, let now = newer.signal else { return older == newer }
        // Radios flicker by a decibel.
        var same = newer
        same.signal = older.signal
        return older == same && abs(Int64(before) - Int64(now)) < Self.audible
    }

    /// The least difference of a signal, in decibels, that is told.
    private static let audible = 2
}

extension UplinkReport.Candidate {
    /// Whether packets may leave from it: known not to be somebody else's, or optimistically used before that is known.
    var isUsable: Bool {
        !flags.contains(.duplicate) && (!flags.contains(.tentative) || flags.contains(.optimistic))
    }
}
