import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Roaming
import RouteOptimization
import Settings
import Wiring

/// Route optimisation of a mobile host, between its machine and nemonetd: where the home addresses are, hints and Mobility
/// Headers go in; messages and routes go out.
final class RouteOptimizer: RoamingCompanion {
    private(set) var machine: RouteOptimizationMachine
    private let context: RoamingContext
    private var settings: RouteOptimizationSettings
    /// What a person asked for since the start, over what the file says.
    private var exclusions: [IPv6Prefix: Bool] = [:]
    private var table = RouteTable()
    private var careOf: [IPv6Address: CareOf] = [:]
    /// Which home address was last heard to talk to a peer, and when.
    private var talkers: [IPv6Address: (homeAddress: IPv6Address, heardAt: Instant)] = [:]
    /// The home addresses whose care-of address the home agent has acknowledged.
    private var confirmed: Set<IPv6Address> = []
    /// Peers that were heard of before that, by home address, and when: the next hint may be a minute away.
    private var early: [IPv6Address: [IPv6Address: Instant]] = [:]
    private var timer: EventLoop.Timer?
    /// Whether nemonetd was asked once for the routes of an earlier mnd.
    private var hasAdopted = false
    /// The names of the interfaces of these routes, by index: nobody has told of the uplinks yet when they are announced.
    /// As soon as somebody does, that is what counts.
    private var adoptedNames: [UInt32: String] = [:]
    /// A node that talks to many must not wash what else happened out of everybody's sight.
    private var events = RateLimit(perSecond: 1, burst: 10)

    init(_ settings: RouteOptimizationSettings, secret: CookieSecret, context: RoamingContext) {
        self.settings = settings
        self.context = context
        machine = RouteOptimizationMachine(
            RouteOptimizationConfiguration(settings, never: settings.never), secret: secret)
    }

    func connected() {
        guard !hasAdopted else { return announceAll() }
        context.client.dump(.routes) { [weak self] in self?.adopt($0) }
    }

    /// nemonetd goes on by the routes of an earlier mnd until this one has tested them anew.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        for case .routeAdd(let entry) in messages {
            guard let route = OptimizedRoute(entry, at: context.loop.now) else { continue }
            adoptedNames[entry.interfaceIndex] = entry.interfaceName
            handle(.restored(route, entry.sequenceNumber))
        }
        if context.counters["route_restored"] > 0 {
            context.log.notice("found \(context.counters["route_restored"]) routes from before")
        }
        announceAll()
    }

    func located(_ homeAddress: IPv6Address, _ location: HomeLocation) {
        if case .away(let away) = location { careOf[homeAddress] = away.careOf } else { careOf[homeAddress] = nil }
        handle(.located(homeAddress, location))
        guard case .away(let away) = location, away.isConfirmed else {
            confirmed.remove(homeAddress)
            return
        }
        confirmed.insert(homeAddress)
        let peers = early.removeValue(forKey: homeAddress) ?? [:]
        for (peer, heardAt) in peers.sorted(by: { $0.key < $1.key })
        where heardAt + Tunables.useMemory > context.loop.now { handle(.hint(homeAddress: homeAddress, peer: peer)) }
    }

    func retire(_ homeAddress: IPv6Address) {
        confirmed.remove(homeAddress)
        early[homeAddress] = nil
        handle(.retired(homeAddress: homeAddress))
    }

    func receive(_ message: MobilitySocketMessage) -> Bool {
        switch message {
        case .routeHint(let homeAddress, let peer):
            remember(homeAddress, talksTo: peer)
            handle(.hint(homeAddress: homeAddress, peer: peer))
        case .parameterProblem(let peer): handle(.parameterProblem(peer: peer))
        case .routeForget(let peer):
            handle(.forget(peer: peer))
            // The next hint may be a minute away, and whoever asks wants to see what becomes of it.
            if let talker = talkers[peer] { handle(.hint(homeAddress: talker.homeAddress, peer: peer)) }
        case .routeExclude(let prefix, let isExcluded): exclude(prefix, isExcluded)
        case .mobilityReceived(let datagram): return receive(datagram)
        case .uplinkReport(let report):
            adoptedNames = adoptedNames.filter { $0.key != report.interfaceIndex && $0.value != report.name }
            return false
        case .uplinkGone(let index, let name):
            if adoptedNames[index] == name ?? adoptedNames[index] { adoptedNames[index] = nil }
            return false
        default: return false
        }
        return true
    }

    /// Tests are of no use to anybody else. Of the other messages those of peers are taken: the home agent's are not.
    private func receive(_ datagram: MobilityDatagram) -> Bool {
        let type = datagram.message.dropFirst(2).first
        guard
            type == MobilityMessage.Kind.homeTest || type == MobilityMessage.Kind.careOfTest
                || machine.bindingUpdateList.contains(where: { $0.peer == datagram.source })
        else { return false }
        handle(.messageReceived(MobilityEnvelope(datagram), throughTunnel: datagram.throughTunnel))
        return true
    }

    /// Peers whose home address is remembered, at most: those that rest are fewer.
    private static let greatestNumberOfTalkers = 2048
    private static let greatestNumberOfEarlyPeers = 64

    private func remember(_ homeAddress: IPv6Address, talksTo peer: IPv6Address) {
        if talkers.count >= Self.greatestNumberOfTalkers { talkers.removeAll() }
        let now = context.loop.now
        talkers[peer] = (homeAddress, now)
        guard !confirmed.contains(homeAddress) else { return }
        var peers = early[homeAddress, default: [:]].filter { $0.value + Tunables.useMemory > now }
        if peers.count < Self.greatestNumberOfEarlyPeers { peers[peer] = now }
        early[homeAddress] = peers
    }

    func reload(_ settings: ShisaSettings) {
        self.settings = settings.policy.routeOptimization ?? RouteOptimizationSettings()
        // Who has the file read again wants what it says.
        exclusions = exclusions.filter(\.value)
        configure()
    }

    private func exclude(_ prefix: IPv6Prefix, _ isExcluded: Bool) {
        exclusions[prefix] = isExcluded
        context.publish(isExcluded ? "route_never" : "route_allowed", "\(prefix)")
        configure()
        guard !isExcluded else { return }
        // The next hint may be a while away, and whoever allows it wants to see what becomes of it.
        let oldest = context.loop.now - Tunables.useMemory
        for (peer, talker) in talkers.sorted(by: { $0.key < $1.key })
        where prefix.contains(peer) && talker.heardAt > oldest {
            handle(.hint(homeAddress: talker.homeAddress, peer: peer))
        }
    }

    var pendingTimers: [PendingTimer] {
        RouteOptimizationMachine.Timer.allCases.compactMap { timer in
            let (waiting, due) = machine.pending(timer)
            return PendingTimer(timer.rawValue, waiting: waiting, due: due)
        } + machine.restingPeers(at: context.loop.now).map { PendingTimer("peer_rest", due: $0.until) }
    }

    private func configure() {
        handle(.configurationChanged(RouteOptimizationConfiguration(settings, never: never)))
    }

    /// Peers that are never optimised.
    private var never: [IPv6Prefix] {
        settings.never.filter { exclusions[$0] != false }
            + exclusions.filter { $0.value && !settings.never.contains($0.key) }.keys.sorted()
    }

    /// Tells the peers, with one message each, and takes everything back from nemonetd.
    func stop() {
        handle(.stop)
        timer?.cancel()
        context.client.send(.routeFlush)
    }
}

