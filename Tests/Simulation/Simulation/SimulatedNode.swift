import Drives
import MobilityCore
import MobilityWire
import Multihoming
import RouteOptimization

/// A mobile node or router: its machines, joined as `HomeAssociation` and `HomeRegistration` of mrd and mnd join them, and
/// what its nemonetd forwards by.
final class SimulatedNode {
    let index: Int
    let profile: NodeProfile
    let clock: DriftingClock
    let homeAddress: IPv6Address
    unowned let world: World
    var dice: Dice
    var losses: FairLoss

    var uplinks: [SimulatedUplink]
    var serial = 0
    private(set) var chooser: MultihomingMachine { didSet { deadlines.chooser = chooser.nextDeadline } }
    private var chooserDice: Dice
    /// Absent where the node does not drive, and its uplinks are not probed.
    var drive: NodeDrive?
    private(set) var active: CareOf?
    private(set) var paths: [RegistrationPath] = []
    private var careOf: CareOf?
    private var registrationPaths: [RegistrationPath] = []
    private var previousUsable = false

    private(set) var machine: AdaptiveRegistrationMachine? {
        didSet {
            deadlines.machine = machine?.nextDeadline
            if machine == nil { homeAgent = nil }
        }
    }
    /// The home agent in use.
    private(set) var homeAgent: Int?
    private(set) var table = NodeTable()
    private var selection: HomeAgentSelection { didSet { deadlines.selection = selection.nextDeadline } }
    private var watch: HomeAgentWatch { didSet { deadlines.watch = watch.nextDeadline } }
    private var notices: HomeAgentNotices
    private var routes: RouteOptimizationMachine? { didSet { deadlines.routes = routes?.nextDeadline } }
    /// When each machine wants to be woken: to ask them all, for every event, is a third of the simulation's work.
    private var deadlines = Deadlines()
    /// What the route optimisation has told nemonetd, by correspondent.
    private(set) var optimizedRoutes: [OptimizedRoute?]
    private var unanswered = 0
    private var sequel: Sequel?
    private var hasEnded = false
    private var updateTimes: [(agent: Int, time: Instant)] = []

    /// When the next timer is, in the world's time.
    var wake = Int64.max
    var watchdog = Watchdog()
    var routeWatchdogs: [Watchdog]
    /// Whether its wish for the home agent it uses has changed since it was judged.
    private enum Sequel { case register, abandon }

    private struct Deadlines {
        var chooser, machine, selection, watch, routes: Instant?

        var next: Instant? {
            var next = chooser
            for deadline in [machine, selection, watch, routes] {
                if let deadline { next = next.map { min($0, deadline) } ?? deadline }
            }
            return next
        }
    }

    init(_ index: Int, _ profile: NodeProfile, world: World) {
        self.index = index
        self.profile = profile
        self.world = world
        let parameters = world.parameters
        dice = Dice(seed: world.seed, 0x2000_0000 + UInt64(index))
        clock = DriftingClock(
            offset: dice.between(1_000...10_000_000), drift: dice.between(-parameters.drift...parameters.drift))
        homeAddress = Addresses.home(profile.home)
        losses = FairLoss(
            exchanges: world.exchanges.count, greatest: parameters.greatestLoss, perThousand: parameters.loss)
        uplinks = Array(repeating: SimulatedUplink(), count: profile.uplinks)
        chooserDice = Dice(seed: world.seed, 0x4000_0000 + UInt64(index))
        chooser = Self.chooser(profile, homeAddress, seed: chooserDice.next())
        selection = HomeAgentSelection(Self.selection(profile), seed: dice.next())
        watch = HomeAgentWatch(seed: dice.next())
        notices = HomeAgentNotices(Self.notices(profile))
        optimizedRoutes = Array(repeating: nil, count: parameters.correspondents)
        routeWatchdogs = Array(repeating: Watchdog(), count: parameters.correspondents)
        routes = makeRoutes()
    }

    private static func chooser(_ profile: NodeProfile, _ homeAddress: IPv6Address, seed: UInt64) -> MultihomingMachine
    {
        MultihomingMachine(
            MultihomingConfiguration(
                path: PathSettings(
                    strategy: profile.strategy, excludedPrefixes: profile.prefixes + [IPv6Prefix(host: homeAddress)])),
            seed: seed)
    }

