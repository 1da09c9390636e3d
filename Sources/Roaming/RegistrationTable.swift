import MobilityCore
import MobilitySocket
import MobilityWire

/// What nemonetd is told about the registration of one home address: the machine's plan and report as entries, and the
/// difference to what was announced before.
///
///     plan.active    carries what goes out    priority 0, forwards
///     plan.standby   only brings in           priority 1…, forwards
///     care-of address outside the plan        forwards not: it is news for the console, and nemonetd listens there
///
/// With several care-of addresses (RFC 5648) each is an entry, and its priority that of its binding.
///
/// A table that starts anew adopts what an earlier program left behind and keeps it forwarding until the machine has a plan
/// of its own. So it goes with another home agent: the tunnel to the one before stays until this one has accepted.
struct RegistrationTable {
    /// The priority of an entry that does not forward.
    static let idlePriority: UInt32 = 255

    let homeAddress: IPv6Address
    let homePrefixLength: UInt8
    /// Unspecified before one is known.
    private(set) var homeAgent: IPv6Address
    /// The home address with the uplink that is on the home link, while no machine tells of it.
    var homeLink: CareOf?
    /// What the home agent said when it ended the binding.
    var revocation: RevocationTrigger?
    /// When a home agent that refused is asked again.
    var retryAt: Instant?
    /// Which flow takes which way.
    var flows: [FlowPolicy] = [] {
        didSet {
            guard !isAdopted else { return }
            for address in inherited.keys {
                inherited[address]?.entry.flows = []
                inherited[address]?.entry.stranded = []
            }
            lead(flows)
        }
    }
    /// The identifiers of the ways, by the index of the interface, whatever its address is: with one care-of address only
    /// these say which flows have no way.
    private var identifiers: [UInt32: UInt16] = [:]
    /// The care-of address of the active uplink.
    var careOf: CareOf?
    /// Who shares what no flow takes.
    var shares: [UplinkShare] = []
    /// Set while no home agent is known: when the next is tried, as far as that is a matter of time.
    private var search: (until: Instant?, isOn: Bool) = (nil, false)
    private(set) var plan = TunnelPlan.none
    private var registration: Registration?
    private var multiple: MultipleRegistration?
    private var inherited: [IPv6Address: Row] = [:]
    /// Whether it is an earlier program that went by these, and knew better than this one does yet which flows take which.
    private var isAdopted = false
    private var announced: [IPv6Address: Row] = [:]

    /// An entry without the time that runs, and when it ends.
    private struct Row: Equatable {
        var entry: RegistrationEntry
        var expiry: Instant?

        func entry(at now: Instant) -> RegistrationEntry {
            var entry = entry
            entry.remainingMilliseconds = expiry.map { UInt64(clamping: ($0 - now).milliseconds) } ?? 0
            return entry
        }
    }

    init(homeAddress: IPv6Address, homePrefixLength: UInt8, homeAgent: IPv6Address = .unspecified) {
        self.homeAddress = homeAddress
        self.homePrefixLength = homePrefixLength
        self.homeAgent = homeAgent
    }

