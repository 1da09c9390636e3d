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
///     uplink reports → PathChooser → HomeAssociation, one a home address → registrations and messages to nemonetd
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
    private let chooser: PathChooser
    private var policy: PolicySettings
    /// The prefix behind each interface towards the mobile network.
    private var ingress: [String: [IPv6Prefix]]
    /// The one that carries the traffic, as it was told last.
    private var active: ActivePath?
    private var style: AdaptiveRegistrationMachine.Style
    private var associations: [HomeAssociation] = []
    /// Those that are on their way out.
    private var leaving: [HomeAssociation] = []
    /// Whether nemonetd was asked once what an earlier program left behind.
    private var hasAdopted = false
    /// Who has which part, as people know it.
    private var toldShares: [Explanation.Share] = []
    private var isStopping = false
    private lazy var reporter = ProgramStateReporter(loop: loop, client: client) { [unowned self] in
        .init(timers: pendingTimers, choice: chooser.choice(isAlone: isAlone))
    }

    private var loop: EventLoop { context.loop }
    private var client: MobilitySocketClient { context.client }
    private var log: Logger { context.log }
    var role: Role { client.hello.role }

    /// - Parameters:
    ///   - client: Not started yet; its callbacks become this object's.
    ///   - clock: Seconds since midnight of 1 January 1970 where the machine is, nil while nobody knows; left out,
    ///     the clock on the wall.
    public init(
        loop: EventLoop, client: MobilitySocketClient, homes: [HomeSettings], uplinks: [UplinkSettings],
        ingress: [IngressSettings] = [], policy: PolicySettings = PolicySettings(bindings: .single),
        furtherCounters: [String] = [], clock: (() -> Int64?)? = nil, log: Logger
    ) {
        self.policy = policy
        self.ingress = Self.prefixes(ingress)
        style = AdaptiveRegistrationMachine.Style(policy.bindings)
        context = RoamingContext(loop: loop, client: client, furtherCounters: furtherCounters, log: log)
        self.homes = homes
        self.uplinks = UplinkTable(uplinks)
        chooser = PathChooser(
            policy, flows: Self.flowTable(policy, ingress: self.ingress, uplinks: uplinks, log: log),
            excluding: Self.excludedPrefixes(homes), context: context, clock: clock ?? PathChooser.clockOnTheWall)
        chooser.onDecision = { [unowned self] in decided() }
        chooser.onAnswered = { [unowned self] target, index in
            for association in associations + leaving { association.pathAnswered(index, by: target) }
        }
        context.interfaceName = { [unowned self] in self.uplinks.name(of: $0) }
        context.noteState = { [unowned self] in
            tellShares()
            reporter.note()
        }
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onOverrun = { [unowned self] in dumpUplinks() }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in
            self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
    }

    func connect() {
        tellProbeCost()
        chooser.watchClock()
        client.start()
    }

    /// Who pays for octets is to know before the bill comes.
    private func tellProbeCost() {
        guard policy.probe.isEnabled else { return }
        for uplink in uplinks.settings {
            let text = ProbeCost.text(
                uplink.interface, HealthSettings(policy.probe), targets: homes.count + policy.probe.targets.count,
                allowance: UplinkTerms(uplink).probeAllowance)
            log.info("\(text)")
        }
    }

    /// Takes over new settings. What is no home address any more is de-registered.
    func reload(
        homes: [HomeSettings], uplinks: [UplinkSettings], ingress: [IngressSettings], policy: PolicySettings
    ) throws(MobilitySecurityAssociationError) {
        for home in homes { _ = try home.securityAssociation() }
        self.homes = homes
        derived.removeAll { row in !homes.contains { $0.address == row.origin } }
        self.policy = policy
        style = AdaptiveRegistrationMachine.Style(policy.bindings)
        self.ingress = Self.prefixes(ingress)
        self.uplinks.configure(uplinks)
        if let pinned = chooser.pinned, !self.uplinks.names.contains(pinned) { chooser.pin(nil) }
        if hasAdopted { adjust() }
        // Somebody who reloads wants the present looked at, not remembered.
        client.send(.movementScan(interfaceIndices: []))
        dumpUplinks()
        tellUplinks()
    }

    /// De-registers, takes back what nemonetd was told, and calls `finished`.
    public func stop(_ finished: @escaping () -> Void) {
        guard !isStopping else { return }
        isStopping = true
        chooser.finish()
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

    private static func prefixes(_ ingress: [IngressSettings]) -> [String: [IPv6Prefix]] {
        Dictionary(ingress.map { ($0.interface, [$0.prefix]) }) { $0 + $1 }
    }

    private static func flowTable(
        _ policy: PolicySettings, ingress: [String: [IPv6Prefix]], uplinks: [UplinkSettings], log: Logger
    ) -> FlowTable {
        do throws(FlowRuleError) {
            return try FlowTable(policy.flows, ingress: ingress, uplinks: uplinks)
        } catch {
            log.error("no flow has an uplink of its own: \(error.text)")
            return .empty
        }
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
            tellUplinks()
            client.dump(.usage) { [weak self] result in
                guard let self, case .success(let messages) = result else { return }
                for case .uplinkUsage(let usage) in messages { chooser.count(usage) }
            }
        }
    }

    private func receive(_ message: MobilitySocketMessage) {
        if let companion, companion.receive(message) { return }
        switch message {
        case .uplinkReport(let report):
            if uplinks.update(report) { tellUplinks() }
        case .uplinkGone(let index, let name):
            uplinks.remove(index: index, name: name)
            tellUplinks()
        case .tunnel(let tunnel): chooser.count(tunnel)
        case .uplinkUsage(let usage): chooser.count(usage)
        case .uplinkUse(let name):
            if name.map(uplinks.names.contains) ?? true { chooser.pin(name) }
            // Who asked waits for what came of it.
            reporter.tell()
        case .mobilityReceived(let datagram):
            // What names no home address in its headers, such as a Binding Error, may name one inside.
            for association in addressed(by: datagram.routingHeader ?? datagram.destination) {
                association.receive(datagram)
            }
        case .icmpReceived(let datagram) where chooser.receive(datagram): break
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
        chooser.configure(
            policy, flows: Self.flowTable(policy, ingress: ingress, uplinks: uplinks.settings, log: log),
            excluding: Self.excludedPrefixes(wanted))
        tellFlows()
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
        // Not within the machine's own event.
        association.onHomeAgent = { [unowned self] in loop.soon { [weak self] in self?.tellHomeAgents() } }
        association.onAnswer = { [unowned self] in chooser.confirmed($0, over: $1) }
        associations.append(association)
        association.start()
    }

    private func retire(_ association: HomeAssociation) {
        associations.removeAll { $0 === association }
        leaving.append(association)
        companion?.retire(association.homeAddress)
        association.onLocation = { _ in }
        association.onHomeAgent = {}
        association.onFinished = { [unowned self, unowned association] in
            leaving.removeAll { $0 === association }
        }
        association.stop()
        tellHomeAgents()
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
    private func tellUplinks() {
        chooser.use(uplinks.uplinks)
        // What is chosen may be what it was, and another uplink not.
        tellPath()
    }

    private func tellHomeAgents() {
        var agents: [IPv6Address] = []
        for agent in associations.compactMap(\.homeAgent) where !agents.contains(agent) { agents.append(agent) }
        chooser.probe(agents)
    }

    private func decided() {
        let decision = chooser.decision
        if decision.active?.index != active?.index {
            context.counters.count("uplink_changed")
            let name = decision.active?.name
            log.info("\(name.map { "\($0) carries the traffic" } ?? "no uplink is usable")")
            context.publish(
                name == nil ? "uplink_lost" : "uplink_active", name ?? "no uplink is usable", uplink: name ?? "")
        }
        active = decision.active
        tellShares()
        for verdict in decision.verdicts { log.debug("\(verdict.name): \(verdict.reason.text)") }
        tellFlows()
        tellPath()
        reporter.tell()
    }

    /// Whether a home agent takes one care-of address only.
    private var isAlone: Bool { associations.contains(where: \.isAlone) }

    /// People hear who has which part of what no rule takes when that changes.
    private func tellShares() {
        let explanation = Explanation(chooser.decision, pinned: nil, isAlone: isAlone)
        guard let rest = explanation.carriers.last else { return }
        var shares: [Explanation.Share] = []
        if case .shared(let parts) = rest.way { shares = parts }
        guard shares != toldShares else { return }
        toldShares = shares
        let text = "\(explanation.subject(of: rest)) \(rest.way.text)"
        log.info("\(text)")
        let sole: String
        switch rest.way {
        case .uplink(let name), .alone(let name): sole = name
        case .shared, .everythingElse, .nothing, .dropped, .waiting: sole = ""
        }
        context.publish(shares.isEmpty ? "uplinks_sharing_ended" : "uplinks_sharing", text, uplink: sole)
    }

    /// Which flow takes which way has its part in every registration.
    private func tellFlows() {
        let flows = uplinks.flowPolicies(chooser.decision.flows, policy.flows)
        guard flows != context.flows else { return }
        context.flows = flows
        for association in associations { association.flowsChanged() }
    }

    private var pendingTimers: [PendingTimer] {
        let homes = (associations + leaving).flatMap(\.pendingTimers) + (companion?.pendingTimers ?? [])
        return PendingTimer.gathered(homes + (chooser.pendingTimer.map { [$0] } ?? []))
    }

    private func tellPath() {
        let decision = chooser.decision
        let careOf = decision.active.map { CareOf(address: $0.careOfAddress, interfaceIndex: $0.index) }
        let paths = decision.usable.compactMap { path in
            uplinks.bindingIdentifier(of: path.name).map {
                RegistrationPath(
                    identifier: $0, careOf: CareOf(address: path.careOfAddress, interfaceIndex: path.index))
            }
        }
        for association in associations + leaving { association.use(careOf, paths: paths, uplinks: uplinks) }
        // Not before: who no longer shares must not have all for a moment, because it was the best.
        let shares = uplinks.shares(decision.balance, active: decision.active?.index)
        guard shares != context.shares else { return }
        context.shares = shares
        for association in associations { association.flowsChanged() }
    }
}