    private static func selection(_ profile: NodeProfile) -> HomeAgentSelection.Configuration {
        .init(homeAgents: profile.homeAgents.map(Addresses.homeAgent), discovers: false)
    }

    private static func notices(_ profile: NodeProfile) -> HomeAgentNotices.Configuration {
        .init(
            homeAddress: Addresses.home(profile.home), homeAgents: profile.homeAgents.map(Addresses.homeAgent),
            securityAssociation: profile.association)
    }

    private func makeRoutes() -> RouteOptimizationMachine? {
        guard profile.optimizesRoutes, let secret = try? CookieSecret(dice.octets(CookieSecret.octetCount)) else {
            return nil
        }
        return RouteOptimizationMachine(.init(), secret: secret)
    }

    var now: Instant { clock.local(world.time) }
    var hasAlternative: Bool { profile.homeAgents.count > 1 }
    private var isOnHomeLink: Bool { careOf?.address == homeAddress }

    /// What the wall clock of the node shows.
    private var wallClock: NTPTimestamp { world.wallClock + .milliseconds(profile.wallClockError) }

    func start() { select(.start) }

    /// The machine is switched off and on, or (`keepsTable`) its program starts anew.
    func restart(keepsTable: Bool) {
        let (last, agent) = (machine?.sequenceNumber, homeAgent)
        if keepsTable { table.restart(at: now) } else { table = NodeTable() }
        machine = nil
        former = keepsTable ? last.flatMap { last in agent.map { (last, $0) } } : nil
        selection = HomeAgentSelection(Self.selection(profile), seed: dice.next())
        watch = HomeAgentWatch(seed: dice.next())
        notices = HomeAgentNotices(Self.notices(profile))
        optimizedRoutes = Array(repeating: nil, count: optimizedRoutes.count)
        routes = makeRoutes()
        chooser = Self.chooser(profile, homeAddress, seed: chooserDice.next())
        drive?.active = nil
        drive?.book.restart()
        (sequel, hasEnded, unanswered, told) = (nil, false, 0, nil)
        (active, paths, careOf, registrationPaths, previousUsable) = (nil, [], nil, [], false)
        updateTimes = []
        start()
        report()
    }

    private var former: (sequenceNumber: SequenceNumber, homeAgent: Int)?

    // MARK: Uplinks

    /// The movement detector says what it knows.
    func report() {
        choose(
            .uplinks(
                uplinks.indices.map { number in
                    drive.map { DriveModel.uplink(number, $0.states[number], address: uplinks[number].address) }
                        ?? uplinks[number].report(index: UInt32(number) + 2)
                }))
        // What is chosen may be what it was, and another uplink not.
        tellPath()
        finishEvent()
    }

    /// What a tunnel has carried.
    func count(_ sample: TrafficSample, over uplink: Int) {
        choose(.traffic(uplink: UInt32(uplink) + 2, sample))
        finishEvent()
    }

    private func choose(_ event: MultihomingMachine.Event) { perform(chooser.handle(event, at: now)) }

    private func perform(_ actions: [MultihomingMachine.Action]) {
        var answered: [UInt32] = []
        for action in actions {
            switch action {
            case .sendProbe(let probe): send(probe)
            case .decide: tellPath()
            case .answered(let index, let target):
                if homeAgent.map(Addresses.homeAgent) == target { answered.append(index) }
            case .notify(let notice): world.note(index, notice.detail)
            case .save: break
            }
        }
        for index in answered { register(.pathAnswered(interfaceIndex: index)) }
    }

    private func send(_ probe: MultihomingMachine.Probe) {
        let request = ICMPv6Message.echoRequest(
            identifier: UInt16(truncatingIfNeeded: probe.identifier >> 16),
            sequenceNumber: UInt16(truncatingIfNeeded: probe.identifier), data: [])
        drive?.probes += 1
        drive?.probedAt[Int(probe.uplink) - 2] = now
        world.probe(
            ICMPv6Envelope(source: probe.source, destination: probe.target, message: request.emit()), of: self)
    }