    /// Takes over what nemonetd still forwards by from before this program started.
    ///
    /// - Returns: the greatest sequence number among them, which the next Binding Update has to follow, and the home
    ///   agent that it went to.
    mutating func adopt(
        _ entries: [RegistrationEntry], at now: Instant
    ) -> (sequenceNumber: SequenceNumber, homeAgent: IPv6Address)? {
        isAdopted = true
        let ours = entries.filter { $0.homeAddress == homeAddress && !$0.careOfAddress.isUnspecified }
        for var entry in ours where entry.forwards || entry.careOfAddress == homeAddress {
            // At home there is nothing that could end.
            let expiry = entry.forwards ? now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)) : nil
            entry.remainingMilliseconds = 0
            inherited[entry.careOfAddress] = Row(entry: entry, expiry: expiry)
        }
        return ours.reduce(nil) { newest, entry in
            guard newest.map({ entry.sequenceNumber.isNewer(than: $0.sequenceNumber) }) ?? true else { return newest }
            return (entry.sequenceNumber, entry.homeAgentAddress)
        }
    }

    /// Whether anything is left of what was adopted.
    var isInheriting: Bool { !inherited.isEmpty }

    /// The machine's plan; from now on what was adopted is obsolete.
    mutating func set(_ plan: TunnelPlan) {
        self.plan = plan
        inherited = [:]
    }

    mutating func set(_ registration: Registration) { self.registration = registration }

    /// All bindings; from the first that forwards on what was adopted is obsolete.
    mutating func set(_ registration: MultipleRegistration) {
        multiple = registration
        if registration.paths.contains(where: \.forwards) { inherited = [:] }
    }

    /// Another machine goes on: what was forwarded by is kept until that has a plan.
    mutating func startOver(isMultiple: Bool, at now: Instant) {
        inherited = announced.filter { $0.value.entry.forwards && ($0.value.expiry.map { $0 > now } ?? true) }
        if !isMultiple, let best = carrier {
            // A home agent that serves one care-of address has bound the best one, or none. Of those that shared, each with
            // the same priority, that is the active one.
            let active = careOf.flatMap { inherited[$0.address] }
            let kept = active?.entry.priority == best.priority ? careOf?.address : best.careOfAddress
            keepInherited { $0.careOfAddress == kept }
        }
        isAdopted = false
        for address in inherited.keys {
            inherited[address]?.entry.bindingIdentifier = nil
            // It carries all from now on.
            if !isMultiple { inherited[address]?.entry.buckets = BucketSet() }
        }
        plan = .none
        registration = nil
        multiple = nil
    }

    /// From now on this home agent; what forwards by another one goes on until the plan of the next machine.
    mutating func use(_ homeAgent: IPv6Address, at now: Instant) {
        self.homeAgent = homeAgent
        revocation = nil
        retryAt = nil
        search = (nil, false)
        guard registration != nil || multiple != nil else { return }
        startOver(isMultiple: true, at: now)
    }

    /// There is no home agent to register with.
    mutating func clear() {
        homeAgent = .unspecified
        plan = .none
        registration = nil
        multiple = nil
        inherited = [:]
        search = (nil, false)
    }

    /// There is no home agent; another attempt is made then, or when something happens.
    mutating func search(until: Instant?) { search = (until, true) }

    /// Drops what was adopted and cannot work any more.
    mutating func dropInherited(unless works: (CareOf) -> Bool) {
        keepInherited { works(CareOf(address: $0.careOfAddress, interfaceIndex: $0.interfaceIndex)) }
    }

    /// The best of what was adopted.
    private var carrier: RegistrationEntry? {
        inherited.values.map(\.entry).min { ($0.priority, $0.careOfAddress) < ($1.priority, $1.careOfAddress) }
    }

    /// Drops the others. A flow whose way goes takes the next that it names; where none is left and it is not to go with the
    /// rest, it has no way.
    private mutating func keepInherited(_ isKept: (RegistrationEntry) -> Bool) {
        let gone = inherited.values.map(\.entry).filter { !isKept($0) }
        for entry in gone { inherited[entry.careOfAddress] = nil }
        guard !gone.isEmpty, let carrier = carrier?.careOfAddress else { return }
        inherited[carrier]?.entry.stranded += gone.flatMap(\.stranded)
        let lost = gone.flatMap(\.flows)
        lead(flows.filter { lost.contains($0.rule) })
    }

    /// Has what was adopted carry these flows as they are to go now, and not as before.
    private mutating func lead(_ policies: [FlowPolicy]) {
        guard let carrier = carrier?.careOfAddress else { return }
        for address in inherited.keys {
            inherited[address]?.entry.flows.removeAll { rule in policies.contains { $0.rule == rule } }
            inherited[address]?.entry.stranded.removeAll { flow in policies.contains { $0.rule == flow.rule } }
        }
        for policy in policies {
            let ways = policy.via.compactMap { identifier in
                inherited.first { identifiers[$0.value.entry.interfaceIndex] == identifier }?.key
            }
            if let best = ways.first {
                inherited[best]?.entry.flows.append(policy.rule)
            } else if policy.fallback != .any {
                inherited[carrier]?.entry.stranded.append(StrandedFlow(rule: policy.rule, fallback: policy.fallback))
            }
        }
    }

    /// These are the ways now. One that was left keeps its identifier for as long as it carries.
    mutating func identify(_ paths: [RegistrationPath]) {
        let held = Set(
            ([plan.active].compactMap(\.self) + plan.standby).map(\.interfaceIndex)
                + inherited.values.map(\.entry.interfaceIndex))
        identifiers = identifiers.filter { held.contains($0.key) }
        for path in paths { identifiers[path.careOf.interfaceIndex] = path.identifier }
    }

    /// Everything, as nemonetd is to hear it after a new hello.
    ///
    /// - Parameter name: The name of the interface with an index.
    mutating func announceAll(at now: Instant, name: (UInt32) -> String) -> [MobilitySocketMessage] {
        announced = rows(at: now, name: name)
        return messages(for: Array(announced.values), at: now)
    }

    /// What changed since the last announcement: additions first, so that there is always a way.
    mutating func announceChanges(at now: Instant, name: (UInt32) -> String) -> [MobilitySocketMessage] {
        let current = rows(at: now, name: name)
        let changed = current.filter { announced[$0.key] != $0.value }
        let gone = announced.keys.filter { current[$0] == nil }.sorted()
        announced = current
        return messages(for: Array(changed.values), at: now)
            + gone.map { .registrationDelete(homeAddress: homeAddress, careOfAddress: $0) }
    }
}

