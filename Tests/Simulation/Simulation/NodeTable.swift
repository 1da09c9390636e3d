import MobilityCore
import MobilityWire

/// What nemonetd of a mobile node forwards by: the tunnels that `RegistrationTable` of mrd and mnd announces to it.
struct NodeTable {
    struct Row: Equatable {
        var careOf: CareOf
        var homeAgent: IPv6Address
        var priority: Int
        var forwards: Bool
        /// Absent where it does not forward.
        var expiry: Instant?

        func carries(at now: Instant) -> Bool { forwards && (expiry.map { $0 > now } ?? false) }
    }

    /// As announced last.
    private(set) var rows: [Row] = []
    private var homeAgent = IPv6Address.unspecified
    private(set) var plan = TunnelPlan.none
    private(set) var registration: Registration?
    private(set) var multiple: MultipleRegistration?
    private var inherited: [Row] = []
    private var isOnHomeLink = false

    /// Whether the node has its home address on the home link, and no tunnel that is preferred to it.
    func isHome(at now: Instant) -> Bool { isOnHomeLink && active(at: now) == nil }

    mutating func set(_ plan: TunnelPlan) {
        self.plan = plan
        inherited = []
    }

    mutating func set(_ registration: Registration) { self.registration = registration }

    mutating func set(_ multiple: MultipleRegistration) {
        self.multiple = multiple
        if multiple.paths.contains(where: \.forwards) { inherited = [] }
    }

    mutating func startOver(isMultiple: Bool, at now: Instant) {
        inherited = rows.filter { $0.carries(at: now) }
        if !isMultiple, let best = inherited.map(\.priority).min() { inherited.removeAll { $0.priority != best } }
        plan = .none
        registration = nil
        multiple = nil
    }

    mutating func use(_ homeAgent: IPv6Address, at now: Instant) {
        self.homeAgent = homeAgent
        if registration != nil || multiple != nil { startOver(isMultiple: true, at: now) }
    }

    mutating func clear() {
        let isOnHomeLink = isOnHomeLink
        self = NodeTable()
        self.isOnHomeLink = isOnHomeLink
    }

    /// The program starts anew, and nemonetd has what it had.
    mutating func restart(at now: Instant) {
        let kept = rows.filter { $0.carries(at: now) }
        self = NodeTable()
        inherited = kept
        rows = kept
    }

    mutating func setHome(_ isHome: Bool) { isOnHomeLink = isHome }

    mutating func dropInherited(unless works: (CareOf) -> Bool) { inherited.removeAll { !works($0.careOf) } }

    mutating func announce(at now: Instant) {
        var new = inherited.filter { $0.carries(at: now) }
        func put(_ row: Row) {
            new.removeAll { $0.careOf.address == row.careOf.address }
            new.append(row)
        }
        if let multiple {
            for path in multiple.paths.reversed() where path.forwards {
                put(
                    Row(
                        careOf: path.careOf, homeAgent: homeAgent, priority: Int(path.priority), forwards: true,
                        expiry: path.expiresAt))
            }
        } else if let registration {
            if let active = plan.active {
                put(
                    Row(
                        careOf: active, homeAgent: homeAgent, priority: 0, forwards: true,
                        expiry: registration.expiresAt))
            }
            for (place, careOf) in plan.standby.enumerated()
            where !new.contains(where: { $0.careOf.address == careOf.address }) {
                put(
                    Row(
                        careOf: careOf, homeAgent: homeAgent, priority: place + 1, forwards: true,
                        expiry: [registration.expiresAt, plan.standbyUntil].compactMap(\.self).min()))
            }
        }
        rows = new
    }

    /// What carries packets out.
    func active(at now: Instant) -> Row? {
        rows.filter { $0.carries(at: now) }
            .min { ($0.priority, $0.careOf.address) < ($1.priority, $1.careOf.address) }
    }

    /// Whether packets out of this tunnel are taken.
    func accepts(_ careOf: IPv6Address, from homeAgent: IPv6Address, at now: Instant) -> Bool {
        rows.contains { $0.careOf.address == careOf && $0.homeAgent == homeAgent && $0.carries(at: now) }
    }
}
