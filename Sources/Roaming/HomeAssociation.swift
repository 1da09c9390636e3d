import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Wiring

/// One home address: which home agent it registers with, the registration there, and what that home agent has to say.
///
///     HomeAgentDiscovery ── addresses ──→ HomeAgentSelection ── use ──→ HomeRegistration
///                                              ↑    ↑                          │
///     HomeAgentNotices ── switch, revoked ─────┘    └─ answers, silence ───────┤
///     PrefixDiscovery  ←─ registered ──────────────────────────────────────────┘
final class HomeAssociation {
    /// A prefix came up at home: the home address in it.
    var onNewHome: (IPv6Address, IPv6Prefix) -> Void = { _, _ in }
    /// The prefix of the home address has left the home link.
    var onHomeInvalid: () -> Void = {}
    /// All is over, after `stop`.
    var onFinished: () -> Void = {}
    /// The home agent in use is another one, or there is none.
    var onHomeAgent: () -> Void = {}
    /// The home agent answered by an uplink with this index.
    var onAnswer: (_ homeAgent: IPv6Address, _ interfaceIndex: UInt32) -> Void = { _, _ in }
    /// Where the home address is reached, whenever that changes.
    var onLocation: (HomeLocation) -> Void = { _ in }

    private(set) var home: HomeSettings
    private(set) var style: AdaptiveRegistrationMachine.Style
    private let context: RoamingContext
    private let registration: HomeRegistration
    private var selection: HomeAgentSelection
    private var discovery: HomeAgentDiscovery
    private var prefixes: PrefixDiscovery
    private var notices: HomeAgentNotices
    private var watch = HomeAgentWatch(seed: RoamingContext.seed())
    private var selectionTimer: EventLoop.Timer?
    private var discoveryTimer: EventLoop.Timer?
    private var prefixTimer: EventLoop.Timer?
    private var watchTimer: EventLoop.Timer?
    /// What follows when the registration has ended at a home agent that is to be told.
    private var sequel: Sequel?
    private var unanswered = 0
    /// By which uplink the message came in that is being dealt with.
    private var arrival: UInt32?

    private enum Sequel { case register, abandon, finish }

    init(
        _ home: HomeSettings, style: AdaptiveRegistrationMachine.Style, inherited: [RegistrationEntry],
        context: RoamingContext
    ) throws(MobilitySecurityAssociationError) {
        self.home = home
        self.style = style
        self.context = context
        registration = HomeRegistration(
            homeAddress: home.address, homePrefixLength: home.prefixLength, inherited: inherited, context: context)
        selection = HomeAgentSelection(Self.selection(home), seed: RoamingContext.seed())
        discovery = HomeAgentDiscovery(
            .init(homePrefix: home.homePrefix, mobileRouter: home.isRouter), seed: RoamingContext.seed())
        prefixes = PrefixDiscovery(Self.prefixDiscovery(home), seed: RoamingContext.seed())
        notices = HomeAgentNotices(try Self.notices(home))
        registration.onOutcome = { [unowned self] in follow($0) }
        registration.onLocation = { [unowned self] in located($0) }
    }

    var homeAddress: IPv6Address { home.address }
    var homePrefix: IPv6Prefix { home.homePrefix }
    /// The home agent in use; nil while there is none.
    var homeAgent: IPv6Address? { registration.homeAgent }

    /// Whether the home agent has shown that it takes one care-of address only.
    var isAlone: Bool { registration.isAlone }

    func start() {
        // The home agent that has our binding is the first to be asked (RFC 6275 §11.4.1).
        if let former = registration.formerHomeAgent, home.discovers, !home.agents.contains(former) {
            select(.discovered([former]))
        }
        select(.start)
    }

