import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Wiring

/// The registration of one home address at whichever home agent it is told, between the event loop and nemonetd: events go
/// in, actions are performed, in their order.
final class HomeRegistration {
    /// What came of an event.
    struct Outcome {
        /// The home agent's answers.
        var statuses: [BindingStatus] = []
        /// Whether it has refused, for whatever of them.
        var isRefused = false
        /// Binding Updates in a row that it has not answered.
        var unansweredUpdates = 0
        /// Where the home address is reached now, if anything was said about it. One machine that takes over from another
        /// begins with nothing, which is over before anybody need hear of it.
        var location: HomeLocation?
        /// The machine has de-registered, or given up to.
        var hasFinished = false
    }

    /// Called after each event, when all is done that followed from it.
    var onOutcome: (Outcome) -> Void = { _ in }
    /// Where the home address is reached, whenever that changes.
    var onLocation: (HomeLocation) -> Void = { _ in }
    /// The care-of address to use, where there is one.
    private(set) var careOf: CareOf?
    /// The home agent in use; nil while there is none.
    var homeAgent: IPv6Address? { machine?.configuration.homeAgent }
    /// Whether it has shown that it takes one care-of address only.
    var isAlone: Bool { machine?.hasFallenBack ?? false }

    private let context: RoamingContext
    private let homeAddress: IPv6Address
    private var machine: AdaptiveRegistrationMachine?
    private var table: RegistrationTable
    /// The sequence number that an earlier program has come to, and at which home agent.
    private let former: (sequenceNumber: SequenceNumber, homeAgent: IPv6Address)?
    private var paths: [RegistrationPath] = []
    private var previousUsable = false
    private var timer: EventLoop.Timer?
    private var told: (state: Registration.State, careOf: CareOf?)?
    private var toldPaths: [UInt16: MultipleRegistration.State] = [:]
    /// Whether people know that the home agent does not answer, and when they heard last that it has no binding.
    private var toldSilence = false
    private var toldMissing: Instant?
    /// How many Binding Updates in a row may go unanswered before people hear of it: anywhere a packet or two are lost.
    private static let quietSilence = 2
    /// Binding Errors come as fast as packets.
    private static let missingInterval = Instant.Span.seconds(10)

    /// - Parameter inherited: What nemonetd still holds of a program that ran before.
    init(
        homeAddress: IPv6Address, homePrefixLength: UInt8, inherited: [RegistrationEntry], context: RoamingContext
    ) {
        self.context = context
        self.homeAddress = homeAddress
        table = RegistrationTable(homeAddress: homeAddress, homePrefixLength: homePrefixLength)
        former = table.adopt(inherited, at: context.loop.now)
        if table.isInheriting {
            context.log.notice("an earlier registration of \(homeAddress) goes on forwarding until it is renewed")
        }
    }

    /// The home agent that an earlier program was registered with, as long as that may still forward.
    var formerHomeAgent: IPv6Address? { table.isInheriting ? former?.homeAgent : nil }

    /// Registers at this home agent, in place of the one before, which is told nothing.
    func register(_ configuration: RegistrationConfiguration, style: AdaptiveRegistrationMachine.Style) {
        let last = machine?.sequenceNumber
        let former = former?.homeAgent == configuration.homeAgent ? former?.sequenceNumber : nil
        table.use(configuration.homeAgent, at: context.loop.now)
        table.flows = configuration.flows
        table.shares = context.shares
        machine = AdaptiveRegistrationMachine(
            configuration, style: style, seed: RoamingContext.seed(), after: last ?? former, pacedBy: machine)
        told = nil
        toldPaths = [:]
        handle(.start(wallClock: NTPTimestamp(rawValue: WallClock.ntp())))
        guard careOf != nil || !paths.isEmpty else { return }
        handle(.pathsChanged(paths, active: careOf, previousUsable: false))
    }

    var pendingTimers: [PendingTimer] {
        (machine?.pending ?? []).map { PendingTimer($0.timer.rawValue, waiting: $0.waiting, due: $0.due) }
    }

    func configure(_ configuration: RegistrationConfiguration, style: AdaptiveRegistrationMachine.Style) {
        table.flows = configuration.flows
        table.shares = context.shares
        handle(.configurationChanged(configuration, style))
    }

    /// The home agent may be gone: a Binding Update tells.
    func doubt() { handle(.homeAgentDoubted) }