    /// Drivers probe the home agent that they use. Not within the registration's own event.
    private func tellHomeAgent() {
        guard drive != nil else { return }
        let targets = homeAgent.map { [Addresses.homeAgent($0)] } ?? []
        guard targets != chooser.configuration.targets else { return }
        var configuration = chooser.configuration
        configuration.targets = targets
        drive?.targetSince = world.time
        perform(chooser.configure(configuration, at: now))
    }

    private func tellPath() {
        let decision = chooser.decision
        if drive != nil { world.decided(self) }
        active = decision.active.map { CareOf(address: $0.careOfAddress, interfaceIndex: $0.index) }
        paths = decision.usable.map {
            RegistrationPath(
                identifier: UInt16($0.index) - 1,
                careOf: CareOf(address: $0.careOfAddress, interfaceIndex: $0.index))
        }
        let here = ([active] + paths.map(\.careOf)).compactMap(\.self).first {
            Addresses.homePrefix.contains($0.address)
        }
        let careOf = here.map { CareOf(address: homeAddress, interfaceIndex: $0.interfaceIndex) } ?? active
        use(careOf, here == nil ? paths : [])
        select(.careOfAddressChanged(here == nil ? careOf : nil))
    }

    private func isUsable(_ careOf: CareOf) -> Bool {
        let uplink = Int(careOf.interfaceIndex) - 2
        return uplinks.indices.contains(uplink) && uplinks[uplink].isReported
            && uplinks[uplink].address == careOf.address
    }

    private func use(_ new: CareOf?, _ paths: [RegistrationPath]) {
        table.dropInherited { !isUsable($0) }
        let previous = careOf
        let carrier = table.plan.active ?? previous
        let carrierWorks = carrier.map(isUsable) ?? false
        table.setHome(new?.address == homeAddress)
        guard
            new != previous || paths != registrationPaths
                || (carrier != new && !carrierWorks && table.plan.active != nil)
        else { return table.announce(at: now) }
        careOf = new
        registrationPaths = paths
        previousUsable = carrierWorks && (previous.map(isUsable) ?? false)
        guard machine != nil else { return table.announce(at: now) }
        register(.pathsChanged(paths, active: careOf, previousUsable: previousUsable))
    }

    // MARK: Home agents

    private func select(_ event: HomeAgentSelection.Event) {
        for action in selection.handle(event, at: now) {
            switch action {
            case .use(let agent, _, let deregisterFirst):
                if deregisterFirst, machine != nil { leave(then: .register) } else { register(at: agent) }
            case .abandon: leave(then: .abandon)
            case .send(let envelope): world.send(envelope, of: self)
            case .discover, .count: break
            case .log(_, let text): world.note(index, text)
            }
        }
    }

    private func leave(then sequel: Sequel) {
        guard self.sequel == nil, machine != nil else { return }
        self.sequel = sequel
        register(.stop)
    }

    private func register(at address: IPv6Address) {
        guard case .homeAgent(let agent) = Addresses.holder(of: address) else { return }
        sequel = nil
        unanswered = 0
        world.note(index, "registers at home agent \(agent)")
        if homeAgent != nil, homeAgent != agent { world.changedHomeAgent(self) }
        _ = notices.handle(.bound(nil))
        let last = machine?.sequenceNumber ?? (former?.homeAgent == agent ? former?.sequenceNumber : nil)
        table.use(address, at: now)
        machine = AdaptiveRegistrationMachine(
            profile.registration(at: agent), style: profile.style, seed: dice.next(), after: last,
            pacedBy: machine)
        homeAgent = agent
        told = nil
        register(.start(wallClock: wallClock))
        guard careOf != nil || !registrationPaths.isEmpty else { return }
        register(.pathsChanged(registrationPaths, active: careOf, previousUsable: false))
    }

    /// The registration machine has ended: not within its own event.
    private func finishEvent() {
        while hasEnded {
            hasEnded = false
            guard sequel != nil else { break }
            sequel = nil
            if let agent = selection.current {
                register(at: agent)
            } else {
                machine = nil
                table.clear()
                locate(.unregistered)
            }
        }
        tellHomeAgent()
        schedule()
    }

    private func look(_ event: HomeAgentWatch.Event) {
        for action in watch.handle(event, at: now) {
            switch action {
            case .send(let envelope): world.send(envelope, of: self)
            case .doubt:
                world.note(index, "doubts its home agent")
                register(.homeAgentDoubted)
            case .count: break
            }
        }
    }