    /// Other settings of the same home address.
    func configure(
        _ home: HomeSettings, style: AdaptiveRegistrationMachine.Style
    ) throws(MobilitySecurityAssociationError) {
        let notices = try Self.notices(home)
        if home.homePrefix != self.home.homePrefix || home.isRouter != self.home.isRouter {
            discover(.stop)
            discovery = HomeAgentDiscovery(
                .init(homePrefix: home.homePrefix, mobileRouter: home.isRouter), seed: RoamingContext.seed())
            discover(.careOfAddressChanged(registration.careOf))
        }
        self.home = home
        self.style = style
        perform(self.notices.handle(.configurationChanged(notices)))
        solicit(.configurationChanged(Self.prefixDiscovery(home)))
        if let agent = registration.homeAgent, sequel == nil {
            registration.configure(
                try RegistrationConfiguration(home, homeAgent: agent, flows: context.flows, shares: context.shares),
                style: style)
        }
        select(.configurationChanged(Self.selection(home)))
    }

    /// Flows take other ways than they did, or others share them.
    func flowsChanged() {
        guard let agent = registration.homeAgent, sequel == nil else { return }
        do throws(MobilitySecurityAssociationError) {
            registration.configure(
                try RegistrationConfiguration(home, homeAgent: agent, flows: context.flows, shares: context.shares),
                style: style)
        } catch {
            context.log.error("the key of \(home.address) cannot be used: \(error)")
        }
    }

    /// De-registers; `onFinished` tells when that is over.
    func stop() {
        discover(.stop)
        guard registration.homeAgent != nil else {
            registration.abandon()
            return onFinished()
        }
        sequel = .finish
        registration.stop()
    }

    /// The care-of address to use, all that could be used, best first, and the uplinks as they are.
    func use(_ active: CareOf?, paths: [RegistrationPath], uplinks: UplinkTable) {
        // An uplink on the home link needs no tunnel, and is taken whatever it costs.
        let here = ([active] + paths.map(\.careOf)).compactMap(\.self).first { homePrefix.contains($0.address) }
        let careOf = here.map { CareOf(address: home.address, interfaceIndex: $0.interfaceIndex) } ?? active
        registration.use(careOf, paths: here == nil ? paths : [], uplinks: uplinks)
        discover(.careOfAddressChanged(careOf))
        select(.careOfAddressChanged(here == nil ? careOf : nil))
    }

    /// A target of probes answers again over the interface with this index.
    func pathAnswered(_ index: UInt32, by target: IPv6Address) {
        if target == registration.homeAgent { registration.pathAnswered(index) }
    }

    func announceAll() { registration.announceAll() }

    /// A Mobility Header for this home address, or for nobody in particular.
    func receive(_ datagram: MobilityDatagram) {
        switch datagram.message.dropFirst(2).first {
        case MobilityMessageType.homeAgentSwitch, MobilityMessageType.bindingRevocation:
            guard let time = registration.homeAgentTime else { return }
            perform(notices.handle(.messageReceived(MobilityEnvelope(datagram), homeAgentTime: time)))
        default:
            arrival = datagram.interfaceIndex
            registration.receive(datagram)
            arrival = nil
        }
    }

    /// An ICMPv6 message that came to the care-of address or to the home address.
    func receive(_ envelope: ICMPv6Envelope) {
        switch envelope.message.first {
        case ICMPv6Message.Kind.homeAgentAddressDiscoveryReply: discover(.messageReceived(envelope))
        case ICMPv6Message.Kind.mobilePrefixAdvertisement: solicit(.messageReceived(envelope))
        case ICMPv6Message.Kind.echoReply:
            select(.messageReceived(envelope))
            look(.messageReceived(envelope))
        default: break
        }
    }
}

/// Mobility Header types (RFC 5142 §4, RFC 5846 §5.1).
private enum MobilityMessageType {
    static let homeAgentSwitch: UInt8 = 12
    static let bindingRevocation: UInt8 = 16
}

// MARK: - Settings

extension HomeAssociation {
    private static func selection(_ home: HomeSettings) -> HomeAgentSelection.Configuration {
        .init(homeAgents: home.agents, discovers: home.discovers)
    }

    /// Nothing protects these messages here: without IPsec an answer is a hint, which `PrefixDiscovery` treats as one.
    private static func prefixDiscovery(_ home: HomeSettings) -> PrefixDiscovery.Configuration {
        .init(
            homeAddress: home.address, homePrefix: home.homePrefix, isEnabled: home.prefixDiscovery,
            requiresProtection: false)
    }

