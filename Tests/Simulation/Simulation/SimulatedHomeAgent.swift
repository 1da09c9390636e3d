import HomeAgentOperation
import MobilityCore
import MobilityWire

/// A home agent: had with its state file, and the bindings that its nemonetd forwards by, which outlive had.
final class SimulatedHomeAgent {
    let index: Int
    let place: Int
    let address: IPv6Address
    let clock: DriftingClock
    let keepsState: Bool
    unowned let world: World
    private var dice: Dice

    private(set) var configuration: HomeAgentConfiguration
    private(set) var machine: HomeAgentMachine
    private var revocation: RevocationMachine
    var isMachineUp: Bool { awaySince == nil }
    /// Since when the machine is off, in the world's time.
    private(set) var awaySince: Int64?
    private(set) var isProgramUp = true
    /// What nemonetd forwards by, by home address.
    private(set) var table: [[Binding]]
    private var detecting: [Bool]
    /// When the last binding of each home address ends that was granted, in the world's time.
    private var promised: [Int64]
    /// When the node of each home address last changed its bindings, in the world's time.
    private var changedAt: [Int64]
    /// What nemonetd forwarded by when all but the state file was lost, by home address, where that file was older than the
    /// last change of the node; nil elsewhere.
    private var lost: [[Binding]?]
    /// The identifiers of the bindings that came out of such a file other than they were, and that the node has said nothing
    /// about since; 0 for the only binding of a node.
    private var forgotten: [[UInt16]]
    /// By how much the clock went back since the state file was written.
    private var setBack: Int64 = 0
    private var stateFile: [UInt8]?
    /// When it was written, in the world's time.
    private var savedAt: Int64 = 0
    /// By how much had's time was ahead of the true time when the state file was written.
    private var stateFileOffset: Int64 = 0
    /// How far the wall clock is off the true time, in milliseconds.
    private var wallClockError: Int64 = 0
    private var wallClockAtStart = NTPTimestamp(rawValue: 0)
    private var startedAt = Instant(milliseconds: 0)
    private var isRestoring = false
    private var wake = Int64.max

    init(_ index: Int, nodes: [HomeNode], world: World) {
        self.index = index
        self.world = world
        let parameters = world.parameters
        place = world.network.homeAgent(index)
        address = Addresses.homeAgent(index)
        dice = Dice(seed: world.seed, 0x3000_0000 + UInt64(index))
        clock = DriftingClock(
            offset: dice.between(1_000...1_000_000), drift: dice.between(-parameters.drift...parameters.drift))
        keepsState = index != parameters.stateless
        configuration = HomeAgentConfiguration(
            addresses: [address], prefixes: [Addresses.homePrefix], nodes: nodes,
            homeNetwork: parameters.hasHomeLink ? .link : .virtual)
        // The last one has never heard of several care-of addresses.
        if index == 2 { configuration.multiple.isAllowed = false }
        if index == 1 { configuration.multiple.allowsBulkRegistration = false }
        machine = HomeAgentMachine(configuration)
        revocation = RevocationMachine(
            wallClock: world.wallClock, at: clock.local(world.time), seed: dice.next())
        table = Array(repeating: [], count: world.homeCount)
        detecting = Array(repeating: false, count: world.homeCount)
        promised = Array(repeating: 0, count: world.homeCount)
        changedAt = Array(repeating: 0, count: world.homeCount)
        lost = Array(repeating: nil, count: world.homeCount)
        forgotten = Array(repeating: [], count: world.homeCount)
        start()
    }

    var now: Instant { clock.local(world.time) }
    /// had's time of day: of its start, and from then on by the monotonic clock.
    private var wallClock: NTPTimestamp { wallClockAtStart + (now - startedAt) }

    /// The bindings of a home address that nemonetd forwards by, best first.
    func forwarding(_ home: Int) -> [Binding] {
        let now = now
        guard isMachineUp, table[home].contains(where: { $0.expiresAt > now }) else { return [] }
        return table[home].filter { $0.expiresAt > now }
            .sorted { ($0.priority, $0.identifier ?? 0) < ($1.priority, $1.identifier ?? 0) }
    }

    /// Whether it has lost the last news of a binding, and goes by what it had before: of the moment between the last state
    /// file and the end. The node cannot know. A home agent without bulk registration hears of each binding by itself
    /// (RFC 5648 §5.2), so that news of one says nothing of the others.
    func hasForgotten(_ binding: Binding, of home: Int) -> Bool { forgotten[home].contains(binding.identifier ?? 0) }

    /// Whether packets of a node are taken from this address.
    func accepts(_ home: Int, from careOf: IPv6Address) -> Bool {
        let now = now
        return isMachineUp
            && table[home].contains { binding in
                binding.expiresAt > now
                    && (binding.careOfAddress == careOf
                        || binding.formerCareOfAddresses.contains { $0.address == careOf && $0.until > now })
            }
    }