    // MARK: Registration

    private func register(_ event: AdaptiveRegistrationMachine.Event) {
        guard let actions = machine?.handle(event, at: now) else { return }
        for action in actions {
            switch action {
            case .takenOver(let isMultiple): table.startOver(isMultiple: isMultiple, at: now)
            case .tunnels(let plan): table.set(plan)
            case .reportMultiple(let multiple): table.set(multiple)
            default: break
            }
        }
        for case .report(let registration) in actions { table.set(registration) }
        if world.parameters.sabotage != .staleTunnels || table.rows.isEmpty { table.announce(at: now) }
        var statuses: [BindingStatus] = []
        var location: HomeLocation?
        for action in actions {
            switch action {
            case .send(let envelope): send(envelope)
            case .tunnels, .takenOver: break
            case .report(let registration): location = HomeLocation(registration, previousUsable: previousUsable)
            case .reportMultiple(let registration): location = HomeLocation(registration)
            case .count(.acknowledgementReceived(let status)): statuses.append(status)
            case .count(.careOfAddressUnanswered): world.leftAside(self)
            case .count: break
            case .log(_, let text): world.note(index, text)
            case .finished: hasEnded = true
            }
        }
        if let location { locate(location) }
        follow(statuses)
    }

    private func send(_ envelope: MobilityEnvelope) {
        if case .homeAgent(let agent) = Addresses.holder(of: envelope.destination) {
            let now = now
            updateTimes.removeAll { $0.time + .seconds(1) <= now }
            updateTimes.append((agent, now))
            if updateTimes.reduce(0, { $0 + ($1.agent == agent ? 1 : 0) }) > 3 {
                world.violated(.updateRate, index, "four Binding Updates to home agent \(agent) within a second")
            }
        }
        world.send(envelope, of: self)
    }

    /// What the home agent's answers, and its silence, mean for the choice of home agent.
    private func follow(_ statuses: [BindingStatus]) {
        for status in statuses { world.answered(status, to: self) }
        guard !hasEnded, sequel == nil else { return }
        for status in statuses {
            if status.isAccepted { select(.accepted) } else if machine?.isRefused ?? false { select(.refused(status)) }
        }
        let now = machine?.unansweredUpdates ?? 0
        if now != unanswered {
            unanswered = now
            if now > 0 { select(.updateUnanswered(count: now)) }
        }
        guard let status = statuses.last, status.isAccepted, let agent = homeAgent, let careOf, !isOnHomeLink else {
            return
        }
        if let arrival { heard(agent, over: arrival) }
        look(
            hasAlternative
                ? .registered(homeAgent: Addresses.homeAgent(agent), careOf: careOf) : .rest)
    }

    /// By which address the message came in that is being dealt with.
    private var arrival: IPv6Address?

    /// The home agent has answered a Binding Update.
    private func heard(_ agent: Int, over address: IPv6Address) {
        guard drive != nil, let uplink = uplinks.firstIndex(where: { $0.address == address }) else { return }
        drive?.heardAt[uplink] = now
        choose(.confirmed(uplink: UInt32(uplink) + 2, source: Addresses.homeAgent(agent)))
    }

    private var told: HomeLocation?

    private func locate(_ location: HomeLocation) {
        switch location {
        case .away(let away): if away.isConfirmed { _ = notices.handle(.bound(away.homeAgent)) }
        case .home, .unregistered:
            _ = notices.handle(.bound(nil))
            look(.rest)
        }
        guard location != told else { return }
        told = location
        optimize(.located(homeAddress, location))
    }

    // MARK: Route optimisation

    private func optimize(_ event: RouteOptimizationMachine.Event) {
        guard let actions = routes?.handle(event, at: now) else { return }
        for action in actions {
            switch action {
            case .send(let envelope, .direct): world.send(envelope, of: self)
            case .send(let envelope, .homeTunnel): world.tunnel(envelope, of: self)
            case .install(let route):
                if case .correspondent(let peer) = Addresses.holder(of: route.peer) { optimizedRoutes[peer] = route }
            case .remove(let route, let reason):
                world.note(index, "route to \(route.peer) removed: \(reason.name)")
                if case .correspondent(let peer) = Addresses.holder(of: route.peer) { optimizedRoutes[peer] = nil }
            case .count, .log: break
            }
        }
    }

