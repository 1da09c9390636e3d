import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Wiring

/// had: takes Binding Updates from nemonetd, decides, and tells nemonetd what to forward.
final class HomeAgent {
    /// Nodes of which nemonetd is told before others have their turn.
    private static let announcedAtOnce = 1000
    /// What may wait for nemonetd before it is told of more, in octets.
    private static let announcedOctets = 1 << 20
    /// How long the end of the program waits until nemonetd has taken the bindings back.
    static let flush = Instant.Span.seconds(1)

    let loop: EventLoop
    let client: MobilitySocketClient
    let counters: CounterPublisher
    let log: Logger
    var settings: HomeAgentSettings
    var machine: HomeAgentMachine
    var directory: HomeAgentDirectory
    var advertiser: PrefixAdvertiser
    var revocation: RevocationMachine
    var switcher: HomeAgentSwitcher
    /// What is asked of nemonetd for each home address: it, and perhaps its link-local address.
    var detections: [IPv6Address: Set<IPv6Address>] = [:]
    var state: StateFile?
    private lazy var reporter = ProgramStateReporter(loop: loop, client: client) { [unowned self] in report }
    private var timer: EventLoop.Timer?
    /// Every Binding Update moves some.
    private var counterPlaces: [HomeAgentCounter: CounterPublisher.Place] = [:]
    /// Refusals that are told as events: a stranger can cause as many as he likes, and what else happened must not be
    /// washed out of everybody's sight. All of them are counted.
    private var refusalEvents = RateLimit(perSecond: 1, burst: 10)
    /// What was counted and is to be told with what comes next: whose it is.
    private var news: HomeAgentCounter?
    /// The same for bindings: more than anybody reads would only push other events out of nemonetd's history.
    private var bindingEvents = RateLimit(perSecond: 20, burst: 100)
    /// Whether nemonetd was asked once for the bindings of an earlier had.
    private var hasAdopted = false
    /// Whether nemonetd has yet to hear that what it takes from the file is another.
    var owesConfiguration = false
    /// How often all bindings were told to nemonetd; one that is under way ends when another begins.
    private var announcements = 0
    private let seed: UInt64
    /// The time of day at the start, which then runs on the monotonic clock: whoever sets the wall clock later locks
    /// nobody out.
    private var wallClock: (reading: NTPTimestamp, at: Instant)

    /// - Parameters:
    ///   - client: Not started yet; its callbacks become this object's.
    ///   - seed: for timers that must not all run in step, and for the order of equals.
    init(
        loop: EventLoop, client: MobilitySocketClient, settings: HomeAgentSettings, seed: UInt64, log: Logger
    ) throws(MobilitySecurityAssociationError) {
        self.loop = loop
        self.client = client
        self.settings = settings
        // The machine has them, and a million of them need not be held twice.
        self.settings.nodes = []
        self.log = log
        let (wallClock, now) = (NTPTimestamp(rawValue: WallClock.ntp()), loop.now)
        self.wallClock = (wallClock, now)
        self.seed = seed
        machine = HomeAgentMachine(try HomeAgentConfiguration(settings))
        directory = HomeAgentDirectory(.init(settings, interfaceIndex: nil), seed: seed)
        advertiser = PrefixAdvertiser(.init(settings.prefixDiscovery), seed: seed &+ 1)
        revocation = RevocationMachine(wallClock: wallClock, at: now, seed: seed &+ 2)
        switcher = HomeAgentSwitcher(wallClock: wallClock, at: now, seed: seed &+ 3)
        counters = CounterPublisher(
            loop: loop, client: client,
            names: HomeAgentCounter.allCases.map(\.rawValue) + Self.discoveryCounters.map(\.rawValue)
                + Self.revocationCounters.map(\.rawValue) + ["state_file_damaged"])
        client.hello.addresses = settings.addresses
        client.onConnected = { [unowned self] in connected() }
        client.onMessage = { [unowned self] in receive($0) }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
        handle(.start)
        handle(.homePrefixesChanged(directory.prefixes))
        perform(advertiser.handle(.prefixesChanged(directory.prefixes), at: loop.now))
    }

    func connect() {
        openState()
        client.start()
    }

