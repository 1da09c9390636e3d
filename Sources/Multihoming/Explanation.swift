public import MobilityWire

/// Why the traffic goes where it goes: the answer to `shisactl why`.
public struct Explanation: Hashable, Sendable {
    public var carriers: [Carrier]
    /// Every uplink that does not carry everything, with what it lacks.
    public var others: [PathDecision.Verdict]
    /// The uplink that was named by hand.
    public var pinned: String?

    /// What carries something.
    public struct Carrier: Hashable, Sendable {
        public var what: What
        public var way: Way
        public var since: Instant?
    }

    public enum What: Hashable, Sendable {
        /// The rule of this place in the file, the first being 0.
        case flow(Int)
        /// All that no rule takes.
        case everythingElse
    }

    public enum Way: Hashable, Sendable {
        case uplink(String)
        /// Several by weight.
        case shared([String])
        case everythingElse
        case nothing
        case dropped
        case waiting
    }

    public init(_ decision: PathDecision, pinned: String?) {
        self.pinned = pinned
        var rules: [Int] = []
        carriers = []
        for flow in decision.flows where !rules.contains(flow.requirement) {
            rules.append(flow.requirement)
            let way: Way =
                switch flow.way {
                case .uplink(_, let name): .uplink(name)
                case .any: .everythingElse
                case .drop: .dropped
                case .wait: .waiting
                }
            carriers.append(Carrier(what: .flow(flow.requirement), way: way, since: flow.since))
        }
        let shares = decision.balance?.members.filter { $0.weight > 0 }.map(\.name) ?? []
        let rest: Way = shares.count > 1 ? .shared(shares) : decision.active.map { .uplink($0.name) } ?? .nothing
        carriers.append(Carrier(what: .everythingElse, way: rest, since: decision.since))
        others = decision.verdicts.filter { $0.reasons != [.active] }
    }

    /// For people, a line each.
    public func lines(at now: Instant) -> [String] {
        carriers.map { line($0, at: now) } + (pinned.map { ["\($0) was named by hand"] } ?? [])
            + others.map { verdict in
                let reasons = verdict.reasons.map { reason in
                    reason.text + (reason.instant.map { " (\(Self.distance($0, now)))" } ?? "")
                }
                return "\(verdict.name): " + reasons.joined(separator: "; ")
            }
    }

    private func line(_ carrier: Carrier, at now: Instant) -> String {
        let what =
            switch carrier.what {
            case .flow(let place): "rule \(place + 1)"
            case .everythingElse: carriers.count > 1 ? "everything else" : "everything"
            }
        let way =
            switch carrier.way {
            case .uplink(let name): "goes by \(name)"
            case .shared(let names): "is shared by " + names.joined(separator: ", ")
            case .everythingElse: "goes where everything else goes: none of its uplinks is up"
            case .nothing: "goes nowhere: no uplink is usable"
            case .dropped: "is dropped: none of its uplinks is up"
            case .waiting: "waits: none of its uplinks is up"
            }
        return "\(what) \(way)" + (carrier.since.map { ", \(Self.distance($0, now))" } ?? "")
    }

    private static func distance(_ instant: Instant, _ now: Instant) -> String {
        let seconds = (now - instant).milliseconds
        return seconds >= 0 ? "for \(seconds / 1000) s" : "for another \((999 - seconds) / 1000) s"
    }
}