    /// A packet went to or from a correspondent.
    func hint(_ peer: Int) {
        guard routes != nil else { return }
        optimize(.hint(homeAddress: homeAddress, peer: Addresses.correspondent(peer)))
        finishEvent()
    }

    // MARK: What comes in

    func receive(_ envelope: MobilityEnvelope, throughTunnel: Bool) {
        let holder = Addresses.holder(of: envelope.source)
        switch (envelope.message.dropFirst(2).first, holder) {
        case (12, _), (16, _):
            guard let time = machine?.homeAgentTime(at: now) else { return }
            for action in notices.handle(.messageReceived(envelope, homeAgentTime: time)) {
                switch action {
                case .send(let envelope): world.send(envelope, of: self)
                case .revoked(let trigger, _):
                    world.note(index, "its binding is revoked")
                    register(.bindingRevoked(trigger))
                    if trigger == .administrativeReason { select(.refused(.administrativelyProhibited)) }
                case .switchHomeAgent(let addresses, _): select(.suggested(addresses))
                case .count: break
                case .log(_, let text): world.note(index, text)
                }
            }
        case (7, .homeAgent) where world.parameters.sabotage == .deafToBindingErrors: return
        case (_, .homeAgent(let agent)):
            if envelope.message.dropFirst(2).first == 7 { losses.succeed(world.exchanges.notice(agent)) }
            arrival = envelope.destination
            register(.messageReceived(envelope))
            arrival = nil
        case (let type, .correspondent(let peer)):
            switch type {
            case 3: losses.succeed(world.exchanges.homeTest(peer))
            case 4: losses.succeed(world.exchanges.careOfTest(peer))
            default: losses.succeed(world.exchanges.routeUpdate(peer))
            }
            optimize(.messageReceived(envelope, throughTunnel: throughTunnel))
        default:
            register(.messageReceived(envelope))
            optimize(.messageReceived(envelope, throughTunnel: throughTunnel))
        }
        finishEvent()
    }

    func receive(_ envelope: ICMPv6Envelope) {
        guard !answersProbe(envelope) else { return finishEvent() }
        select(.messageReceived(envelope))
        look(.messageReceived(envelope))
        finishEvent()
    }

    private func answersProbe(_ envelope: ICMPv6Envelope) -> Bool {
        guard drive != nil, let uplink = uplinks.firstIndex(where: { $0.address == envelope.destination }),
            case .echoReply(let identifier, let number, _)? = try? ICMPv6Message.parse(envelope.message.span.bytes)
        else { return false }
        let strays = chooser.counters.strayAnswers
        let heard = drive?.heardAt[uplink]
        drive?.heardAt[uplink] = now
        choose(
            .answer(
                uplink: UInt32(uplink) + 2, source: envelope.source,
                identifier: UInt32(identifier) << 16 | UInt32(number)))
        guard chooser.counters.strayAnswers == strays else {
            drive?.heardAt[uplink] = heard ?? nil
            return false
        }
        return true
    }

    // MARK: Time

    private func schedule() {
        guard let deadline = deadlines.next else {
            wake = .max
            return
        }
        // Each handled event ends here, so that what is due must have been taken by now or be new.
        let time = max(clock.time(of: deadline), world.time)
        guard time != wake else { return }
        wake = time
        world.queue.add(.wakeNode, at: time, index)
    }

    func tick() {
        wake = .max
        let now = now
        if let due = deadlines.chooser, due <= now { choose(.timer) }
        if let due = deadlines.machine, due <= now {
            if world.parameters.sabotage == .noRetransmission { machine = nil } else { register(.timer) }
        }
        if let due = deadlines.selection, due <= now { select(.timer) }
        if let due = deadlines.watch, due <= now { look(.timer) }
        if let due = deadlines.routes, due <= now { optimize(.timer) }
        finishEvent()
        if wake <= world.time {
            ticksInARow += 1
            if ticksInARow > 20 {
                world.violated(.timers, index, "a deadline of \(deadlines.next.map(\.milliseconds) ?? 0)")
            }
        } else {
            ticksInARow = 0
        }
    }

    private var ticksInARow = 0
}