    private static func notices(
        _ home: HomeSettings
    ) throws(MobilitySecurityAssociationError) -> HomeAgentNotices.Configuration {
        .init(
            homeAddress: home.address, homeAgents: home.agents, securityAssociation: try home.securityAssociation())
    }
}

// MARK: - Home agents

extension HomeAssociation {
    private func select(_ event: HomeAgentSelection.Event) {
        let actions = selection.handle(event, at: context.loop.now)
        selectionTimer?.cancel()
        selectionTimer = selection.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.select(.timer) }
        }
        for action in actions {
            switch action {
            case .use(let agent, _, let deregisterFirst): use(agent, deregisterFirst: deregisterFirst)
            case .abandon: leave(then: .abandon)
            case .discover: discover(.discover)
            case .send(let envelope): context.send(envelope)
            case .count(let counter): context.counters.count(counter.rawValue)
            case .log(let severity, let text): context.log(severity, text)
            }
        }
        tellSearch()
        context.noteState()
    }

    /// What time will bring to this home address.
    var pendingTimers: [PendingTimer] {
        let further: [PendingTimer?] =
            HomeAgentSelection.Timer.allCases.map { PendingTimer($0.rawValue, due: selection.deadline(of: $0)) } + [
                PendingTimer("home_agent_discovery", due: discovery.nextDeadline),
                PendingTimer("home_agent_watch", due: watch.nextDeadline),
                PendingTimer("prefix_solicitation", due: prefixes.nextSolicitation),
                PendingTimer("home_prefix_end", due: prefixes.nextPrefixEnd),
            ]
        return registration.pendingTimers + further.compactMap(\.self)
    }

    /// People are to see what the home address waits for while it has no home agent.
    private func tellSearch() {
        guard selection.current == nil, registration.homeAgent == nil, sequel == nil else { return }
        registration.search(
            until: [selection.deadline(of: .rest), discovery.nextDeadline].compactMap(\.self).min())
    }

    private func use(_ agent: IPv6Address, deregisterFirst: Bool) {
        if deregisterFirst, registration.homeAgent != nil {
            leave(then: .register)
        } else {
            register(at: agent)
        }
    }

    private func leave(then sequel: Sequel) {
        guard self.sequel == nil, registration.homeAgent != nil else { return }
        self.sequel = sequel
        registration.stop()
    }

    private func register(at agent: IPv6Address) {
        sequel = nil
        unanswered = 0
        context.publish("home_agent", "\(home.address) registers at \(agent)")
        perform(notices.handle(.bound(nil)))
        do throws(MobilitySecurityAssociationError) {
            registration.register(
                try RegistrationConfiguration(home, homeAgent: agent, flows: context.flows, shares: context.shares),
                style: style)
        } catch {
            context.log.error("the key of \(home.address) cannot be used: \(error)")
        }
        onHomeAgent()
    }

    /// What the home agent's answers, and its silence, mean for the choice of home agent.
    private func follow(_ outcome: HomeRegistration.Outcome) {
        if outcome.hasFinished {
            // Not within the machine's own event.
            return context.loop.soon { [weak self] in self?.ended() }
        }
        guard sequel == nil else { return }
        for status in outcome.statuses {
            if status.isAccepted { select(.accepted) } else if outcome.isRefused { select(.refused(status)) }
        }
        if outcome.unansweredUpdates != unanswered {
            unanswered = outcome.unansweredUpdates
            if unanswered > 0 { select(.updateUnanswered(count: unanswered)) }
        }
        guard let status = outcome.statuses.last, status.isAccepted else { return }
        if let arrival, let agent = registration.homeAgent { onAnswer(agent, arrival) }
        tellRegistered(isNecessary: status == .acceptedPrefixDiscoveryNecessary)
    }

    private func ended() {
        guard let sequel else { return }
        self.sequel = nil
        switch sequel {
        case .register, .abandon:
            // Somebody else may have been chosen, or found, meanwhile.
            if let agent = selection.current { return register(at: agent) }
            registration.abandon()
            onHomeAgent()
            tellSearch()
        case .finish:
            registration.abandon()
            onFinished()
        }
    }

    private func discover(_ event: HomeAgentDiscovery.Event) {
        let actions = discovery.handle(event, at: context.loop.now)
        discoveryTimer?.cancel()
        discoveryTimer = discovery.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.discover(.timer) }
        }
        context.noteState()
        for action in actions {
            switch action {
            case .send(let envelope): context.send(envelope)
            case .discovered(let addresses, let mobileRouters):
                let text = addresses.map { "\($0)" }.joined(separator: ", ")
                context.log.info("home agents of \(homePrefix): \(text)")
                context.publish("home_agents_discovered", text)
                if !mobileRouters { context.log.warning("none of them says that it serves mobile routers") }
                select(.discovered(addresses))
            case .count(let counter): context.counters.count(counter.rawValue)
            case .log(let severity, let text): context.log(severity, text)
            }
        }
    }

    private func look(_ event: HomeAgentWatch.Event) {
        let actions = watch.handle(event, at: context.loop.now)
        watchTimer?.cancel()
        watchTimer = watch.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.look(.timer) }
        }
        context.noteState()
        for action in actions {
            switch action {
            case .send(let envelope): context.send(envelope)
            case .count(let counter): context.counters.count(counter.rawValue)
            case .doubt:
                context.log.notice("the home agent of \(home.address) does not answer: asking by a Binding Update")
                registration.doubt()
            }
        }
    }

    private func perform(_ actions: [HomeAgentNotices.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope): context.client.send(.mobilitySend(MobilityDatagram(envelope)))
            case .revoked(let trigger, _):
                let agent = registration.homeAgent.map { "home agent \($0)" } ?? "the home agent"
                context.publish("revoked", "\(agent) revoked the binding of \(home.address): \(trigger.words)")
                registration.revoked(trigger)
                // Whoever ends a service for a reason will not give it back: perhaps another one does.
                if trigger == .administrativeReason { select(.refused(.administrativelyProhibited)) }
            case .switchHomeAgent(let addresses, _):
                context.publish("home_agent_switch", "the home agent of \(home.address) asks to be left")
                select(.suggested(addresses))
            case .count(let counter): context.counters.count(counter.rawValue)
            case .log(let severity, let text): context.log(severity, text)
            }
        }
    }
}

