import MobilitySocket
import MobilityWire
import Multihoming
import Settings

extension UplinkChoice {
    /// What the machine decided and knows, for people.
    ///
    /// - Parameters:
    ///   - flows: The rules of the file.
    ///   - knowsTime: Whether schedules and months go by a clock.
    init(
        _ machine: MultihomingMachine, uplinks: [Uplink], flows: [FlowSettings], knowsTime: Bool, isAlone: Bool,
        at now: Instant
    ) {
        let explanation = machine.explanation(at: now, isAlone: isAlone)
        self.init(
            carriers: explanation.carriers.map { carrier in
                var subject = explanation.subject(of: carrier)
                if case .flow(let place) = carrier.what, flows.indices.contains(place) {
                    subject += " (\(flows[place].match.summary))"
                }
                return Carrier(
                    what: subject, way: carrier.way.text, uplinks: carrier.way.uplinks,
                    elapsedMilliseconds: carrier.since.map { Self.milliseconds(now - $0) } ?? 0)
            },
            uplinks: explanation.verdicts.map { verdict in
                Verdict(
                    verdict, condition: machine.health(of: verdict.name)?.condition ?? .unmonitored,
                    account: machine.account(of: verdict.name), share: explanation.shares[verdict.index],
                    clockless: knowsTime ? [] : Reason.withoutClock(uplinks, verdict.index), at: now)
            },
            pinned: explanation.pinned)
    }

    fileprivate static func milliseconds(_ span: Instant.Span) -> UInt64 { UInt64(clamping: span.milliseconds) }
}

extension UplinkChoice.Verdict {
    fileprivate init(
        _ verdict: PathDecision.Verdict, condition: LinkCondition, account: TrafficAccount?,
        share: Int?, clockless: [UplinkChoice.Reason], at now: Instant
    ) {
        self.init(
            interfaceIndex: verdict.index, name: verdict.name, isActive: verdict.reason == .active,
            health: Health(condition.vitality),
            healthElapsedMilliseconds: condition.since.map { UplinkChoice.milliseconds(now - $0) } ?? 0,
            isDegraded: condition.isDegraded, isWeak: condition.isWeak,
            roundTripMicroseconds: condition.roundTrip.map(Self.microseconds),
            jitterMicroseconds: condition.roundTrip.map { _ in Self.microseconds(condition.jitter) },
            lossPermille: condition.loss.map { UInt16(clamping: Int(($0 * 10).rounded())) },
            usedOctets: account?.snapshot.usedOctets, monthlyOctets: account?.quota?.monthlyOctets,
            sharePermille: share.map { UInt16(clamping: $0) },
            reasons: verdict.reasons.map { UplinkChoice.Reason($0, at: now) } + clockless)
    }

    private static func microseconds(_ milliseconds: Double) -> UInt32 {
        UInt32(clamping: Int64((milliseconds * 1000).rounded()))
    }
}

extension UplinkChoice.Verdict.Health {
    fileprivate init(_ vitality: LinkCondition.Vitality) {
        switch vitality {
        case .unmonitored: self = .unmonitored
        case .believed: self = .believed
        case .up: self = .up
        case .unproven: self = .unproven
        case .down: self = .down
        }
    }
}

extension UplinkChoice.Reason {
    /// What is not as the file says while nobody knows the time.
    @inline(never)
    fileprivate static func withoutClock(_ uplinks: [Uplink], _ index: UInt32) -> [UplinkChoice.Reason] {
        var reasons: [UplinkChoice.Reason] = []
        for uplink in uplinks where uplink.index == index {
            if !uplink.terms.schedule.windows.isEmpty {
                reasons.append(
                    .init(
                        name: "schedule_without_clock", text: "its schedule is not in force: the clock is not known"))
            }
            if uplink.terms.quota != nil {
                reasons.append(.init(name: "month_without_clock", text: "no month begins: the clock is not known"))
            }
        }
        return reasons
    }

    fileprivate init(_ reason: PathDecision.Reason, at now: Instant) {
        self.init(
            name: reason.name, text: reason.text,
            elapsedMilliseconds: reason.instant.flatMap { $0 <= now ? UplinkChoice.milliseconds(now - $0) : nil },
            remainingMilliseconds: reason.instant.flatMap { $0 > now ? UplinkChoice.milliseconds($0 - now) : nil })
    }
}
