import Logging
import MobilitySocket
import MobilityWire
import Multihoming
import Platform
import Settings

/// The choice among uplinks between the event loop and nemonetd: what the detector, nemonetd and people say goes into
/// `MultihomingMachine`, probes and news come out of it.
final class PathChooser {
    /// What carries what is another than it was.
    var onDecision: () -> Void = {}

    /// A target answers again by a way, which the interface's index names.
    var onAnswered: (_ target: IPv6Address, _ interfaceIndex: UInt32) -> Void = { _, _ in }

    private let context: RoamingContext
    private var machine: MultihomingMachine
    private var settings: PolicySettings
    private var uplinks: [Uplink] = []
    private var homeAgents: [IPv6Address] = []
    private var timer: EventLoop.Timer?
    /// Where accounts outlive the program; nil where nothing is kept.
    private var state: StateFile?
    /// Whether an uplink has a limit, without which nobody needs the accounts.
    private var hasLimits = false
    /// Seconds since midnight of 1 January 1970 where the machine is; nil while nobody knows.
    private let clock: () -> Int64?
    private var knowsTime = false
    /// The counters of the tunnels, by their ends.
    private var traffic: [Ends: TunnelStatus] = [:]
    /// What was counted of the machine's counters already.
    private var counted: MultihomingMachine.Counters

    /// What is counted here.
    static let counterNames = ["probe_sent", "probe_spared", "probe_stray_answer", "state_file_damaged"]

    private struct Ends: Hashable {
        var homeAddress, local, remote: IPv6Address
        var interfaceIndex: UInt32
    }

    /// A probe that nemonetd took so long to send says nothing about the uplink.
    private static let lateSending = Instant.Span.milliseconds(100)
    /// A timer that comes so late has something before it in the sockets.
    private static let lateTimer = Instant.Span.milliseconds(20)
    /// How often the clock on the wall is looked at: somebody may set it.
    private static let clockInterval = Instant.Span.seconds(60)
    /// Octets behind the header of a probe, so that it costs `PathTunables.probeOctets`.
    private static let probeData = Array("shisa 01".utf8)

    /// - Parameter clock: What the wall shows, as `clock`.
    init(
        _ settings: PolicySettings, flows: FlowTable, excluding prefixes: [IPv6Prefix], context: RoamingContext,
        clock: @escaping () -> Int64?
    ) {
        self.settings = settings
        self.context = context
        self.clock = clock
        machine = MultihomingMachine(
            MultihomingConfiguration(settings, flows: flows, homeAgents: [], excluding: prefixes),
            seed: RoamingContext.seed())
        counted = machine.counters
        if let accounts = openState() {
            machine = MultihomingMachine(machine.configuration, accounts: accounts, seed: RoamingContext.seed())
        }
    }

    /// What the wall shows, once the kernel was told that somebody keeps that right.
    static func clockOnTheWall() -> Int64? { WallClock.isSynchronized ? WallClock.localSeconds() : nil }

    /// Looks at the clock from now on.
    func watchClock() {
        // A clock that was right once goes on well enough for days and months without its source.
        let time = clock() ?? (knowsTime ? WallClock.localSeconds() : nil)
        if let time {
            if !knowsTime { context.log.info("the clock is right: months and schedules go by it") }
            knowsTime = true
            handle(.localTime(LocalTime(seconds: time)))
        }
        context.loop.timer(after: Self.clockInterval) { [weak self] in self?.watchClock() }
    }

    /// Writes down what is to outlive the program.
    func finish() {
        if hasLimits { state?.finish() }
    }

    var decision: PathDecision { machine.decision }
    /// The uplink that was named by hand.
    var pinned: String? { machine.pinned }

    /// What time will bring, for people.
    var pendingTimer: PendingTimer? { PendingTimer("uplink_choice", due: machine.nextDeadline) }

    func configure(_ settings: PolicySettings, flows: FlowTable, excluding prefixes: [IPv6Prefix]) {
        if settings.state != self.settings.state {
            finish()
            self.settings.state = settings.state
            if let accounts = openState() { perform(machine.adopt(accounts, at: context.loop.now)) }
            if hasLimits { state?.noteChange() }
        }
        self.settings = settings
        configure(flows: flows, excluding: prefixes)
    }

    /// The home agents in use, which are probed, have changed.
    func probe(_ homeAgents: [IPv6Address]) {
        guard homeAgents != self.homeAgents else { return }
        self.homeAgents = homeAgents
        configure(flows: machine.configuration.flows, excluding: machine.configuration.path.excludedPrefixes)
    }

    private func configure(flows: FlowTable, excluding prefixes: [IPv6Prefix]) {
        perform(
            machine.configure(
                MultihomingConfiguration(settings, flows: flows, homeAgents: homeAgents, excluding: prefixes),
                at: context.loop.now))
    }

    /// The uplinks as they are now.
    func use(_ uplinks: [Uplink]) {
        self.uplinks = uplinks
        hasLimits = hasLimits || uplinks.contains { $0.terms.quota != nil }
        handle(.uplinks(uplinks))
    }

    /// Names the uplink by hand; nil leaves the choice to the policy again.
    func pin(_ name: String?) {
        guard name != machine.pinned else { return }
        let former = machine.pinned ?? ""
        context.publish(
            name == nil ? "uplink_unpinned" : "uplink_pinned",
            name.map { "\($0) was named by hand" } ?? "\(former) is no longer named by hand", uplink: name ?? former)
        handle(.pin(name))
    }

    /// A target answered something else than a probe.
    func confirmed(_ target: IPv6Address, over index: UInt32) { handle(.confirmed(uplink: index, source: target)) }

