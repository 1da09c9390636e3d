import MobilityCore
import MobilityWire

// What time, the configuration and people do to bindings.

extension HomeAgentMachine {
    mutating func takeChanges(at now: Instant) {
        while let change = cache.takeChange(at: now) {
            switch change {
            case .expired(let binding):
                count(.bindingExpired)
                log(.notice, "the binding of \(title(binding)) expired")
                actions.append(.remove(binding, .expired))
            case .formerEnded(let binding):
                actions.append(.install(binding))
            }
        }
    }

    mutating func change(to new: HomeAgentConfiguration) {
        guard new != configuration else { return }
        configuration = new
        makeRoom()
        let disallowed = Set(cache.bindings.filter { !allows($0) }.map(\.homeAddress))
        for homeAddress in disallowed.sorted() { remove(homeAddress, new.dismissal(of: homeAddress) ?? .unconfigured) }
        for homeAddress in acceptedTimestamps.keys where new.nodes[homeAddress] == nil {
            acceptedTimestamps[homeAddress] = nil
        }
        aheadTimestamps = aheadTimestamps.filter { new.nodes[$0.key] != nil }
        reviewDetections()
        logTrust()
    }

    mutating func restore(_ bindings: [Binding], at now: Instant) {
        dropOvertaken(by: bindings, at: now)
        for binding in bindings { restore(binding, at: now) }
    }

    /// All bindings of a node go by one sequence number (RFC 5648 §4.1): where one of these is later than all that a state
    /// file had of its node, what else the file had was replaced or ended by that Binding Update, or before it.
    private mutating func dropOvertaken(by bindings: [Binding], at now: Instant) {
        var kept: [IPv6Address: Set<UInt16>] = [:]
        for binding in bindings where binding.expiresAt > now && allows(binding) {
            guard cache[binding.homeAddress] != nil, let last = cache.lastSequenceNumber(of: binding.homeAddress),
                binding.sequenceNumber.isNewer(than: last)
            else { continue }
            kept[binding.homeAddress] = []
        }
        guard !kept.isEmpty else { return }
        for binding in bindings { kept[binding.homeAddress]?.insert(binding.identifier ?? 0) }
        for homeAddress in kept.keys.sorted() {
            let identifiers = kept[homeAddress] ?? []
            for old in cache.bindings(of: homeAddress) {
                cache.remove(homeAddress, old.identifier ?? 0)
                if !identifiers.contains(old.identifier ?? 0) { replace(old) }
            }
        }
    }

    mutating func restore(_ binding: Binding, at now: Instant) {
        guard binding.expiresAt > now, allows(binding) else { return }
        // Two memories of one binding, as of nemonetd and of a file: the later one counts.
        if let old = cache[binding.homeAddress, binding.identifier ?? 0],
            binding.sequenceNumber.isNewer(than: old.sequenceNumber)
        {
            cache.remove(old.homeAddress, old.identifier ?? 0)
        }
        // The node has said goodbye since; whoever remembers the binding has not heard of that.
        if cache.isRemembered(binding.homeAddress), let last = cache.lastSequenceNumber(of: binding.homeAddress),
            !binding.sequenceNumber.isNewer(than: last)
        {
            return
        }
        guard hasRoom(forRestored: binding),
            cache.count < configuration.greatestNumberOfBindings
        else { return }
        count(.bindingRestored)
        let known = cache.lastSequenceNumber(of: binding.homeAddress)
        cache.set(binding)
        if configuration.homeNetwork != .virtual { detection.verified.insert(binding.homeAddress) }
        if known.map(binding.sequenceNumber.isNewer(than:)) ?? true {
            cache.set(sequenceNumber: binding.sequenceNumber, of: binding.homeAddress)
        }
        restoreFlows(of: binding)
        actions.append(.install(binding))
    }

    /// Whether nothing of the node is there that a restored binding cannot stand beside.
    private func hasRoom(forRestored binding: Binding) -> Bool {
        guard let identifier = binding.identifier else { return cache[binding.homeAddress] == nil }
        return identifier != 0 && cache[binding.homeAddress, 0] == nil && cache[binding.homeAddress, identifier] == nil
            && cache.bindings(of: binding.homeAddress).count < configuration.multiple.greatestNumberOfBindingsPerNode
    }

    mutating func remove(_ homeAddress: IPv6Address, _ reason: RemovalReason) {
        for binding in cache.bindings(of: homeAddress) {
            cache.remove(homeAddress, binding.identifier ?? 0)
            switch reason {
            case .unconfigured, .unlisted, .prohibited: count(.bindingUnconfigured)
            case .duplicate: count(.bindingDuplicate)
            case .prefixInvalid: count(.bindingPrefixInvalid)
            case .expired, .deregistered, .revoked, .replaced, .forgotten: count(.bindingRevoked)
            }
            log(.notice, "the binding of \(title(binding)) was taken away: \(reason.words)")
            actions.append(.remove(binding, reason))
        }
    }

    /// Whether the configuration would still grant this binding.
    private func allows(_ binding: Binding) -> Bool {
        guard let node = configuration.nodes[binding.homeAddress], !node.isProhibited,
            node.authentication != .none, configuration.addresses.contains(binding.homeAgent),
            configuration.prefixes.contains(where: { $0.contains(binding.homeAddress) }),
            binding.mode == .host || node.mayBeMobileRouter,
            binding.identifier == nil || configuration.multiple.isAllowed,
            !binding.isHomeLink || configuration.multiple.homeLink != .prohibited
        else { return false }
        return binding.prefixes.allSatisfy { prefix in node.prefixes.contains { $0.contains(prefix) } }
    }

    /// Says at every start which nodes are believed without a key, and which have none.
    mutating func logTrust() {
        let insecure = configuration.nodes.values.filter { $0.authentication == .insecure }
        let without = configuration.nodes.values.filter { $0.authentication == .none }
        if !insecure.isEmpty {
            log(.warning, "insecure: anybody can register \(titles(insecure)), for no key is asked")
        }
        if !without.isEmpty { log(.warning, "without a key, so refused: \(titles(without))") }
    }

    /// The first few names, and how many more there are.
    private func titles(_ nodes: [HomeNode]) -> String {
        let shown = nodes.map(\.title).sorted().prefix(Tunables.namesInOneLine)
        let rest = nodes.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    func title(_ binding: Binding) -> String {
        binding.name.isEmpty ? binding.homeAddress.description : binding.name
    }
}
