import MobilityWire

@testable import Multihoming

/// One uplink's `LinkHealth` before an emulated way to its target, in virtual time.
///
/// Each round trip takes `roundTrip`, up to a tenth less and three tenths more; each packet is lost with `loss` on each of
/// its two ways. With `hasTraffic` a stream goes each way, a packet every 10 ms, and the counters are told every 100 ms.
struct ProbedPath {
    static let target = IPv6Address("2001:db8:1::1")!

    var health: LinkHealth
    var now: Instant
    var roundTrip: Double
    var loss = 0.0
    var isBlockedUp = false
    var isBlockedDown = false
    var hasTraffic = false
    /// Of the hole's kind: whether what comes in is the answer to what goes out, as in TCP, or a stream of its own.
    var isQuestionAndAnswer = true
    private(set) var probes: [Instant] = []

    private var random: RandomNumbers
    private var answers: [(due: Instant, identifier: UInt32)] = []
    private var sample = TrafficSample(packetsOut: 0, packetsIn: 0)
    private var nextSample: Instant

    init(
        roundTrip: Double, loss: Double = 0, settings: HealthSettings = HealthSettings(),
        terms: UplinkTerms = UplinkTerms(), kind: Uplink.Kind = .ethernet, seed: UInt64 = 1
    ) {
        random = RandomNumbers(seed: seed)
        now = Instant(milliseconds: Int64.random(in: 1000...9000, using: &random))
        nextSample = now
        self.roundTrip = roundTrip
        self.loss = loss
        health = LinkHealth(
            targets: [Self.target], settings: settings, kind: kind, terms: terms, firstIdentifier: 7, at: now)
        act(health.handle(.linkReady, at: now))
    }

    mutating func run(for span: Instant.Span) { run(until: now + span) { _ in false } }

    /// - Returns: When the condition came to hold; absent when it did not.
    @discardableResult
    mutating func run(until end: Instant, or condition: (LinkHealth) -> Bool) -> Instant? {
        while true {
            let deadlines = [health.nextDeadline, answers.map(\.due).min(), hasTraffic ? nextSample : nil]
            guard let next = deadlines.compactMap({ $0 }).min(), next <= end else { break }
            now = max(next, now)
            if let place = answers.firstIndex(where: { $0.due <= now }) {
                let identifier = answers.remove(at: place).identifier
                act(health.handle(.answer(target: Self.target, identifier: identifier), at: now))
            } else if hasTraffic, nextSample <= now {
                stream()
            } else {
                act(health.handle(.timer, at: now))
            }
            if condition(health) { return now }
        }
        now = end
        return nil
    }

    mutating func give(_ event: LinkHealth.Event) { act(health.handle(event, at: now)) }

    private mutating func stream() {
        nextSample = now + PathTunables.samplePeriod
        for _ in 0..<10 {
            sample.packetsOut += 1
            let isAnswered = !(isBlockedUp && isQuestionAndAnswer)
            if isAnswered, !isBlockedDown, !random.chance(loss) { sample.packetsIn += 1 }
        }
        act(health.handle(.traffic(sample), at: now))
    }

    private mutating func act(_ actions: [LinkHealth.Action]) {
        for case .sendProbe(_, let identifier) in actions {
            probes.append(now)
            if isBlockedUp || isBlockedDown || random.chance(loss) || random.chance(loss) { continue }
            let delay = roundTrip * Double.random(in: 0.9...1.3, using: &random)
            answers.append((now + .milliseconds(Int64(delay.rounded())), identifier))
        }
    }

    /// From now on nothing passes, and what is under way is lost.
    mutating func cut(up: Bool = true, down: Bool = true) {
        (isBlockedUp, isBlockedDown) = (up, down)
        if down { answers = [] }
    }
}
