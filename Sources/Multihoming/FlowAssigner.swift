import MobilityWire

/// Gives each flow rule its uplink: the first of those it names that works, left at once when it fails, and taken again
/// after the hold-down.
struct FlowAssigner: Hashable, Sendable {
    /// An uplink that works, as far as rules care.
    struct Candidate: Hashable {
        var index: UInt32
        var name: String
        /// It has reached its limit, or is not trusted: the next one that is named comes first.
        var isSecondChoice: Bool
        /// It has to show first that it is better than one that fails (`LinkCondition.isDoubted`).
        var isDoubted: Bool
        var goodSince: Instant
    }

    private var current: [UInt16: FlowAssignment] = [:]

    /// - Returns: The assignments, and when to look again.
    mutating func assign(
        _ table: FlowTable, among candidates: [Candidate], holdDown: Instant.Span, at now: Instant
    ) -> (flows: [FlowAssignment], deadline: Instant?) {
        var deadline: Instant?
        let flows = table.entries.map { entry in
            let known = current[entry.rule.identifier].flatMap { $0.rule == entry.rule ? $0 : nil }
            let (way, ready) = way(of: entry, among: candidates, from: known?.way, holdDown: holdDown, at: now)
            if let ready { deadline = min(deadline ?? ready, ready) }
            return FlowAssignment(
                rule: entry.rule, requirement: entry.requirement, way: way,
                since: known.flatMap { $0.way == way ? $0.since : nil } ?? now)
        }
        current = Dictionary(flows.map { ($0.rule.identifier, $0) }) { first, _ in first }
        return (flows, deadline)
    }

    private func way(
        of entry: FlowTable.Entry, among candidates: [Candidate], from known: FlowAssignment.Way?,
        holdDown: Instant.Span, at now: Instant
    ) -> (FlowAssignment.Way, Instant?) {
        var named = entry.via.compactMap { name in candidates.first { $0.name == name } }
        if case .uplink(let index, _)? = known, let known, !named.isEmpty, !named.contains(where: { $0.index == index })
        {
            // A flow whose uplink has failed stays with it until another one is heard: moving is no use while nothing is.
            named.removeAll(where: \.isDoubted)
            if named.isEmpty { return (known, nil) }
        }
        let ranked = named.filter { !$0.isSecondChoice } + named.filter(\.isSecondChoice)
        guard let best = ranked.first else {
            switch entry.otherwise {
            case .any: return (.any, nil)
            case .drop: return (.drop, nil)
            case .wait: return (.wait, nil)
            }
        }
        guard case .uplink(let index, _)? = known, let place = ranked.firstIndex(where: { $0.index == index }) else {
            return (.uplink(index: best.index, name: best.name), nil)
        }
        var deadline: Instant?
        for better in ranked[..<place] {
            let ready = better.goodSince + holdDown
            if ready <= now { return (.uplink(index: better.index, name: better.name), nil) }
            deadline = min(deadline ?? ready, ready)
        }
        return (.uplink(index: ranked[place].index, name: ranked[place].name), deadline)
    }
}