// MARK: - Prefixes

extension HomeAssociation {
    private func located(_ location: HomeLocation) {
        switch location {
        case .away(let away):
            if away.isConfirmed { perform(notices.handle(.bound(away.homeAgent))) }
        case .home, .unregistered:
            perform(notices.handle(.bound(nil)))
            solicit(.unregistered)
            look(.rest)
        }
        onLocation(location)
    }

    private func tellRegistered(isNecessary: Bool) {
        guard let agent = registration.homeAgent, let careOf = registration.careOf, careOf.address != home.address
        else { return }
        solicit(.registered(homeAgent: agent, careOf: careOf, prefixDiscoveryNecessary: isNecessary))
        let hasAlternative = home.discovers || selection.candidates.count > 1
        look(hasAlternative ? .registered(homeAgent: agent, careOf: careOf) : .rest)
    }

    private func solicit(_ event: PrefixDiscovery.Event) {
        let actions = prefixes.handle(event, at: context.loop.now)
        prefixTimer?.cancel()
        prefixTimer = prefixes.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.solicit(.timer) }
        }
        context.noteState()
        for action in actions {
            switch action {
            case .send(let envelope): context.send(envelope)
            case .newHomeAddress(let address, let prefix): onNewHome(address, prefix)
            case .homeAddressDeprecated:
                context.publish("home_address_deprecated", "\(home.address) should not be used for anything new")
            case .homeAddressInvalid: onHomeInvalid()
            case .prefixes: break
            case .count(let counter): context.counters.count(counter.rawValue)
            case .log(let severity, let text): context.log(severity, text)
            }
        }
    }
}