extension RegistrationTable {
    private func messages(for rows: [Row], at now: Instant) -> [MobilitySocketMessage] {
        rows.sorted { ($0.entry.priority, $0.entry.careOfAddress) < ($1.entry.priority, $1.entry.careOfAddress) }
            .map { .registrationAdd($0.entry(at: now)) }
    }

    private func rows(at now: Instant, name: (UInt32) -> String) -> [IPv6Address: Row] {
        if let multiple { return rows(of: multiple, at: now, name: name) }
        guard let registration else {
            if let homeLink { return [homeLink.address: homeRow(homeLink, name: name)] }
            return search.isOn && inherited.isEmpty ? [.unspecified: searchRow] : inherited
        }
        var rows = inherited.filter { $0.value.expiry.map { $0 > now } ?? true }
        if let active = plan.active {
            rows[active.address] = row(
                active, registration, priority: 0, forwards: true, expiry: registration.expiresAt, name: name)
            rows[active.address]?.entry.stranded = flows.stranded(
                among: Set(identifiers[active.interfaceIndex].map { [$0] } ?? []))
        }
        for (place, careOf) in plan.standby.enumerated() where rows[careOf.address] == nil {
            let ends = [registration.expiresAt, plan.standbyUntil].compactMap { $0 }.min()
            rows[careOf.address] = row(
                careOf, registration, priority: UInt32(place + 1), forwards: true, expiry: ends, name: name)
        }
        let current = registration.careOf ?? CareOf(address: .unspecified, interfaceIndex: 0)
        if var adopted = rows[current.address], plan.active == nil {
            adopted.entry.state = Self.state(registration)
            adopted.entry.sequenceNumber = registration.sequenceNumber
            adopted.entry.status = registration.status?.rawValue ?? adopted.entry.status
            rows[current.address] = adopted
        } else if rows[current.address] == nil, registration.careOf != nil || rows.isEmpty {
            rows[current.address] = row(
                current, registration, priority: Self.idlePriority, forwards: false,
                expiry: registration.expiresAt ?? retryAt, name: name)
        }
        return rows
    }

