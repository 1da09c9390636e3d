import MobilityCore
import MobilityWire

// Whether an authentic, new Binding Update is allowed what it asks for, and carrying it out (RFC 6275 §10.3, RFC 3963 §6).

extension HomeAgentMachine {
    /// Why the request is refused; nil if it is not.
    func refusal(of request: Request, by node: HomeNode, at now: Instant) -> BindingStatus? {
        let flags = request.update.flags
        let isMobileRouter = flags.contains(.mobileRouter)
        let existing = cache[request.homeAddress]
        if !flags.contains(.homeRegistration) {
            return isMobileRouter ? .mobileRouterOperationNotPermitted : .registrationTypeChangeDisallowed
        }
        if request.isMultiple, let refusal = refusalOfIdentifiers(in: request) { return refusal }
        if request.isDeregistration {
            // Those of a single binding are looked up one by one.
            if request.isMultiple { return nil }
            let isKnown = existing != nil || cache.isRemembered(request.homeAddress)
            return isKnown ? nil : .notHomeAgentForThisMobileNode
        }
        if node.isProhibited || configuration.isLeaving { return .administrativelyProhibited }
        if let prefix = homePrefix(of: node.homeAddress), !prefix.isValid(at: now) { return .notHomeSubnet }
        if let existing, (existing.mode != .host) != isMobileRouter { return .registrationTypeChangeDisallowed }
        if !request.isMultiple, !canBeCareOf(request.careOfAddress, of: node) { return .invalidCareOfAddress }
        if isMobileRouter {
            guard node.mayBeMobileRouter else { return .mobileRouterOperationNotPermitted }
            let options = request.update.options
            let prefixes = options.mobileNetworkPrefixes
            // One that cannot be read must not make the rest of them, or implicit mode, of what was asked for.
            guard !options.contains(where: \.isMalformedMobileNetworkPrefix),
                prefixes.count <= Tunables.prefixesPerBinding,
                prefixes.allSatisfy({ $0.length > 0 && $0.address.isRoutableUnicast })
            else { return .invalidPrefix }
            guard prefixes.allSatisfy({ prefix in node.prefixes.contains { $0.contains(prefix) } }) else {
                return .notAuthorizedForPrefix
            }
            guard !prefixes.isEmpty || !node.prefixes.isEmpty else { return .forwardingSetupFailed }
        }
        if existing == nil, !request.isMultiple, cache.count >= configuration.greatestNumberOfBindings {
            return .insufficientResources
        }
        return nil
    }

    /// A tunnel to this address must not lead back to the home agent: not to itself, nor to somebody's home address, nor
    /// into the network behind the node.
    func canBeCareOf(_ address: IPv6Address, of node: HomeNode) -> Bool {
        address.isRoutableUnicast && !configuration.addresses.contains(address)
            && configuration.nodes[address] == nil && !node.prefixes.contains { $0.contains(address) }
    }

    // MARK: Carrying it out

    mutating func register(_ request: Request, of node: HomeNode, at now: Instant) {
        let existing = cache[request.homeAddress]
        // A Binding Update without identifiers replaces all bindings that have one (RFC 5648 §6.2).
        let replaced = cache.isMultiple(request.homeAddress) ? cache.bindings(of: request.homeAddress) : []
        let lifetime = grant(request.update.lifetime, to: node, at: now)
        var binding = binding(for: request, careOfAddress: request.careOfAddress, lifetime: lifetime, of: node, at: now)
        if let existing {
            binding.formerCareOfAddresses = formers(
                of: replaced.isEmpty ? [existing] : replaced, without: [binding.careOfAddress], at: now)
            noteRefresh(of: existing, by: binding)
        } else {
            count(.bindingCreated)
            log(.info, "\(node.title) registered for \(lifetime.seconds) s")
            logPlace(of: binding)
        }
        for old in replaced { cache.remove(old.homeAddress, old.identifier ?? 0) }
        cache.set(binding)
        actions.append(.install(binding))
        for old in replaced { replace(old) }
        var request = request
        request.answerOptions += updateFlows(of: request)
        answer(request, acceptance(of: binding, at: now), lifetime: lifetime, at: now)
    }

