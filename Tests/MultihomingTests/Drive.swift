import MobilityWire

@testable import Multihoming

/// The machine on a drive, with traffic all the time, and a book of everything that must hold.
struct Drive {
    static let homeAgent = IPv6Address("2001:db8:1::1")!
    static let names = ["eth0", "wlan0", "wwan0"]

    struct Book {
        /// Each spell of carrying traffic over a dead link while another one was known to work: how long it took to leave.
        var detections: [Int64] = []
        /// Milliseconds on a dead link while another one had been up for long enough to be gone to.
        var longestOnDead: Int64 = 0
        /// The same where octets cost something and nothing flows.
        var longestIdleMetered: Int64 = 0
        var voluntaryChangesInAMinute = 0
        var changes = 0
        var lostDecisions = 0
        var breaches: [String] = []
        var probeOctets: UInt64 = 0
        var meteredProbeOctets: UInt64 = 0
    }

    var book = Book()
    private var machine: MultihomingMachine
    private let model: DriveModel
    private var random: SeededNumbers
    private var now: Instant
    private var place = [0, 0, 0]
    private var answers: [(due: Instant, probe: MultihomingMachine.Probe)] = []
    private var nextSample: Instant
    private var samples = [TrafficSample](repeating: TrafficSample(packetsOut: 0, packetsIn: 0), count: 3)
    private var told: PathDecision?
    private var voluntary: [Instant] = []
    private var deadSince: Instant?
    /// Since when the pinned uplink has worked.
    private var pinnedSince: Instant?
    private let hasTraffic: Bool

    init(seed: UInt64, seconds: Int64, strategy: PathSettings.Strategy, pin: String? = nil, hasTraffic: Bool) {
        now = Instant(milliseconds: 10_000)
        nextSample = now
        self.hasTraffic = hasTraffic
        random = SeededNumbers(seed ^ 0x5eed)
        model = DriveModel(seed: seed, start: now, seconds: seconds)
        machine = MultihomingMachine(
            MultihomingConfiguration(path: PathSettings(strategy: strategy), targets: [Self.homeAgent]), seed: seed)
        act(machine.handle(.uplinks(uplinks), at: now))
        if let pin { act(machine.handle(.pin(pin), at: now)) }
    }

    func state(_ uplink: Int) -> DriveModel.State { model.spells[uplink][place[uplink]].state }

    private var uplinks: [Uplink] {
        Self.names.indices.map { number in
            let state = state(number)
            return Uplink(
                index: UInt32(number) + 2, name: Self.names[number], type: [.ethernet, .wlan, .cellular][number],
                metric: UInt32(number + 1) * 10, hasCarrier: state.hasCarrier, hasDefaultRouter: state.hasCarrier,
                candidates: state.hasCarrier
                    ? [.init(address: IPv6Address(high: 0x2001_0db8_0000_0000 + UInt64(number), low: 1))] : [],
                signal: state.signal, terms: UplinkTerms(isMetered: number == 2))
        }
    }

    mutating func run() {
        while true {
            let spell = Self.names.indices.compactMap { number -> (Instant, Int)? in
                place[number] + 1 < model.spells[number].count
                    ? (model.spells[number][place[number] + 1].from, number) : nil
            }.min { $0.0 < $1.0 }
            let next = [
                machine.nextDeadline, answers.first?.due, spell?.0, hasTraffic ? nextSample : nil,
            ].compactMap { $0 }.min()
            guard let next, next <= model.end else { break }
            if next < now { book.breaches.append("time went back") }
            now = max(now, next)
            if let spell, spell.0 <= now {
                place[spell.1] += 1
                act(machine.handle(.uplinks(uplinks), at: now))
            } else if let first = answers.first, first.due <= now {
                answers.removeFirst()
                act(
                    machine.handle(
                        .answer(
                            uplink: first.probe.uplink, source: first.probe.target, identifier: first.probe.identifier),
                        at: now))
            } else if hasTraffic, nextSample <= now {
                stream()
            } else {
                act(machine.handle(.timer, at: now))
            }
            watch()
        }
        if let told, !told.acts(as: machine.decision) { book.lostDecisions += 1 }
    }