    /// What a tunnel has carried.
    func count(_ tunnel: TunnelStatus) {
        let ends = Ends(
            homeAddress: tunnel.homeAddress, local: tunnel.local, remote: tunnel.remote,
            interfaceIndex: tunnel.interfaceIndex)
        traffic[ends] = tunnel
        // Those of care-of addresses that are over would add up.
        traffic = traffic.filter { known in
            uplinks.contains { uplink in
                uplink.index == known.key.interfaceIndex
                    && uplink.candidates.contains { $0.address == known.key.local }
            }
        }
        var sample = TrafficSample(packetsOut: 0, packetsIn: 0)
        for tunnel in traffic.values where tunnel.interfaceIndex == ends.interfaceIndex {
            sample.packetsOut += tunnel.packetsOut
            sample.packetsIn += tunnel.packetsIn
        }
        handle(.traffic(uplink: ends.interfaceIndex, sample))
    }

    /// What an interface has carried.
    func count(_ usage: UplinkUsage) {
        handle(
            .usage(
                uplink: usage.interfaceIndex,
                octets: usage.octetsIn.addingReportingOverflow(usage.octetsOut).partialValue))
    }

    /// Takes an echo reply; whether it answered a probe.
    func receive(_ datagram: ICMPv6Datagram) -> Bool {
        // Who pings from this machine gets answers, too, which say nothing of our probes.
        guard
            case .echoReply(let identifier, let number, Self.probeData)? = try? ICMPv6Message.parse(
                datagram.message.span.bytes)
        else { return false }
        let strays = machine.counters.strayAnswers
        handle(
            .answer(
                uplink: datagram.interfaceIndex, source: datagram.source,
                identifier: UInt32(identifier) << 16 | UInt32(number)))
        return machine.counters.strayAnswers == strays
    }

    /// What people are told.
    ///
    /// - Parameter isAlone: Whether the home agent takes one care-of address only.
    func choice(isAlone: Bool) -> UplinkChoice {
        UplinkChoice(
            machine, uplinks: uplinks, flows: settings.flows, knowsTime: knowsTime, isAlone: isAlone,
            at: context.loop.now)
    }
}

extension PathChooser {
    private func handle(_ event: MultihomingMachine.Event) { perform(machine.handle(event, at: context.loop.now)) }

    private func perform(_ actions: [MultihomingMachine.Action]) {
        var isChanged = false
        var answered: [(target: IPv6Address, index: UInt32)] = []
        for action in actions {
            switch action {
            case .sendProbe(let probe): send(probe)
            case .decide: isChanged = true
            case .answered(let index, let target): answered.append((target, index))
            case .notify(let notice):
                context.log.info("\(notice.detail)")
                // A target is mute over all of them.
                context.publish(
                    notice.name.rawValue, notice.detail, uplink: notice.name == .targetMute ? "" : notice.uplink)
            case .save: if hasLimits { state?.noteChange() }
            }
        }
        tellCounters()
        setTimer(at: machine.nextDeadline)
        if isChanged { onDecision() }
        for answer in answered { onAnswered(answer.target, answer.index) }
        context.noteState()
    }

    /// What was used before the program had this file; nil where nothing was kept.
    private func openState() -> [TrafficAccount.Snapshot]? {
        state = settings.state.map(stateFile)
        guard let octets = state?.read() else { return nil }
        do throws(TrafficAccountFileError) {
            return try TrafficAccountFile.decode(octets)
        } catch {
            context.counters.count("state_file_damaged")
            context.log.warning(
                "the state file \(settings.state ?? "") cannot be used, going on without it: \(error.text)")
            return nil
        }
    }

    private func stateFile(_ path: String) -> StateFile {
        StateFile(
            path: path,
            advice: (
                "what uplinks have used does not outlive a restart now",
                "let \(context.client.hello.role.program) write there, or set policy.state = \"\""
            ), loop: context.loop, log: context.log
        ) { [unowned self] in
            let accounts = machine.accounts
            return { { TrafficAccountFile.encode(accounts) } }
        }
    }

    private func send(_ probe: MultihomingMachine.Probe) {
        let request = ICMPv6Message.echoRequest(
            identifier: UInt16(truncatingIfNeeded: probe.identifier >> 16),
            sequenceNumber: UInt16(truncatingIfNeeded: probe.identifier), data: Self.probeData)
        let asked = context.loop.now
        context.client.send(
            .icmpSend(
                ICMPv6Datagram(
                    source: probe.source, destination: probe.target, interfaceIndex: probe.uplink,
                    message: request.emit()))
        ) { [weak self] refusal in
            guard let self else { return }
            if let refusal { context.log.debug("a probe was not sent: \(refusal)") }
            // nemonetd is gone, or stood still: that is no fault of the uplink.
            guard refusal?.code == .notConnected || context.loop.now - asked > Self.lateSending else { return }
            handle(.withdrawn(uplink: probe.uplink, identifier: probe.identifier))
        }
    }

    private func setTimer(at deadline: Instant?) {
        timer?.cancel()
        timer = deadline.map { deadline in
            context.loop.timer(at: deadline) { [weak self] in self?.due(since: deadline) }
        }
    }

    /// After a standstill the answers that came meanwhile are to be read first.
    private func due(since deadline: Instant) {
        guard context.loop.now - deadline > Self.lateTimer else { return handle(.timer) }
        timer = context.loop.timer(after: .milliseconds(1)) { [weak self] in self?.handle(.timer) }
    }

    private func tellCounters() {
        let now = machine.counters
        count("probe_sent", now.probesSent - counted.probesSent)
        count("probe_spared", now.probesReplaced - counted.probesReplaced)
        count("probe_stray_answer", now.strayAnswers - counted.strayAnswers)
        counted = now
    }

    private func count(_ name: String, _ more: UInt64) {
        if more > 0 { context.counters.count(name, by: more) }
    }
}