    private func rows(
        of multiple: MultipleRegistration, at now: Instant, name: (UInt32) -> String
    ) -> [IPv6Address: Row] {
        var rows = inherited.filter { $0.value.expiry.map { $0 > now } ?? true }
        // The best last, so that it stays where two have one address.
        for path in multiple.paths.reversed() {
            if !path.forwards, rows[path.careOf.address] != nil { continue }
            rows[path.careOf.address] = Row(
                entry: RegistrationEntry(
                    homeAddress: homeAddress, homePrefixLength: homePrefixLength,
                    careOfAddress: path.careOf.address, homeAgentAddress: homeAgent,
                    bindingIdentifier: path.identifier, interfaceIndex: path.careOf.interfaceIndex,
                    interfaceName: name(path.careOf.interfaceIndex), priority: UInt32(path.priority),
                    forwards: path.forwards, state: Self.state(path.state), status: path.status?.rawValue ?? 0,
                    sequenceNumber: multiple.sequenceNumber,
                    lifetime: UInt32(clamping: path.lifetime.milliseconds / 1000), remainingMilliseconds: 0,
                    prefixes: multiple.prefixes, flows: path.flows),
                expiry: path.state == .refused && !path.forwards ? path.retryAt : path.expiresAt)
            if path.state == .refused, path.status?.isAccepted ?? true {
                rows[path.careOf.address]?.entry.revocation = revocation?.rawValue
            }
        }
        let present = multiple.paths.filter { $0.forwards && $0.state == .registered }
        let buckets = shares.buckets(among: Set(present.map(\.identifier)))
        for path in present {
            rows[path.careOf.address]?.entry.buckets = buckets[path.identifier] ?? BucketSet()
        }
        if let best = multiple.paths.first(where: \.forwards) {
            rows[best.careOf.address]?.entry.stranded = multiple.stranded
        }
        if rows.isEmpty {
            rows[.unspecified] = idleRow(multiple.sequenceNumber, multiple.prefixes)
        }
        return rows
    }

    private static func state(_ state: MultipleRegistration.State) -> RegistrationEntry.State {
        switch state {
        case .registering: .registering
        case .registered: .registered
        case .refused: .refused
        case .deregistering: .deregistering
        case .retiring: .retiring
        }
    }

    private func idleRow(_ sequenceNumber: SequenceNumber, _ prefixes: [IPv6Prefix]) -> Row {
        Row(
            entry: RegistrationEntry(
                homeAddress: homeAddress, homePrefixLength: homePrefixLength, careOfAddress: .unspecified,
                homeAgentAddress: homeAgent, interfaceIndex: 0, interfaceName: "", priority: Self.idlePriority,
                forwards: false, state: .idle, sequenceNumber: sequenceNumber, lifetime: 0, remainingMilliseconds: 0,
                prefixes: prefixes), expiry: nil)
    }

    private var searchRow: Row {
        var row = idleRow(SequenceNumber(rawValue: 0), [])
        row.expiry = search.until
        return row
    }

    /// At home, and without a home agent to tell.
    private func homeRow(_ careOf: CareOf, name: (UInt32) -> String) -> Row {
        Row(
            entry: RegistrationEntry(
                homeAddress: homeAddress, homePrefixLength: homePrefixLength, careOfAddress: careOf.address,
                homeAgentAddress: homeAgent, interfaceIndex: careOf.interfaceIndex,
                interfaceName: name(careOf.interfaceIndex), priority: Self.idlePriority, forwards: false, state: .home,
                sequenceNumber: SequenceNumber(rawValue: 0), lifetime: 0, remainingMilliseconds: 0, prefixes: []),
            expiry: nil)
    }

    private func row(
        _ careOf: CareOf, _ registration: Registration, priority: UInt32, forwards: Bool, expiry: Instant?,
        name: (UInt32) -> String
    ) -> Row {
        let isCurrent = careOf == registration.careOf || registration.careOf == nil
        var row = Row(
            entry: RegistrationEntry(
                homeAddress: homeAddress, homePrefixLength: homePrefixLength, careOfAddress: careOf.address,
                homeAgentAddress: homeAgent, interfaceIndex: careOf.interfaceIndex,
                interfaceName: name(careOf.interfaceIndex), priority: priority, forwards: forwards,
                state: isCurrent ? Self.state(registration) : priority == 0 ? .registered : .retiring,
                status: registration.status?.rawValue ?? 0, sequenceNumber: registration.sequenceNumber,
                lifetime: UInt32(clamping: registration.lifetime.milliseconds / 1000), remainingMilliseconds: 0,
                prefixes: registration.prefixes),
            expiry: expiry)
        if registration.state == .refused, registration.status?.isAccepted ?? true {
            row.entry.revocation = revocation?.rawValue
        }
        return row
    }

    private static func state(_ registration: Registration) -> RegistrationEntry.State {
        switch registration.state {
        case .idle: .idle
        case .registering: .registering
        case .registered: .registered
        case .refused: .refused
        case .deregistering: .deregistering
        case .home: .home
        }
    }
}
