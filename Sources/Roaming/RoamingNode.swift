public import Logging
import MobilityCore
public import MobilitySocket
import MobilityWire
import Multihoming
public import Platform
public import Settings
import Wiring

/// A mobile node, router or host: chooses the uplink, keeps the registrations of its home addresses, and tells nemonetd
/// both.
///
///     uplink reports → PathPolicy → HomeAssociation, one a home address → registrations and messages to nemonetd
public final class RoamingNode {
    /// How long the end of the program waits for the home agent's answer.
    static let farewell = Instant.Span.seconds(2)
    /// How long it then waits until nemonetd has taken the rest.
    static let flush = Instant.Span.milliseconds(500)

    /// What it shares with a companion.
    public let context: RoamingContext
    /// What mnd does besides; to be set before the start.
    public var companion: (any RoamingCompanion)?
    private var homes: [HomeSettings]
    /// Home addresses that follow from new prefixes of the home link, by the one that they came up beside.
    private var derived: [(settings: HomeSettings, origin: IPv6Address)] = []
    private var uplinks: UplinkTable
    private var policy: PathPolicy
    private var policyTimer: EventLoop.Timer?
    private var active: ActivePath?
    /// All that work, the active one first.
    private var usable: [ActivePath] = []
    private var style: AdaptiveRegistrationMachine.Style
    private var associations: [HomeAssociation] = []
    /// Those that are on their way out.
    private var leaving: [HomeAssociation] = []
    /// Whether nemonetd was asked once what an earlier program left behind.
    private var hasAdopted = false
    private var isStopping = false
    private lazy var reporter = ProgramStateReporter(loop: loop, client: client) { [unowned self] in
        .init(timers: pendingTimers)
    }

    private var loop: EventLoop { context.loop }
    private var client: MobilitySocketClient { context.client }
    private var log: Logger { context.log }
    var role: Role { client.hello.role }

    /// - Parameter client: Not started yet; its callbacks become this object's.
    public init(
        loop: EventLoop, client: MobilitySocketClient, homes: [HomeSettings], uplinks: [UplinkSettings],
        policy settings: PolicySettings = PolicySettings(bindings: .single), furtherCounters: [String] = [],
        log: Logger
    ) {
        style = AdaptiveRegistrationMachine.Style(settings.bindings)
        context = RoamingContext(loop: loop, client: client, furtherCounters: furtherCounters, log: log)
        self.homes = homes
        self.uplinks = UplinkTable(uplinks)
        policy = PathPolicy(excludedPrefixes: Self.excludedPrefixes(homes))
        context.flows = self.uplinks.flowPolicies(settings.flows)
        context.interfaceName = { [unowned self] in self.uplinks.name(of: $0) }
        context.noteState = { [unowned self] in reporter.note() }
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onOverrun = { [unowned self] in dumpUplinks() }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in
            self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    func connect() { client.start() }

    /// Takes over new settings. What is no home address any more is de-registered.
    func reload(
        homes: [HomeSettings], uplinks: [UplinkSettings], policy settings: PolicySettings
    ) throws(MobilitySecurityAssociationError) {
        for home in homes { _ = try home.securityAssociation() }
        self.homes = homes
        derived.removeAll { row in !homes.contains { $0.address == row.origin } }
        style = AdaptiveRegistrationMachine.Style(settings.bindings)
        self.uplinks.configure(uplinks)
        context.flows = self.uplinks.flowPolicies(settings.flows)
        if hasAdopted { adjust() }
        // Somebody who reloads wants the present looked at, not remembered.
        client.send(.movementScan(interfaceIndices: []))
        dumpUplinks()
        decide(.uplinks(self.uplinks.uplinks))
    }

    /// De-registers, takes back what nemonetd was told, and calls `finished`.
    public func stop(_ finished: @escaping () -> Void) {
        guard !isStopping else { return }
        isStopping = true
        guard client.isConnected, !associations.isEmpty else { return finished() }
        var open = associations.count
        let leave = { [unowned self] in
            guard open > 0 else { return }
            open = 0
            context.counters.publish()
            client.send(.registrationFlush) { _ in finished() }
            loop.timer(after: Self.flush, finished)
        }
        for association in associations {
            association.onFinished = { [unowned self] in
                if open > 1 { open -= 1 } else { loop.soon(leave) }
            }
        }
        loop.timer(after: Self.farewell, leave)
        companion?.stop()
        for association in associations { association.stop() }
    }

    /// Addresses of the mobile networks, and the home addresses themselves, are no places to be reached at.
    private static func excludedPrefixes(_ homes: [HomeSettings]) -> [IPv6Prefix] {
        homes.flatMap { $0.prefixes + [IPv6Prefix(host: $0.address)] }
    }
}

// MARK: - nemonetd

extension RoamingNode {
    private func connected() {
        log.info("connected to nemonetd")
        context.counters.publish()
        reporter.connected()
        companion?.connected()
        guard hasAdopted else {
            client.dump(.registrations) { [weak self] in self?.adopt($0) }
            return
        }
        for association in associations { association.announceAll() }
        client.send(.registrationSweep)
        dumpUplinks()
    }

    /// What nemonetd still holds tells a restarted program where its predecessor stood.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        adjust(inherited: messages.compactMap { if case .registrationAdd(let entry) = $0 { entry } else { nil } })
        client.send(.registrationSweep)
        dumpUplinks()
    }

    private func dumpUplinks() {
        client.dump(.uplinks) { [weak self] result in
            guard let self, case .success(let messages) = result else { return }
            for case .uplinkReport(let report) in messages {
                _ = companion?.receive(.uplinkReport(report))
                _ = uplinks.update(report)
            }
            decide(.uplinks(uplinks.uplinks))
        }
    }

