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
        if request.isDeregistration {
            let isKnown = existing != nil || cache.isRemembered(request.homeAddress)
            return isKnown ? nil : .notHomeAgentForThisMobileNode
        }
        if node.isProhibited || configuration.isLeaving { return .administrativelyProhibited }
        if let prefix = homePrefix(of: node.homeAddress), !prefix.isValid(at: now) { return .notHomeSubnet }
        if let existing, (existing.mode != .host) != isMobileRouter { return .registrationTypeChangeDisallowed }
        if !canBeCareOf(request.careOfAddress, of: node) { return .invalidCareOfAddress }
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
        if existing == nil, cache.count >= configuration.greatestNumberOfBindings { return .insufficientResources }
        return nil
    }

    /// A tunnel to this address must not lead back to the home agent: not to itself, nor to somebody's home address, nor
    /// into the network behind the node.
    private func canBeCareOf(_ address: IPv6Address, of node: HomeNode) -> Bool {
        address.isRoutableUnicast && !configuration.addresses.contains(address)
            && configuration.nodes[address] == nil && !node.prefixes.contains { $0.contains(address) }
    }

    // MARK: Carrying it out

    mutating func register(_ request: Request, of node: HomeNode, at now: Instant) {
        let existing = cache[request.homeAddress]
        let prefixes = request.update.options.mobileNetworkPrefixes
        let mode: Binding.Mode =
            !request.update.flags.contains(.mobileRouter) ? .host : prefixes.isEmpty ? .implicit : .explicit
        let lifetime = grant(request.update.lifetime, to: node, at: now)
        var binding = Binding(
            homeAddress: request.homeAddress, careOfAddress: request.careOfAddress,
            homeAgent: request.envelope.destination, sequenceNumber: request.update.sequenceNumber,
            lifetime: lifetime.span, expiresAt: now + lifetime.span, mode: mode, name: node.name)
        binding.linkLocalCompatibility = request.update.flags.contains(.linkLocalCompatibility)
        switch mode {
        case .host: break
        case .implicit: binding.prefixes = node.prefixes
        case .explicit:
            for prefix in prefixes where !binding.prefixes.contains(prefix) { binding.prefixes.append(prefix) }
        }
        if let existing {
            binding.formerCareOfAddresses = formers(of: existing, without: binding.careOfAddress, at: now)
            count(existing.careOfAddress == binding.careOfAddress ? .bindingRefreshed : .bindingMoved)
        } else {
            count(.bindingCreated)
            log(.info, "\(node.title) registered for \(lifetime.seconds) s")
        }
        cache.set(binding)
        actions.append(.install(binding))
        answer(request, acceptance(of: binding, at: now), lifetime: lifetime, at: now)
    }

    /// What is granted: not more than was asked for, nor than the limits; never zero, which would end the binding.
    private func grant(_ requested: BindingLifetime, to node: HomeNode, at now: Instant) -> BindingLifetime {
        var limit = min(configuration.greatestLifetime, node.greatestLifetime ?? configuration.greatestLifetime)
        // RFC 6275 §10.3.1: not beyond the prefix of the home address.
        if let end = homePrefix(of: node.homeAddress)?.validUntil { limit = min(limit, end - now) }
        let units = min(requested.rawValue, BindingLifetime(seconds: limit.milliseconds / 1000).rawValue)
        return BindingLifetime(rawValue: max(units, 1))
    }

    private func formers(of existing: Binding, without careOfAddress: IPv6Address, at now: Instant) -> [Binding.Former]
    {
        var formers = existing.formerCareOfAddresses.filter { $0.until > now }
        if existing.careOfAddress != careOfAddress {
            formers.removeAll { $0.address == existing.careOfAddress }
            let until = now + Tunables.replacedCareOfAddressGrace
            formers.insert(Binding.Former(address: existing.careOfAddress, until: until), at: 0)
        }
        formers.removeAll { $0.address == careOfAddress }
        return Array(formers.prefix(Tunables.standbyAddresses))
    }

    mutating func deregister(_ request: Request, at now: Instant) {
        if let binding = cache[request.homeAddress] {
            count(.bindingDeregistered)
            log(.info, "\(title(binding)) de-registered")
            actions.append(.remove(binding, .deregistered))
        }
        cache.deregister(
            request.homeAddress, sequenceNumber: request.update.sequenceNumber,
            forgetAt: now + SpecificationConstants.deletedBindingMemory)
        answer(request, .accepted, at: now)
    }
}
