import MobilityCore
import MobilityWire

// What time, use, the configuration and people do to bindings.

extension CorrespondentMachine {
    mutating func takeChanges(at now: Instant) {
        nonces.expire(at: now)
        while let change = cache.takeChange(at: now) {
            switch change {
            case .expired(let binding):
                count(.bindingExpired)
                log(.debug, "the binding of \(binding.homeAddress) expired")
                actions.append(.remove(binding, .expired))
            case .endsSoon(let key):
                requestRefresh(key, at: now)
            }
        }
    }

    /// A packet went by a binding; if it ends soon and nobody asked yet, now is the time (RFC 6275 §9.5.5).
    mutating func noteUse(of key: CorrespondentBindingCache.Key, at now: Instant) {
        guard var entry = cache.entry(key), let binding = entry.binding else { return }
        entry.lastUsedAt = now
        cache.set(entry, for: key)
        let lead = min(Tunables.refreshRequestLead, binding.lifetime / 8)
        guard entry.refreshRequests == 0, now >= binding.expiresAt - lead else { return }
        requestRefresh(key, at: now)
    }

    /// Asks for a refresh of a binding in use, a few times at most: whatever comes of it, the binding ends when its
    /// lifetime does, and packets take the way over the home agent again.
    private mutating func requestRefresh(_ key: CorrespondentBindingCache.Key, at now: Instant) {
        guard var entry = cache.entry(key), entry.binding != nil, let used = entry.lastUsedAt,
            used + Tunables.useMemory > now, entry.refreshRequests < Tunables.refreshRequests
        else { return }
        entry.refreshRequests += 1
        entry.refreshRequestAt =
            entry.refreshRequests < Tunables.refreshRequests ? now + Tunables.refreshRequestInterval : nil
        cache.set(entry, for: key)
        count(.bindingRefreshRequestSent)
        actions.append(
            .send(
                MobilityEnvelope(
                    source: key.correspondent, destination: key.homeAddress,
                    message: MobilityMessage.bindingRefreshRequest(options: []).emit())))
    }

    mutating func change(to new: CorrespondentConfiguration) {
        guard new != configuration else { return }
        configuration = new
        nonces.interval = new.effectiveNonceInterval
        for binding in sortedBindings where !allows(binding) { remove(binding, .unconfigured) }
    }

    /// What was authorized before stays so until it ends. Its nonces are gone with the program that made them, so that no
    /// Binding Update of then can be repeated, and a refresh is told so with status 138 and tests anew.
    mutating func restore(_ bindings: [Binding], at now: Instant) {
        let longest = SpecificationConstants.maximumReturnRoutabilityBindingLifetime
        for var binding in bindings {
            let key = CorrespondentBindingCache.Key(
                correspondent: binding.homeAgent, homeAddress: binding.homeAddress)
            binding.expiresAt = min(binding.expiresAt, now + longest)
            guard binding.expiresAt > now, cache.entry(key) == nil else { continue }
            guard allows(binding), hasRoom(for: binding.homeAddress) else {
                count(.bindingUnconfigured)
                actions.append(.remove(binding, .unconfigured))
                continue
            }
            let lead = min(Tunables.refreshRequestLead, binding.lifetime / 8)
            cache.set(
                .init(
                    binding: binding, sequenceNumber: binding.sequenceNumber, noncesExpireAt: now,
                    refreshRequestAt: binding.expiresAt - lead),
                for: key)
            count(.bindingRestored)
        }
    }

    /// Whether a binding or a memory may be added: within what is held at most, and within the shares that the home
    /// address's prefixes have in it.
    func hasRoom(for homeAddress: IPv6Address) -> Bool {
        cache.storedCount < configuration.greatestNumberOfBindings
            && zip(
                cache.storedCounts(inPrefixesOf: homeAddress), configuration.greatestNumbersOfBindingsPerPrefix
            ).allSatisfy { $0 < $1 }
    }

    private func allows(_ binding: Binding) -> Bool {
        configuration.isOwn(binding.homeAgent) && !configuration.prohibits(binding.homeAddress)
            && !configuration.prohibits(binding.careOfAddress)
            && !configuration.addresses.contains(binding.careOfAddress)
    }

    mutating func revoke(_ homeAddress: IPv6Address) {
        for binding in sortedBindings where binding.homeAddress == homeAddress { remove(binding, .revoked) }
    }

    /// In an order that does not change from run to run, so that simulations repeat.
    private var sortedBindings: [Binding] {
        cache.bindings.sorted { ($0.homeAddress, $0.homeAgent) < ($1.homeAddress, $1.homeAgent) }
    }

    private mutating func remove(_ binding: Binding, _ reason: RemovalReason) {
        cache.end(.init(correspondent: binding.homeAgent, homeAddress: binding.homeAddress))
        count(reason == .unconfigured ? .bindingUnconfigured : .bindingRevoked)
        log(.info, "the binding of \(binding.homeAddress) was taken away: \(reason.rawValue)")
        actions.append(.remove(binding, reason))
    }
}