    private func receive(_ message: MobilitySocketMessage) {
        if let companion, companion.receive(message) { return }
        switch message {
        case .uplinkReport(let report):
            if uplinks.update(report) { decide(.uplinks(uplinks.uplinks)) }
        case .uplinkGone(let index):
            uplinks.remove(index: index)
            decide(.uplinks(uplinks.uplinks))
        case .mobilityReceived(let datagram):
            // What names no home address in its headers, such as a Binding Error, may name one inside.
            for association in addressed(by: datagram.routingHeader ?? datagram.destination) {
                association.receive(datagram)
            }
        case .icmpReceived(let datagram):
            // What came to the care-of address alone shows by its identifier whose question it answers.
            for association in addressed(by: datagram.routingHeader) {
                association.receive(ICMPv6Envelope(datagram))
            }
        default: break
        }
    }

    /// Those of this home address, which are two where one that is on its way out has a successor already, or else all.
    private func addressed(by address: IPv6Address?) -> [HomeAssociation] {
        let everyone = associations + leaving
        let addressed = everyone.filter { $0.homeAddress == address }
        return addressed.isEmpty ? everyone : addressed
    }
}

// MARK: - Home addresses

extension RoamingNode {
    /// Brings the associations to the settings.
    private func adjust(inherited: [RegistrationEntry] = []) {
        guard !isStopping else { return }
        let wanted = homes + derived.map(\.settings)
        policy.excludedPrefixes = Self.excludedPrefixes(wanted)
        for association in associations where !wanted.contains(where: { $0.address == association.homeAddress }) {
            retire(association)
        }
        for home in wanted {
            do throws(MobilitySecurityAssociationError) {
                if let known = associations.first(where: { $0.homeAddress == home.address }) {
                    try known.configure(home, style: style)
                } else {
                    try add(home, inherited: inherited)
                }
            } catch {
                log.error("the key of \(home.address) cannot be used: \(error)")
            }
        }
        tellPath()
    }

    private func add(_ home: HomeSettings, inherited: [RegistrationEntry]) throws(MobilitySecurityAssociationError) {
        let association = try HomeAssociation(home, style: style, inherited: inherited, context: context)
        association.onNewHome = { [unowned self, unowned association] address, prefix in
            derive(address, prefix, from: association.home)
        }
        association.onHomeInvalid = { [unowned self, unowned association] in end(association.home) }
        association.onLocation = { [unowned self] in companion?.located(home.address, $0) }
        associations.append(association)
        association.start()
    }

    private func retire(_ association: HomeAssociation) {
        associations.removeAll { $0 === association }
        leaving.append(association)
        companion?.retire(association.homeAddress)
        association.onLocation = { _ in }
        association.onFinished = { [unowned self, unowned association] in
            leaving.removeAll { $0 === association }
        }
        association.stop()
    }

    /// The home link has a new prefix: its home address is registered beside the present one (RFC 6275 §11.4.3). The
    /// networks stay with the present one as long as that lives, for they can be registered only once.
    private func derive(_ address: IPv6Address, _ prefix: IPv6Prefix, from home: HomeSettings) {
        guard !associations.contains(where: { $0.homeAddress == address }) else { return }
        var settings = home
        settings.address = address
        settings.prefixLength = prefix.length
        settings.prefixes = []
        derived.append((settings, home.address))
        context.publish("home_address_new", "\(address)")
        loop.soon { [weak self] in self?.adjust() }
    }

    /// The prefix of a home address has left the home link: what it had goes to the one that follows it.
    private func end(_ home: HomeSettings) {
        context.publish("home_address_invalid", "\(home.address)")
        guard let next = derived.firstIndex(where: { $0.settings.address != home.address }) else { return }
        derived[next].settings.prefixes = home.prefixes
        derived[next].origin = derived[next].settings.address
        homes.removeAll { $0.address == home.address }
        derived.removeAll { $0.settings.address == home.address }
        loop.soon { [weak self] in self?.adjust() }
    }
}

// MARK: - Paths

extension RoamingNode {
    private func decide(_ event: PathPolicy.Event) {
        let decision = policy.handle(event, at: loop.now)
        policyTimer?.cancel()
        policyTimer = policy.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.decide(.timer) }
        }
        if decision.active?.index != active?.index {
            context.counters.count("uplink_changed")
            let name = decision.active?.name
            log.info("\(name.map { "\($0) carries the traffic" } ?? "no uplink is usable")")
            context.publish(name == nil ? "uplink_lost" : "uplink_active", name ?? "no uplink is usable")
        }
        for verdict in decision.verdicts { log.debug("\(verdict.name): \(verdict.reason.text)") }
        active = decision.active
        usable = decision.usable
        tellPath()
        context.noteState()
    }

    private var pendingTimers: [PendingTimer] {
        let homes = (associations + leaving).flatMap(\.pendingTimers) + (companion?.pendingTimers ?? [])
        let choice = PendingTimer("uplink_choice", due: policy.nextDeadline)
        return PendingTimer.gathered(homes + (choice.map { [$0] } ?? []))
    }

    private func tellPath() {
        let careOf = active.map { CareOf(address: $0.careOfAddress, interfaceIndex: $0.index) }
        let paths = usable.compactMap { path in
            uplinks.bindingIdentifier(of: path.name).map {
                RegistrationPath(
                    identifier: $0, careOf: CareOf(address: path.careOfAddress, interfaceIndex: path.index))
            }
        }
        for association in associations + leaving { association.use(careOf, paths: paths, uplinks: uplinks) }
    }
}