    /// Milliseconds are rounded, and what goes by while the machine is off is measured by another clock than the lifetimes:
    /// three minutes at 500 parts in a million.
    private static let restoringError: Int64 = 100

    // MARK: Events

    private func start() {
        wallClockAtStart = world.wallClock + .milliseconds(wallClockError)
        startedAt = now
        machine = HomeAgentMachine(configuration)
        revocation = RevocationMachine(wallClock: wallClockAtStart, at: now, seed: dice.next())
        handle(.start)
    }

    func handle(_ event: HomeAgentMachine.Event) {
        guard isProgramUp else { return }
        var isUpdate = false
        if case .messageReceived = event { isUpdate = true }
        if case .duplicatesDetected = event { isUpdate = true }
        var actions = machine.handle(event, at: now)
        // A state file has its bindings in the order of a dictionary, which is another in every run.
        if isRestoring { actions.sort { Self.place(of: $0) < Self.place(of: $1) } }
        for action in actions {
            switch action {
            case .send(let envelope): world.send(envelope, from: self)
            case .install(let binding): install(binding, isUpdate: isUpdate)
            case .remove(let binding, let reason): remove(binding, reason, isUpdate: isUpdate)
            case .detectDuplicates(let homeAddress, _):
                guard case .home(let home) = Addresses.holder(of: homeAddress) else { break }
                detecting[home] = true
                world.queue.add(.detected, at: world.time + Bounds.duplicateDetection, index, home)
            case .stopDetecting(let homeAddress):
                guard case .home(let home) = Addresses.holder(of: homeAddress) else { break }
                detecting[home] = false
            case .count, .log: break
            }
        }
        schedule()
    }

    private static func place(of action: HomeAgentMachine.Action) -> (UInt64, UInt16) {
        guard case .install(let binding) = action else { return (0, 0) }
        return (binding.homeAddress.low, binding.identifier ?? 0)
    }

    private func install(_ binding: Binding, isUpdate: Bool) {
        guard let home = world.check(binding, of: self) else { return }
        let end = clock.time(of: binding.expiresAt)
        if isRestoring {
            if end > promised[home] + setBack + Self.restoringError {
                world.violated(
                    .lifetime, world.owner(of: home),
                    "home agent \(index) restored a binding for \(end - promised[home]) ms longer than it was granted")
            }
        }
        if isRestoring || isUpdate { promised[home] = max(promised[home], end) }
        if isUpdate { note(changeOf: binding, of: home) }
        if isRestoring, let before = lost[home],
            !before.contains(where: {
                $0.identifier == binding.identifier && $0.careOfAddress == binding.careOfAddress
            })
        {
            forgotten[home].append(binding.identifier ?? 0)
        }
        if table[home].isEmpty { world.interceptor[home] = index }
        table[home].removeAll { $0.identifier == binding.identifier }
        table[home].append(binding)
        world.note(home: home, "home agent \(index) forwards to \(binding.careOfAddress)")
        guard isUpdate, revocation.nextDeadline != nil else { return }
        revoke(.bindingUpdated(homeAddress: binding.homeAddress))
    }

    private func note(changeOf binding: Binding, of home: Int) {
        changedAt[home] = world.time
        forgotten[home].removeAll { $0 == binding.identifier ?? 0 }
    }

    private func remove(_ binding: Binding, _ reason: HomeAgentMachine.RemovalReason, isUpdate: Bool) {
        guard case .home(let home) = Addresses.holder(of: binding.homeAddress), table.indices.contains(home) else {
            return
        }
        if isUpdate { note(changeOf: binding, of: home) }
        table[home].removeAll { $0.identifier == binding.identifier }
        world.note(home: home, "home agent \(index) removes \(binding.careOfAddress): \(reason.rawValue)")
        if machine.cache[binding.homeAddress] == nil, revocation.nextDeadline != nil {
            revoke(.bindingRemoved(homeAddress: binding.homeAddress))
        }
    }

    func receive(_ envelope: MobilityEnvelope) {
        guard isProgramUp else { return }
        if envelope.message.dropFirst(2).first == 16 {
            revoke(.messageReceived(envelope))
            schedule()
        } else {
            handle(.messageReceived(envelope, wallClock: wallClock))
        }
    }

    func detected(_ home: Int) {
        guard isProgramUp, detecting[home] else { return }
        detecting[home] = false
        handle(
            .duplicatesDetected(
                homeAddress: Addresses.home(home), isDuplicate: world.isDefended(home, besides: index)))
    }