    private mutating func stream() {
        nextSample = now + PathTunables.samplePeriod
        guard let active = told?.active else { return }
        let number = Int(active.index) - 2
        let loss = state(number).loss
        samples[number].packetsOut += 10
        for _ in 0..<10 where !random.chance(1 - (1 - loss) * (1 - loss)) { samples[number].packetsIn += 1 }
        act(machine.handle(.traffic(uplink: active.index, samples[number]), at: now))
    }

    private mutating func act(_ actions: [MultihomingMachine.Action]) {
        for action in actions {
            switch action {
            case .sendProbe(let probe):
                book.probeOctets += PathTunables.probeOctets
                if probe.uplink == 4 { book.meteredProbeOctets += PathTunables.probeOctets }
                let state = state(Int(probe.uplink) - 2)
                if !state.hasCarrier { book.breaches.append("a probe over a link without carrier") }
                if random.chance(state.loss) || random.chance(state.loss) { continue }
                let delay = state.roundTrip * Double.random(in: 0.9...1.3, using: &random)
                let due = now + .milliseconds(max(Int64(delay), 1))
                answers.insert((due, probe), at: answers.firstIndex { $0.due > due } ?? answers.count)
            case .decide(let decision): take(decision)
            case .notify, .save: break
            }
        }
        // Everything that is to be done has been told.
        if let told, told.active != machine.decision.active { book.lostDecisions += 1 }
    }

    private mutating func take(_ decision: PathDecision) {
        defer { told = decision }
        if let told, told.acts(as: decision) { book.breaches.append("a decision that says nothing new") }
        if let active = decision.active, !state(Int(active.index) - 2).hasCarrier {
            book.breaches.append("active without carrier")
        }
        guard let old = told?.active, old.index != decision.active?.index else { return }
        book.changes += 1
        // Planned, and not because of bad quality, is voluntary.
        let condition = machine.health(of: old.name)?.condition
        if decision.previousUsable, condition?.isDegraded != true, condition?.vitality == .up {
            voluntary.append(now)
            voluntary.removeAll { now - $0 > .seconds(60) }
            book.voluntaryChangesInAMinute = max(book.voluntaryChangesInAMinute, voluntary.count)
        }
    }

    private mutating func watch() {
        watchPin()
        watchDead()
    }

    /// What is pinned and has worked for the hold-down carries the traffic.
    private mutating func watchPin() {
        guard let pinned = machine.pinned, machine.health(of: pinned)?.condition.vitality == .up,
            let number = Self.names.firstIndex(of: pinned), state(number).hasCarrier
        else {
            pinnedSince = nil
            return
        }
        pinnedSince = pinnedSince ?? now
        if let pinnedSince, now - pinnedSince > PathTunables.holdDown, told?.active?.name != pinned {
            book.breaches.append("\(pinned) was pinned and works, \(told?.active?.name ?? "nothing") carries")
        }
    }

    /// How long the traffic has been on a dead link while there was a better place.
    private mutating func watchDead() {
        guard let active = told?.active else {
            deadSince = nil
            return
        }
        let hasBetter = Self.names.indices.contains { number in
            UInt32(number) + 2 != active.index && machine.health(of: Self.names[number])?.condition.vitality == .up
                && !state(number).isDead
        }
        guard state(Int(active.index) - 2).isDead, hasBetter else {
            if let deadSince { book.detections.append((now - deadSince).milliseconds) }
            deadSince = nil
            return
        }
        deadSince = deadSince ?? now
        let span = (now - (deadSince ?? now)).milliseconds
        if active.name == "wwan0", !hasTraffic {
            book.longestIdleMetered = max(book.longestIdleMetered, span)
        } else {
            book.longestOnDead = max(book.longestOnDead, span)
        }
    }
}