    /// Counts that a binding goes on, and logs where to if that is another place.
    mutating func noteRefresh(of old: Binding, by new: Binding) {
        guard old.careOfAddress != new.careOfAddress else { return count(.bindingRefreshed) }
        count(.bindingMoved)
        log(.info, "\(title(new)) moved\(new.identifier.map { " with binding \($0)" } ?? "")")
        logPlace(of: new)
    }

    /// Where somebody is, is for those alone who look for a fault.
    mutating func logPlace(of binding: Binding) { log(.debug, "\(title(binding)) is at \(binding.careOfAddress)") }

    /// The binding that the request asks for, for one of its care-of addresses.
    func binding(
        for request: Request, careOfAddress: IPv6Address, lifetime: BindingLifetime, of node: HomeNode, at now: Instant
    ) -> Binding {
        let prefixes = request.update.options.mobileNetworkPrefixes
        let mode: Binding.Mode =
            !request.update.flags.contains(.mobileRouter) ? .host : prefixes.isEmpty ? .implicit : .explicit
        var binding = Binding(
            homeAddress: request.homeAddress, careOfAddress: careOfAddress,
            homeAgent: request.envelope.destination, sequenceNumber: request.update.sequenceNumber,
            lifetime: lifetime.span, expiresAt: now + lifetime.span, mode: mode, name: node.name)
        binding.linkLocalCompatibility = request.update.flags.contains(.linkLocalCompatibility)
        switch mode {
        case .host: break
        case .implicit: binding.prefixes = node.prefixes
        case .explicit:
            // The usual case, in which all of a million bindings share what the configuration holds.
            if prefixes == node.prefixes { binding.prefixes = node.prefixes }
            for prefix in prefixes where !binding.prefixes.contains(prefix) { binding.prefixes.append(prefix) }
        }
        return binding
    }

    /// Tells that another registration has taken the place of a binding.
    mutating func replace(_ binding: Binding) {
        count(.bindingReplaced)
        actions.append(.remove(binding, .replaced))
    }

    /// What is granted: not more than was asked for, nor than the limits; never zero, which would end the binding.
    func grant(_ requested: BindingLifetime, to node: HomeNode, at now: Instant) -> BindingLifetime {
        var limit = min(configuration.greatestLifetime, node.greatestLifetime ?? configuration.greatestLifetime)
        // RFC 6275 §10.3.1: not beyond the prefix of the home address.
        if let end = homePrefix(of: node.homeAddress)?.validUntil { limit = min(limit, end - now) }
        let units = min(requested.rawValue, BindingLifetime(seconds: limit.milliseconds / 1000).rawValue)
        return BindingLifetime(rawValue: max(units, 1))
    }

    /// The care-of addresses that bindings leave behind, without those that are in use still.
    func formers(of existing: [Binding], without current: [IPv6Address], at now: Instant) -> [Binding.Former] {
        let until = now + Tunables.replacedCareOfAddressGrace
        let left = existing.map { Binding.Former(address: $0.careOfAddress, until: until) }
        let before = existing.flatMap(\.formerCareOfAddresses).filter { $0.until > now }
        var formers: [Binding.Former] = []
        for former in left + before
        where !current.contains(former.address) && !formers.contains(where: { $0.address == former.address }) {
            formers.append(former)
        }
        return Array(formers.prefix(Tunables.standbyAddresses))
    }

    /// There was nothing to end: a registration that this has overtaken on its way from the link that the node has left must
    /// not make a binding that nobody knows of.
    mutating func noteDeregistrationOfNothing(_ request: Request, at now: Instant) {
        let until = now + SpecificationConstants.deletedBindingMemory
        if cache.isRemembered(request.homeAddress) {
            cache.deregister(
                request.homeAddress, sequenceNumber: request.update.sequenceNumber, forgetAt: until)
        } else {
            cache.remember(request.homeAddress, sequenceNumber: request.update.sequenceNumber, until: until)
        }
    }

    mutating func deregister(_ request: Request, at now: Instant) {
        let bindings = cache.bindings(of: request.homeAddress)
        if let first = bindings.first { log(.info, "\(title(first)) de-registered") }
        for binding in bindings {
            count(.bindingDeregistered)
            actions.append(.remove(binding, .deregistered))
        }
        cache.deregister(
            request.homeAddress, sequenceNumber: request.update.sequenceNumber,
            forgetAt: now + SpecificationConstants.deletedBindingMemory)
        answer(request, .accepted, at: now)
    }
}