    private func revoke(_ event: RevocationMachine.Event) {
        for action in revocation.handle(event, at: now) {
            switch action {
            case .send(let envelope): world.send(envelope, from: self)
            case .ended(let homeAddress, let outcome):
                if outcome.endsBinding { handle(.revoke(homeAddress: homeAddress)) }
            case .count, .log: break
            }
        }
    }

    /// The operator ends a binding.
    func revoke(_ home: Int) {
        guard isProgramUp, let binding = machine.cache[Addresses.home(home)] else { return }
        revoke(
            .revoke(
                binding, .administrativeReason, machine.configuration.nodes[binding.homeAddress]?.association))
        schedule()
    }

    /// The operator locks a node out, or lets it in again.
    func prohibit(_ home: Int, _ isProhibited: Bool) {
        var nodes = (0..<world.homeCount).compactMap { configuration.nodes[Addresses.home($0)] }
        nodes[home].isProhibited = isProhibited
        var new = HomeAgentConfiguration(
            addresses: configuration.addresses, prefixes: configuration.prefixes, nodes: nodes,
            homeNetwork: configuration.homeNetwork)
        new.multiple = configuration.multiple
        configuration = new
        handle(.configurationChanged(new))
    }

    func tick() {
        wake = .max
        guard isProgramUp else { return }
        if world.parameters.sabotage == .everlastingBindings { return }
        let now = now
        if let due = revocation.nextDeadline, due <= now { revoke(.timer) }
        if let due = machine.nextDeadline, due <= now { handle(.timer) }
        schedule()
    }

    private func schedule() {
        guard
            let deadline = [machine.nextDeadline, revocation.nextDeadline].compactMap(\.self).min()
        else {
            wake = .max
            return
        }
        let time = max(clock.time(of: deadline), world.time)
        guard time != wake else { return }
        wake = time
        world.queue.add(.wakeAgent, at: time, index)
    }

    // MARK: What outlives it

    enum End: Int, CaseIterable {
        /// had ends, and nemonetd goes on.
        case program
        /// The whole machine, with its state file.
        case machine
        case machineWithTornFile, machineWithoutFile
    }

    /// The state file as it is written a moment before the end.
    func save() {
        guard keepsState, isProgramUp else { return }
        savedAt = world.time
        var writer = BindingSnapshotWriter(machine, wallClock: wallClock, at: now)
        writer.take(.max, from: machine)
        stateFile = writer.finish()
        // had's time goes by the monotonic clock and has drifted away from the other since its start.
        let difference = Int64(bitPattern: wallClock.rawValue &- world.wallClock.rawValue)
        stateFileOffset = (difference >> 32) * 1000 + (((difference & 0xffff_ffff) * 1000) >> 32)
    }

    func crash(_ end: End) {
        isProgramUp = false
        detecting = Array(repeating: false, count: detecting.count)
        // nemonetd, where it goes on, knows of every binding, and nothing of those that ended.
        for home in table.indices where changedAt[home] >= savedAt && (end != .program || table[home].isEmpty) {
            lost[home] = table[home]
        }
        guard end != .program else { return }
        awaySince = world.time
        for home in table.indices where !table[home].isEmpty { table[home] = [] }
        switch end {
        case .program, .machine: break
        case .machineWithTornFile: stateFile = stateFile.map { Array($0.prefix(dice.below($0.count + 1))) }
        case .machineWithoutFile: stateFile = nil
        }
    }

    func boot() {
        guard !isProgramUp else { return }
        isProgramUp = true
        awaySince = nil
        // Of what ends while nobody watches nemonetd disposes itself.
        for home in table.indices where !table[home].isEmpty { table[home].removeAll { $0.expiresAt <= now } }
        let kept = table.flatMap(\.self)
        setBack = max(0, stateFileOffset - wallClockError)
        isRestoring = true
        start()
        if let octets = stateFile, let snapshot = try? BindingSnapshot(decoding: octets) {
            handle(.snapshotRestored(snapshot, wallClock: wallClock))
            // As had does where the clock went back.
            if snapshot.latestTime.isNewer(than: wallClock) {
                wallClockAtStart = snapshot.latestTime
                startedAt = now
                revocation = RevocationMachine(wallClock: wallClockAtStart, at: now, seed: dice.next())
            }
        }
        handle(.restored(kept))
        isRestoring = false
        for home in table.indices where !table[home].isEmpty {
            table[home].removeAll { machine.cache[$0.homeAddress, $0.identifier ?? 0] == nil }
        }
        for home in forgotten.indices {
            lost[home] = nil
            forgotten[home].removeAll { identifier in
                !table[home].contains { $0.identifier ?? 0 == identifier }
            }
        }
    }

    /// Somebody sets the machine's clock; had notices when it starts anew.
    func setClock(by milliseconds: Int64) { wallClockError += milliseconds }
}