    /// The way over the interface with this index answers again.
    func pathAnswered(_ index: UInt32) { handle(.pathAnswered(interfaceIndex: index)) }

    func revoked(_ trigger: RevocationTrigger) {
        table.revocation = trigger
        handle(.bindingRevoked(trigger))
    }

    /// No home agent is known; another attempt is made then, or when something happens.
    func search(until: Instant?) {
        table.search(until: until)
        announce()
    }

    /// De-registers; the outcome tells when that is over.
    func stop() { handle(.stop) }

    /// Forgets the home agent.
    func abandon() {
        timer?.cancel()
        machine = nil
        table.clear()
        onLocation(.unregistered)
        announce()
    }

    func receive(_ datagram: MobilityDatagram) { handle(.messageReceived(MobilityEnvelope(datagram))) }

    /// The home agent's time of day, as far as it is known.
    var homeAgentTime: NTPTimestamp? { machine?.homeAgentTime(at: context.loop.now) }

    /// The care-of address to use, all that could be used, best first, and the uplinks as they are.
    func use(_ careOf: CareOf?, paths: [RegistrationPath], uplinks: UplinkTable) {
        // Before the first report of an uplink nothing speaks against what was adopted.
        table.dropInherited { !uplinks.isKnown($0.interfaceIndex) || uplinks.isUsable($0) }
        let previous = self.careOf
        // In a planned hand-over the address before still carries; its end makes the hand-over an unplanned one.
        let carrier = table.plan.active ?? previous
        let carrierWorks = carrier.map(uplinks.isUsable) ?? false
        table.homeLink = careOf.flatMap { $0.address == homeAddress ? $0 : nil }
        guard
            careOf != previous || paths != self.paths
                || (carrier != careOf && !carrierWorks && table.plan.active != nil)
        else { return announce() }
        self.careOf = careOf
        self.paths = paths
        table.careOf = careOf
        table.identify(paths)
        previousUsable = carrierWorks && (previous.map(uplinks.isUsable) ?? false)
        guard machine != nil else { return announce() }
        handle(.pathsChanged(paths, active: careOf, previousUsable: previousUsable))
    }

    /// Tells nemonetd everything, after a new hello.
    func announceAll() {
        for message in table.announceAll(at: context.loop.now, name: context.interfaceName) {
            context.client.send(message)
        }
    }
}

