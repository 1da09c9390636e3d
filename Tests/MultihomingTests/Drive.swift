import Drives
import MobilityWire

@testable import Multihoming

/// The machine on a drive, with traffic all the time, and a book of everything that must hold.
struct Drive {
    static let homeAgent = IPv6Address("2001:db8:1::1")!
    struct Book {
        var choice = DriveBook()
        var lostDecisions = 0
        var breaches: [String] = []
        var probeOctets: UInt64 = 0
        var meteredProbeOctets: UInt64 = 0
    }

    var book = Book()
    private var machine: MultihomingMachine
    private let model: DriveModel
    private var random: RandomNumbers
    private var now: Instant
    private var place = [0, 0, 0]
    private var answers: [(due: Instant, probe: MultihomingMachine.Probe)] = []
    private var nextSample: Instant
    private var samples = [TrafficSample](repeating: TrafficSample(packetsOut: 0, packetsIn: 0), count: 3)
    private var told: PathDecision?
    /// Since when the pinned uplink has worked.
    private var pinnedSince: Instant?
    private let hasTraffic: Bool

    init(seed: UInt64, seconds: Int64, strategy: PathSettings.Strategy, pin: String? = nil, hasTraffic: Bool) {
        now = Instant(milliseconds: 10_000)
        nextSample = now
        self.hasTraffic = hasTraffic
        random = RandomNumbers(seed: seed ^ 0x5eed)
        var numbers = RandomNumbers(seed: seed)
        model = DriveModel(using: &numbers, start: now, seconds: seconds)
        machine = MultihomingMachine(
            MultihomingConfiguration(path: PathSettings(strategy: strategy), targets: [Self.homeAgent]), seed: seed)
        act(machine.handle(.uplinks(uplinks), at: now))
        if let pin { act(machine.handle(.pin(pin), at: now)) }
    }

    func state(_ uplink: Int) -> DriveModel.State { model.spells[uplink][place[uplink]].state }

    private var uplinks: [Uplink] {
        DriveModel.names.indices.map { number in
            DriveModel.uplink(
                number, state(number), address: IPv6Address(high: 0x2001_0db8_0000_0000 + UInt64(number), low: 1))
        }
    }

    mutating func run() {
        while true {
            let spell = DriveModel.names.indices.compactMap { number -> (Instant, Int)? in
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
            case .notify, .save, .answered: break
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
        if let old = told?.active { book.choice.note(machine, instead: old, at: now) }
    }

    private mutating func watch() {
        watchPin()
        let states = DriveModel.names.indices.map(state)
        book.choice.watch(machine, hasTraffic: hasTraffic, at: now) { states[$0].isDead }
    }

    /// What is pinned and has worked for the hold-down carries the traffic.
    private mutating func watchPin() {
        guard let pinned = machine.pinned, machine.health(of: pinned)?.condition.vitality == .up,
            let number = DriveModel.names.firstIndex(of: pinned), state(number).hasCarrier
        else {
            pinnedSince = nil
            return
        }
        pinnedSince = pinnedSince ?? now
        if let pinnedSince, now - pinnedSince > PathTunables.holdDown, told?.active?.name != pinned {
            book.breaches.append("\(pinned) was pinned and works, \(told?.active?.name ?? "nothing") carries")
        }
    }
}