// MARK: - nemonetd

extension RouteOptimizer {
    private func announceAll() {
        table = RouteTable()
        announce()
        context.client.send(.routeSweep)
    }

    private func interfaceName(_ index: UInt32) -> String {
        let name = context.interfaceName(index)
        return name.isEmpty ? adoptedNames[index] ?? "" : name
    }

    private func announce() {
        // Before that, nothing is known of what an earlier mnd left.
        guard hasAdopted, context.client.isConnected else { return }
        let now = context.loop.now
        let rows = machine.bindingUpdateList.map { entry in
            RouteTable.Row(entry, careOf: careOf[entry.homeAddress], name: interfaceName)
        }
        let excluded = settings.isEnabled ? never : [.everything]
        for message in table.changes(to: rows, resting: machine.restingPeers(at: now), excluded: excluded, at: now) {
            context.client.send(message) { [context] refusal in
                // What is to be deleted may have ended by its own lifetime a moment before.
                guard let refusal, refusal.code != .notConnected, refusal.code != .noSuchEntry else { return }
                context.log.error("nemonetd refused a route: \(refusal)")
            }
        }
    }
}

// MARK: - The machine

extension RouteOptimizer {
    private func handle(_ event: RouteOptimizationMachine.Event) {
        for action in machine.handle(event, at: context.loop.now) { perform(action) }
        announce()
        context.noteState()
        timer?.cancel()
        timer = machine.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.handle(.timer) }
        }
    }

    private func perform(_ action: RouteOptimizationMachine.Action) {
        switch action {
        case .send(let envelope, _):
            // Through which door follows from the source: a home address without Home Address option takes the tunnel.
            context.client.send(.mobilitySend(MobilityDatagram(envelope))) { [context] refusal in
                if let refusal { context.log.debug("a message was not sent: \(refusal)") }
            }
        case .install(let route):
            let isNew = !table.forwards(route)
            announce()
            if isNew { publish("route_installed", "\(route.peer) is reached directly") }
        case .remove(let route, let reason):
            announce()
            publish("route_removed", "\(route.peer): \(reason.name)")
        case .count(let counter): context.counters.count(counter.rawValue)
        case .log(let severity, let text): context.log(severity, text)
        }
    }

    private func publish(_ name: String, _ detail: String) {
        guard events.allow(at: context.loop.now) else { return }
        context.publish(name, detail)
    }
}

extension RouteOptimizationConfiguration {
    /// - Parameter never: what the file says, and what a person asked for since.
    init(_ settings: RouteOptimizationSettings, never: [IPv6Prefix]) {
        self.init(
            isEnabled: settings.isEnabled, never: never, requestsAcknowledgement: settings.acknowledge,
            lifetime: .seconds(Int64(settings.lifetime)), greatestNumberOfPeers: Int(settings.peers))
    }
}

extension IPv6Prefix {
    /// Every address.
    static var everything: IPv6Prefix { IPv6Prefix(.unspecified, length: 0) }
}
