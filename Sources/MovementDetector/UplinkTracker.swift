import MobilitySocket
import MobilityWire
import Settings

/// Turns what the kernel says into reports about the configured uplinks: observations in, reports out, when something
/// changed and only then.
///
/// An uplink is its name: the interface may appear later, be renamed, vanish and come back under another index. Each
/// configured uplink has a report at all times; while the interface does not exist it says `absent`, with index 0.
struct UplinkTracker {
    enum Output: Hashable, Sendable {
        case report(UplinkReport)
        /// No uplink has this index any more.
        case gone(interfaceIndex: UInt32)
    }

    private var settings: [UplinkSettings]
    private var links: [UInt32: LinkObservation.Link] = [:]
    private var addresses: [UInt32: [IPv6Address: UplinkReport.Candidate]] = [:]
    private var defaultRoutes: [UInt32: Set<LinkObservation.DefaultRoute>] = [:]
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
            links[link.index] = link
        case .linkMTU(let index, let mtu): links[index]?.ipv6MTU = mtu
        case .linkGone(let index): forget(index)
        case .address(let address):
            addresses[address.index, default: [:]][address.candidate.address] = address.candidate
        case .addressGone(let index, let address): addresses[index]?[address] = nil
        case .defaultRoute(let route): defaultRoutes[route.index, default: []].insert(route)
        case .defaultRouteGone(let route): defaultRoutes[route.index]?.remove(route)
        case .everything(let links, let addresses, let routes):
            self.links = Dictionary(links.map { ($0.index, $0) }) { _, last in last }
            self.addresses = Dictionary(grouping: addresses, by: \.index).mapValues { group in
                Dictionary(group.map { ($0.candidate.address, $0.candidate) }) { _, last in last }
            }
            defaultRoutes = Dictionary(grouping: routes, by: \.index).mapValues(Set.init)
        }
        return changes()
    }

    /// Other uplinks from now on, after a reload.
    mutating func configure(_ settings: [UplinkSettings]) -> [Output] {
        self.settings = settings
        return changes()
    }

    private mutating func forget(_ index: UInt32) {
        links[index] = nil
        addresses[index] = nil
        defaultRoutes[index] = nil
    }
}

// MARK: - Reports

extension UplinkTracker {
    /// Compares what is with what was reported.
    private mutating func changes() -> [Output] {
        let current = Dictionary(settings.map { ($0.interface, report($0)) }) { first, _ in first }
        let indices = Set(current.values.map(\.interfaceIndex))
        let gone = Set(reported.values.map(\.interfaceIndex)).subtracting(indices).subtracting([0])
        var outputs = gone.sorted().map { Output.gone(interfaceIndex: $0) }
        for uplink in settings {
            guard let report = current[uplink.interface] else { continue }
            if let before = reported[uplink.interface], Self.areAlike(before, report) { continue }
            outputs.append(.report(report))
        }
        // The lifetimes of addresses run and are not told each time; those of the last report stay.
        reported = current.merging(reported) { new, old in Self.areAlike(new, old) ? old : new }
            .filter { current[$0.key] != nil }
        return outputs
    }

    private func report(_ uplink: UplinkSettings) -> UplinkReport {
        guard let link = links.values.first(where: { $0.name == uplink.interface }) else {
            return UplinkReport(
                interfaceIndex: 0, name: uplink.interface, type: uplink.type.rawValue, state: .absent, mtu: 0,
                metric: uplink.metric)
        }
        let candidates = (addresses[link.index] ?? [:]).values
            .filter { $0.address.isRoutableUnicast }
            .sorted { $0.address < $1.address }
        let route = defaultRoutes[link.index]?.min { ($0.metric, $0.router) < ($1.metric, $1.router) }
        return UplinkReport(
            interfaceIndex: link.index, name: link.name, type: uplink.type.rawValue,
            state: Self.state(link, candidates, hasRoute: route != nil), careOfCandidates: candidates,
            defaultRouter: route?.router ?? .unspecified, mtu: min(link.mtu, link.ipv6MTU ?? .max),
            metric: uplink.metric)
    }

    /// What is missing first, from the wire up.
    private static func state(
        _ link: LinkObservation.Link, _ candidates: [UplinkReport.Candidate], hasRoute: Bool
    ) -> UplinkReport.State {
        if !link.isUp { return .down }
        if !link.hasCarrier { return .noCarrier }
        if !candidates.contains(where: \.isUsable) { return .noAddress }
        return hasRoute ? .up : .noRouter
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
        return ageless(left) == ageless(right)
    }
}

extension UplinkReport.Candidate {
    /// Whether packets may leave from it: known not to be somebody else's, or optimistically used before that is known.
    var isUsable: Bool {
        !flags.contains(.duplicate) && (!flags.contains(.tentative) || flags.contains(.optimistic))
    }
}