    /// Takes the bindings back from nemonetd and calls `finished`. A state file keeps them for the next start.
    func stop(_ finished: @escaping () -> Void) {
        state?.finish()
        state = nil
        guard client.isConnected else { return finished() }
        counters.publish()
        client.send(.bindingFlush) { _ in finished() }
        loop.timer(after: Self.flush, finished)
    }

    /// The time of day.
    var now: NTPTimestamp { wallClock.reading + (loop.now - wallClock.at) }

    /// Goes by another time of day, before anything has been sent.
    func setClock(_ reading: NTPTimestamp) {
        wallClock = (reading, loop.now)
        revocation = RevocationMachine(wallClock: reading, at: loop.now, seed: seed &+ 2)
        switcher = HomeAgentSwitcher(wallClock: reading, at: loop.now, seed: seed &+ 3)
    }
}

// MARK: - nemonetd

extension HomeAgent {
    private func connected() {
        log.info("connected to nemonetd")
        counters.publish()
        reporter.connected()
        if owesConfiguration { tellOfConfiguration() }
        guard hasAdopted else {
            client.dump(.bindings) { [weak self] in self?.adopt($0) }
            return
        }
        announceAll()
    }

    /// nemonetd goes on forwarding while had restarts; what the configuration still allows stays as it is.
    private func adopt(_ dump: Result<[MobilitySocketMessage], MobilitySocketError>) {
        // After a failure the next connection asks again.
        guard !hasAdopted, case .success(let messages) = dump else { return }
        hasAdopted = true
        let bindings = messages.compactMap { message in
            if case .bindingAdd(let entry) = message, entry.kind == .home { Binding(entry, at: loop.now) } else { nil }
        }
        if !bindings.isEmpty { log.notice("found \(bindings.count) bindings from before") }
        let isAlone = machine.cache.count == 0
        handle(.restored(bindings))
        // What the state file had, nemonetd does not know yet.
        if isAlone { client.send(.bindingSweep) } else { announceAll() }
    }

    /// Tells nemonetd of all bindings, and then that these are all.
    func announceAll() {
        announcements += 1
        // A binding belongs to a node that the configuration names.
        announce(machine.configuration.nodes.keys[...], of: announcements)
    }

    /// Some at a time, as nemonetd takes them: a million would fill the socket's queue, and keep Binding Updates waiting.
    private func announce(_ waiting: ArraySlice<IPv6Address>, of announcement: Int) {
        guard announcement == announcements, client.isConnected else { return }
        for homeAddress in waiting.prefix(Self.announcedAtOnce) {
            for binding in machine.cache.bindings(of: homeAddress) { install(binding) }
        }
        let rest = waiting.dropFirst(Self.announcedAtOnce)
        if rest.isEmpty { return client.send(.bindingSweep) }
        let pause = Instant.Span.milliseconds(client.queuedOctets > Self.announcedOctets ? 10 : 0)
        loop.timer(after: pause) { [weak self] in self?.announce(rest, of: announcement) }
    }

    private func receive(_ message: MobilitySocketMessage) {
        switch message {
        case .mobilityReceived(let datagram): receive(MobilityEnvelope(datagram))
        case .icmpReceived(let datagram): receive(ICMPv6Envelope(datagram))
        case .detectResult(let address, let isDuplicate): endDetection(of: address, isDuplicate: isDuplicate)
        case .bindingRevoke(let homeAddresses): for homeAddress in homeAddresses { revoke(homeAddress) }
        case .bindingForget(let homeAddresses): forget(homeAddresses)
        case .homeAgentSwitch(let homeAddresses, let agents): sendElsewhere(homeAddresses, to: agents)
        case .bindingMissing(let homeAddress, let peer, let homeAgentAddress):
            handle(.bindingMissing(peer: peer, homeAddress: homeAddress, agent: homeAgentAddress))
        default: break
        }
    }

    private func install(_ binding: Binding) {
        let homeAddress = binding.homeAddress
        client.sendInBulk(.bindingAdd(BindingEntry(binding, at: loop.now))) { [weak self] refusal in
            guard let self, let binding = machine.cache[homeAddress] else { return }
            log.error("nemonetd does not forward for \(Self.title(binding)): \(refusal)")
            handle(.revoke(homeAddress: homeAddress))
        }
    }
}

// MARK: - The machine

