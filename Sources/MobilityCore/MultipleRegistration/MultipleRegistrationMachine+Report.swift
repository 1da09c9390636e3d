import MobilityWire

extension MultipleRegistrationMachine {
    /// The bindings as they are, with what may be forwarded by.
    func registration(at now: Instant) -> MultipleRegistration {
        var rows = paths.map { state -> MultipleRegistration.Path in
            let binding = held[state.path.identifier].flatMap { $0.careOf == state.path.careOf ? $0 : nil }
            let isResting = state.restUntil != nil
            let condition = self.state(isHeld: binding != nil, isResting: isResting)
            // While all are refused none is tried.
            let retries = [state.restUntil, stage == .refused ? retryAt : nil].compactMap(\.self)
            return MultipleRegistration.Path(
                identifier: state.path.identifier, careOf: state.path.careOf, priority: member(state).priority,
                state: condition, status: state.status,
                lifetime: binding?.lifetime ?? .zero, expiresAt: binding?.expiresAt,
                retryAt: condition == .refused ? retries.max() : nil,
                forwards: binding != nil && !isResting && !state.path.isHomeLink, flows: [])
        }
        // The home agent has something of ours, and by the time a packet comes it has the Binding Update that came before:
        // as in an unplanned hand-over of a single care-of address.
        if !rows.contains(where: \.forwards), let grantedUntil, grantedUntil > now,
            let first = paths.firstIndex(where: { $0.restUntil == nil && !$0.path.isHomeLink })
        {
            rows[first].forwards = true
            rows[first].expiresAt = grantedUntil
        }
        // The home agent may send by a way whose answers were lost, or have not come yet: that brings packets in, behind all
        // others.
        let listening = rows.contains(where: \.forwards) ? rows.indices.filter { mayBeSentTo(rows[$0]) } : []
        let stranded = configuration.flows.stranded(among: Set(rows.filter(\.forwards).map(\.identifier)))
        for policy in configuration.flows.prefix(Tunables.flowsPerRegistration) {
            let best = policy.via.lazy.compactMap { identifier in
                rows.firstIndex { $0.identifier == identifier && $0.forwards }
            }.first
            if let best { rows[best].flows.append(policy.rule) }
        }
        for index in listening {
            rows[index].forwards = true
            rows[index].expiresAt = rows[index].expiresAt ?? grantedUntil
            rows[index].priority = Self.lastPriority
        }
        if rows.contains(where: \.forwards) {
            rows += retiring.map { retired in
                MultipleRegistration.Path(
                    identifier: retired.identifier, careOf: retired.careOf, priority: Self.lastPriority,
                    state: .retiring,
                    status: nil, lifetime: .zero, expiresAt: retired.until, forwards: true, flows: [])
            }
        }
        return MultipleRegistration(
            homeAddress: configuration.homeAddress, homeAgent: configuration.homeAgent,
            sequenceNumber: sequenceNumber, prefixes: configuration.prefixes, paths: rows, stranded: stranded)
    }

    private func mayBeSentTo(_ row: MultipleRegistration.Path) -> Bool {
        !row.forwards && row.careOf.address != configuration.homeAddress && row.status?.isAccepted ?? true
            && (row.expiresAt != nil || attempted.contains(row.identifier) && grantedUntil != nil)
    }

    /// Behind every binding's: only brings packets in.
    private static let lastPriority: UInt8 = 128

    private func state(isHeld: Bool, isResting: Bool) -> MultipleRegistration.State {
        switch stage {
        case .deregistering, .finished: .deregistering
        case .refused: isHeld ? .registered : .refused
        case .idle, .running: isResting ? .refused : isHeld ? .registered : .registering
        }
    }
}
