import MobilityWire

extension PathPolicy {
    func verdicts(at now: Instant) -> [PathDecision.Verdict] {
        assessments.map {
            PathDecision.Verdict(index: $0.uplink.index, name: $0.uplink.name, reasons: reasons($0, at: now))
        }
    }

    /// Everything that an uplink lacks, the gravest first.
    private func reasons(_ assessment: Assessment, at now: Instant) -> [PathDecision.Reason] {
        var reasons: [PathDecision.Reason] = []
        if assessment.uplink.index == active?.index {
            reasons.append(.active)
        } else if hasPart(assessment.uplink) {
            reasons.append(.sharing)
        } else if let obstacle = assessment.obstacle {
            reasons.append(obstacle)
        }
        let condition = assessment.standing.condition
        let grade = assessment.score.grade
        if grade.isDown { reasons.append(.noAnswer(since: condition.since)) }
        if condition.vitality == .unproven, assessment.path != nil { reasons.append(.unproven) }
        if grade.isNotPinned { reasons.append(.notPinned) }
        if grade.isOverLimit { reasons.append(.overLimit) }
        if grade.isSuppressed { reasons.append(.suppressed(until: damping[assessment.uplink.name]?.reuseAt)) }
        if grade.isDegraded {
            reasons.append(
                .degraded(
                    roundTrip: condition.roundTrip.map { Int($0.rounded()) },
                    loss: condition.loss.map { Int($0.rounded()) }))
        }
        if grade.isWeak { reasons.append(.weakSignal) }
        return reasons.isEmpty ? [comparison(assessment, at: now)] : reasons
    }

    /// Whether it has a part of the flows: with weight 0 only where all have that.
    private func hasPart(_ uplink: Uplink) -> Bool {
        let members = assessments.filter { sharing.contains($0.uplink.index) }.map(\.uplink)
        return members.contains { $0.index == uplink.index }
            && (uplink.terms.weight > 0 || members.allSatisfy { $0.terms.weight == 0 })
    }

    /// Nothing is wrong with it; why is it not the active one?
    private func comparison(_ assessment: Assessment, at now: Instant) -> PathDecision.Reason {
        guard let current = assessments.first(where: { $0.uplink.index == active?.index }) else { return .standby }
        if assessment.score.isWorthLeaving(current.score), let ready = ready(assessment, instead: current) {
            return restlessness.reuseAt == ready ? .restless(until: ready) : .holdDown(until: ready)
        }
        if settings.strategy == .balance { return .standby }
        guard settings.strategy == .fastest, current.score.latency.isFinite else { return .worseMetric }
        guard assessment.score.latency.isFinite else { return .unmeasured }
        return .notFaster(Int(assessment.score.latency.rounded()), than: Int(current.score.latency.rounded()))
    }
}
