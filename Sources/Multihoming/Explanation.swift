public import MobilityWire

/// Why the traffic goes where it goes: the answer to `shisactl why`.
public struct Explanation: Hashable, Sendable {
    public var carriers: [Carrier]
    /// Every uplink, with what it lacks.
    public var verdicts: [PathDecision.Verdict]
    /// The uplink that was named by hand.
    public var pinned: String?
    /// How much of what no rule takes each uplink carries, in thousandths, by index; empty where one carries it all.
    public var shares: [UInt32: Int] = [:]

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
        case shared([Share])
        /// This one, though another or several were to: the home agent takes one care-of address.
        case alone(String)
        case everythingElse
        case nothing
        case dropped
        case waiting
    }

    public struct Share: Hashable, Sendable {
        public var name: String
        /// In thousandths.
        public var permille: Int
    }

    /// - Parameter isAlone: whether the home agent takes one care-of address only, so that nothing can be shared.
    public init(_ decision: PathDecision, pinned: String?, isAlone: Bool = false) {
        self.pinned = pinned
        var rules: [Int] = []
        carriers = []
        for flow in decision.flows where !rules.contains(flow.requirement) {
            rules.append(flow.requirement)
            let way: Way =
                switch flow.way {
                case .uplink(_, let name):
                    if isAlone, let active = decision.active, active.name != name {
                        .alone(active.name)
                    } else {
                        .uplink(name)
                    }
                case .any: .everythingElse
                case .drop: .dropped
                case .wait: .waiting
                }
            carriers.append(Carrier(what: .flow(flow.requirement), way: way, since: flow.since))
        }
        let sharing = decision.balance?.sharing ?? []
        var rest = decision.active.map { Way.uplink($0.name) } ?? .nothing
        if let balance = decision.balance,
            sharing.count > 1 || sharing.first.map({ $0.index != decision.active?.index }) == true
        {
            if isAlone, let active = decision.active {
                rest = .alone(active.name)
            } else {
                shares = balance.parts
                rest = .shared(
                    sharing.map { Share(name: $0.name, permille: balance.permille(of: $0.index)) })
            }
        }
        let since = isAlone ? decision.since : decision.carriedSince ?? decision.since
        carriers.append(Carrier(what: .everythingElse, way: rest, since: since))
        verdicts = decision.verdicts
        guard isAlone else { return }
        for index in verdicts.indices {
            verdicts[index].reasons = verdicts[index].reasons.map { $0 == .sharing ? .standby : $0 }
        }
    }

    /// What a carrier carries, for people.
    public func subject(of carrier: Carrier) -> String {
        switch carrier.what {
        case .flow(let place): "flow \(place + 1)"
        case .everythingElse: carriers.count > 1 ? "everything else" : "everything"
        }
    }
}

extension Explanation.Way {
    /// For people, to go on from what is carried.
    public var text: String {
        switch self {
        case .uplink(let name): "goes by \(name)"
        case .shared(let shares):
            "is shared by " + shares.map { "\($0.name) (\(($0.permille + 5) / 10) %)" }.joined(separator: ", ")
        case .alone(let name):
            "goes by \(name): the home agent takes one care-of address, so that one uplink carries all"
        case .everythingElse: "goes where everything else goes: none of its uplinks is up"
        case .nothing: "goes nowhere: no uplink is usable"
        case .dropped: "is dropped: none of its uplinks is up"
        case .waiting: "waits: none of its uplinks is up"
        }
    }

    /// Names of the uplinks that carry it.
    public var uplinks: [String] {
        switch self {
        case .uplink(let name), .alone(let name): [name]
        case .shared(let shares): shares.map(\.name)
        case .everythingElse, .nothing, .dropped, .waiting: []
        }
    }
}