extension HomeAgent {
    func handle(_ event: HomeAgentMachine.Event) {
        var isUpdate = false
        if case .messageReceived = event { isUpdate = true }
        if case .duplicatesDetected = event { isUpdate = true }
        for action in machine.handle(event, at: loop.now) { perform(action, isUpdate: isUpdate) }
        setTimer()
    }

    /// Wakes all machines when the first of them wants to be. Every Binding Update comes by here.
    func setTimer() {
        reporter.note()
        var next = machine.nextDeadline
        func consider(_ deadline: Instant?) {
            if let deadline { next = next.map { min($0, deadline) } ?? deadline }
        }
        consider(directory.nextDeadline)
        consider(advertiser.nextDeadline)
        consider(revocation.nextDeadline)
        consider(switcher.nextDeadline)
        if let timer, timer.isPending, timer.deadline == next { return }
        timer?.cancel()
        timer = next.map { deadline in
            loop.timer(at: deadline) { [weak self] in
                guard let self else { return }
                tick()
                handle(.timer)
            }
        }
    }

    private func perform(_ action: HomeAgentMachine.Action, isUpdate: Bool) {
        switch action {
        case .send(let envelope):
            client.send(.mobilitySend(MobilityDatagram(envelope)))
            tellRefusal(envelope)
        case .install(let binding):
            install(binding)
            tellChange(binding)
            state?.noteChange()
            tellInstalled(binding, isUpdate: isUpdate)
        case .remove(let binding, let reason):
            client.send(.bindingDelete(homeAddress: binding.homeAddress, bindingIdentifier: binding.identifier)) { _ in
            }
            state?.noteChange()
            publish("binding_removed", "\(Self.title(binding)): \(reason.words)")
            if machine.cache[binding.homeAddress] == nil { tellRemoved(binding.homeAddress) }
        case .detectDuplicates(let homeAddress, let linkLocal): startDetection(of: homeAddress, linkLocal: linkLocal)
        case .stopDetecting(let homeAddress): stopDetection(of: homeAddress)
        case .count(let counter): count(counter)
        case .log(let severity, let text): log.log(level: LogLevel(severity), text)
        }
    }

    private func count(_ counter: HomeAgentCounter) {
        if let place = counterPlaces[counter] {
            counters.count(place)
        } else {
            let place = counters.place(of: counter.rawValue)
            counterPlaces[counter] = place
            counters.count(place)
        }
        switch counter {
        case .bindingCreated, .bindingMoved: news = bindingEvents.allow(at: loop.now) ? counter : nil
        case .acknowledgementSent(let status):
            news = !status.isAccepted && refusalEvents.allow(at: loop.now) ? counter : nil
        default: break
        }
    }

    /// The refusal that was counted last is this one.
    private func tellRefusal(_ envelope: MobilityEnvelope) {
        guard case .acknowledgementSent(let status)? = news else { return }
        news = nil
        let homeAddress = envelope.routingHeader ?? envelope.destination
        let title = title(homeAddress)
        publish("refused", "\(title) at \(envelope.destination): \(status.words)")
        // Who the settings do not name may be anybody.
        let isKnown = machine.configuration.nodes[homeAddress] != nil
        log.log(level: isKnown ? .info : .debug, "refused a Binding Update of \(title): \(status.words)")
    }

    private func tellChange(_ binding: Binding) {
        guard let counter = news else { return }
        news = nil
        let own = machine.cache.bindings(of: binding.homeAddress).count
        let total = own == 1 ? "its only binding" : "one of its \(own) bindings"
        publish(counter.rawValue, "\(Self.title(binding)) at \(binding.careOfAddress), \(total)")
    }

    func publish(_ name: String, _ detail: String) {
        client.send(
            .event(EventRecord(time: loop.now, program: Role.homeAgent.program, event: name, detail: detail)))
    }

    /// The name that the settings give a node, or else its home address.
    func title(_ homeAddress: IPv6Address) -> String {
        machine.configuration.nodes[homeAddress]?.title ?? "\(homeAddress)"
    }

    static func nodes(_ count: Int) -> String { count == 1 ? "1 node" : "\(count) nodes" }

    static func title(_ binding: Binding) -> String {
        binding.name.isEmpty ? "\(binding.homeAddress)" : binding.name
    }
}