extension HomeRegistration {
    private func handle(_ event: AdaptiveRegistrationMachine.Event) {
        guard let actions = machine?.handle(event, at: context.loop.now) else { return }
        table.retryAt = machine?.isRefused == true ? machine?.nextDeadline : nil
        // What a refusal or a new registration says is newer.
        if machine?.isRefused == false { table.revocation = nil }
        for action in actions {
            switch action {
            case .takenOver(let isMultiple): table.startOver(isMultiple: isMultiple, at: context.loop.now)
            case .tunnels(let plan): table.set(plan)
            case .reportMultiple(let registration): table.set(registration)
            default: break
            }
        }
        for case .report(let registration) in actions { table.set(registration) }
        // First the table, so that traffic moves and nemonetd listens where the answers will come.
        announce()
        var outcome = Outcome(
            isRefused: machine?.isRefused ?? false, unansweredUpdates: machine?.unansweredUpdates ?? 0)
        for action in actions { perform(action, outcome: &outcome) }
        if let location = outcome.location { onLocation(location) }
        tellSilence(outcome)
        timer?.cancel()
        timer = machine?.nextDeadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.handle(.timer) }
        }
        context.noteState()
        onOutcome(outcome)
    }

    private func announce() {
        guard context.client.isConnected else { return }
        for message in table.announceChanges(at: context.loop.now, name: context.interfaceName) {
            context.client.send(message) { [context] refusal in
                // What is to be deleted may have ended by its own lifetime a moment before.
                guard let refusal, refusal.code != .notConnected, refusal.code != .noSuchEntry else { return }
                context.log.error("nemonetd refused: \(refusal)")
            }
        }
    }

    private func perform(_ action: AdaptiveRegistrationMachine.Action, outcome: inout Outcome) {
        switch action {
        case .send(let envelope): context.client.send(.mobilitySend(MobilityDatagram(envelope)))
        case .tunnels: break
        case .takenOver(let isMultiple):
            context.log.info("registering \(isMultiple ? "every uplink that works" : "one uplink at a time")")
            told = nil
            toldPaths = [:]
        case .report(let registration):
            outcome.location = HomeLocation(registration, previousUsable: previousUsable)
            tell(registration)
        case .reportMultiple(let registration):
            outcome.location = HomeLocation(registration)
            tell(registration)
        case .count(let counter):
            context.counters.count(counter.rawValue)
            if case .acknowledgementReceived(let status) = counter {
                outcome.statuses.append(status)
                if !status.isAccepted, !outcome.isRefused { context.log.info("\(title) answered \(status.words)") }
            }
            if counter == .bindingErrorReceived { tellMissing() }
        case .log(let severity, let text): context.log(severity, "\(title): \(text)")
        case .finished: outcome.hasFinished = true
        }
    }

    /// Whose registration this is, for people.
    private var title: String { homeAgent.map { "\(homeAddress) at \($0)" } ?? "\(homeAddress)" }

    /// A home agent that nobody hears of is the fault that people look for first.
    private func tellSilence(_ outcome: Outcome) {
        guard outcome.unansweredUpdates > Self.quietSilence else {
            if outcome.unansweredUpdates == 0 { toldSilence = false }
            return
        }
        guard !toldSilence else { return }
        toldSilence = true
        let text = "\(title): no answer that can be believed to \(outcome.unansweredUpdates) Binding Updates in a row"
        context.log.warning("\(text)")
        context.publish("home_agent_silent", text)
    }

    /// The home agent has told that it has no binding, which nothing vouches for: it is asked.
    private func tellMissing() {
        let now = context.loop.now
        if let toldMissing, now < toldMissing + Self.missingInterval { return }
        toldMissing = now
        let text = "\(title): the home agent says that it has no binding"
        context.log.notice("\(text)")
        context.publish("binding_missing", text)
    }

    /// Why there is no registration: the home agent said so, or has ended the one that it had accepted.
    private func publishRefusal(_ status: BindingStatus?, over uplink: String?) {
        let reason =
            if let status, !status.isAccepted {
                status.words
            } else if let revocation = table.revocation {
                "revoked, \(revocation.words)"
            } else {
                status == nil ? "no answer" : "ended by the home agent"
            }
        let agent = homeAgent.map { " by \($0)" } ?? ""
        tell("refused", "\(homeAddress)\(agent) over ", uplink, ": \(reason)")
    }

    /// - Parameters:
    ///   - before: What the sentence has before the uplink, and `after` behind it.
    private func tell(_ name: String, _ before: String, _ uplink: String?, _ after: String = "") {
        context.publish(name, before + (uplink ?? "no uplink") + after, uplink: uplink ?? "")
    }

    private func tell(_ registration: Registration) {
        let before = told
        guard before?.state != registration.state || before?.careOf != registration.careOf else { return }
        told = (registration.state, registration.careOf)
        let uplink = registration.careOf.map { context.interfaceName($0.interfaceIndex) }
        switch registration.state {
        case .registered:
            tell("registered", "\(homeAddress) over ", uplink, ", for \(Int64(registration.lifetime.seconds)) s")
        case .refused: publishRefusal(registration.status, over: uplink)
        case .registering: tell("registering", "\(homeAddress) over ", uplink)
        case .deregistering: tell("deregistering", "\(homeAddress) over ", uplink)
        case .home: tell("home", "\(homeAddress) on the home link, by ", uplink)
        case .idle: if before != nil { context.publish("idle", "\(homeAddress) has no registration") }
        }
    }

    private func tell(_ registration: MultipleRegistration) {
        for path in registration.paths where path.state != .retiring && toldPaths[path.identifier] != path.state {
            toldPaths[path.identifier] = path.state
            let uplink = context.interfaceName(path.careOf.interfaceIndex)
            switch path.state {
            case .registered:
                tell("registered", "\(homeAddress) over ", uplink, ", for \(path.lifetime.milliseconds / 1000) s")
            case .refused: publishRefusal(path.status, over: uplink)
            case .registering: tell("registering", "\(homeAddress) over ", uplink)
            case .deregistering: tell("deregistering", "\(homeAddress) over ", uplink)
            case .retiring: break
            }
        }
        let present = Set(registration.paths.map(\.identifier))
        toldPaths = toldPaths.filter { present.contains($0.key) }
    }
}
