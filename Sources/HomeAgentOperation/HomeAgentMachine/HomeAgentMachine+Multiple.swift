import MobilityCore
import MobilityWire

// Several care-of addresses of one node (RFC 5648 §6).
//
// Authentication needs nothing of its own: a Binding Update with identifiers has no Alternate Care-of Address option, so
// the care-of address of RFC 4285 §5.1 is the source of the IPv6 header, and the addresses that are to be bound stand in
// the options, which the authenticator covers. What it cannot show is that the node is at an address from which this
// Binding Update did not come (RFC 5648 §10): see `MultipleCareOfAddressesPolicy.allowsBulkRegistration`.

extension HomeAgentMachine.Request {
    /// Reads the Binding Identifier options and prepares their copies for the answer.
    mutating func readIdentifiers() {
        for option in update.options {
            if case .bindingIdentifier(let identifier) = option {
                identifiers.append(identifier)
            } else if option.isMalformedBindingIdentifier {
                hasMalformedIdentifier = true
            }
        }
        answerOptions = copies(statuses: identifiers.map { _ in nil })
        // A node that finds no identifier in the answer takes us for one that knows none.
        if identifiers.isEmpty, hasMalformedIdentifier {
            answerOptions = [.bindingIdentifier(BindingIdentifierOption(identifier: 0))]
        }
    }

    /// The options with a status each, where they have one of their own, and without care-of addresses.
    func copies(statuses: [BindingStatus?]) -> [MobilityOption] {
        zip(identifiers, statuses).map { option, status in
            .bindingIdentifier(
                BindingIdentifierOption(
                    identifier: option.identifier, status: status?.rawValue ?? 0,
                    simultaneousHomeAndForeignBinding: option.simultaneousHomeAndForeignBinding,
                    priority: option.priority))
        }
    }

    /// Whether the node asks to be reached at its home link besides (RFC 5648 §5.6.3).
    var namesHomeLink: Bool { identifiers.contains(where: \.simultaneousHomeAndForeignBinding) }
}

extension HomeAgentMachine {
    /// Why a request with identifiers is refused as a whole.
    func refusalOfIdentifiers(in request: Request) -> BindingStatus? {
        if request.hasMalformedIdentifier || request.identifiers.contains(where: { $0.identifier == 0 }) {
            return .multipleCareOfAddressMalformed
        }
        guard configuration.multiple.isAllowed else { return .multipleCareOfAddressProhibited }
        guard request.update.lifetime != .zero else { return nil }
        if request.identifiers.count > 1, !configuration.multiple.allowsBulkRegistration {
            return .multipleCareOfAddressBulkRegistrationProhibited
        }
        if !request.update.flags.contains(.overwrite), cache[request.homeAddress, 0] != nil {
            return .multipleCareOfAddressNonMCoABindingExists
        }
        return nil
    }

    // MARK: Registration

    /// RFC 5648 §6.2: each option on its own; what is wrong with one does not touch the others.
    mutating func registerIdentifiers(_ request: Request, of node: HomeNode, at now: Instant) {
        let homeAddress = request.homeAddress
        let before = cache.bindings(of: homeAddress)
        let overwrites = request.update.flags.contains(.overwrite)
        let lifetime = grant(request.update.lifetime, to: node, at: now)

        var accepted: [Binding] = []
        var statuses: [BindingStatus] = []
        for option in request.identifiers {
            let kept = overwrites ? [] : before.compactMap(\.identifier)
            let held = Set(kept + accepted.compactMap(\.identifier))
            let verdict = careOfAddress(of: option, in: request, of: node, accepted: accepted, held: held)
            switch verdict {
            case .failure(let refusal): statuses.append(refusal.status)
            case .success(let careOf):
                var binding = binding(for: request, careOfAddress: careOf, lifetime: lifetime, of: node, at: now)
                binding.identifier = option.identifier
                binding.priority = option.priority
                accepted.append(binding)
                statuses.append(
                    binding.isHomeLink && configuration.multiple.homeLink == .allowedWithoutNeighborDiscovery
                        ? .multipleCareOfAddressReturnHomeWithoutNDP : acceptance(of: binding, at: now))
            }
        }
        for status in statuses where !status.isAccepted {
            count(.careOfAddressRefused)
            log(.notice, "a care-of address of \(node.title) was refused: \(status.name)")
        }
        guard !accepted.isEmpty else { return refuseAll(request, statuses, at: now) }
        install(accepted, before: before, overwrites: overwrites, for: request, of: node, at: now)
        answer(request, statuses, lifetime: lifetime, at: now)
    }

    private struct Refusal: Error {
        var status: BindingStatus
    }

    /// The care-of address that an option stands for.
    ///
    /// - Parameter held: the identifiers of the node so far.
    private func careOfAddress(
        of option: BindingIdentifierOption, in request: Request, of node: HomeNode, accepted: [Binding],
        held: Set<UInt16>
    ) -> Result<IPv6Address, Refusal> {
        guard !accepted.contains(where: { $0.identifier == option.identifier }) else {
            return .failure(Refusal(status: .multipleCareOfAddressMalformed))
        }
        if option.simultaneousHomeAndForeignBinding {
            guard configuration.multiple.homeLink != .prohibited else {
                return .failure(Refusal(status: .multipleCareOfAddressSimultaneousHomeAndForeignProhibited))
            }
            guard option.careOfAddress ?? request.homeAddress == request.homeAddress else {
                return .failure(Refusal(status: .multipleCareOfAddressMalformed))
            }
        }
        let known = cache[request.homeAddress, option.identifier]?.careOfAddress
        guard let careOf = option.careOfAddress ?? known else {
            return .failure(Refusal(status: .multipleCareOfAddressUnknownCareOfAddress))
        }
        guard careOf.isRoutableUnicast else { return .failure(Refusal(status: .multipleCareOfAddressMalformed)) }
        // IPv4 care-of addresses need RFC 5555, which is not spoken here.
        let isPlace = !careOf.isIPv4Mapped && canBeCareOf(careOf, of: node)
        guard isPlace || (option.simultaneousHomeAndForeignBinding && careOf == request.homeAddress),
            !accepted.contains(where: { $0.careOfAddress == careOf })
        else { return .failure(Refusal(status: .invalidCareOfAddress)) }
        if !held.contains(option.identifier) {
            // In place of what the node has, where the new ones take its place.
            let others = cache.count - cache.bindings(of: request.homeAddress).count
            guard held.count < configuration.multiple.greatestNumberOfBindingsPerNode,
                others + held.count < configuration.greatestNumberOfBindings
            else { return .failure(Refusal(status: .insufficientResources)) }
        }
        return .success(careOf)
    }

    private mutating func install(
        _ accepted: [Binding], before: [Binding], overwrites: Bool, for request: Request, of node: HomeNode,
        at now: Instant
    ) {
        let identifiers = Set(accepted.compactMap(\.identifier))
        let current = accepted.map(\.careOfAddress)
        // Whoever leaves the home link says so by an option without the H flag (RFC 5648 §5.6.5).
        let gone = before.filter { old in
            guard let identifier = old.identifier else { return true }
            return !identifiers.contains(identifier) && (overwrites || (old.isHomeLink && !request.namesHomeLink))
        }
        for old in gone { cache.remove(old.homeAddress, old.identifier ?? 0) }
        for (place, binding) in accepted.enumerated() {
            var binding = binding
            let own = before.filter { $0.identifier == binding.identifier }
            // What was left altogether may still be under way; it is accepted beside the first.
            binding.formerCareOfAddresses = formers(
                of: own + (place == 0 ? gone : []), without: current, at: now)
            if let old = own.first {
                noteRefresh(of: old, by: binding)
            } else {
                count(.bindingCreated)
                log(.info, "\(node.title) registered binding \(binding.identifier ?? 0) for \(lifetimeText(binding))")
                logPlace(of: binding)
            }
            binding.flows = own.first?.flows ?? []
            cache.set(binding)
            actions.append(.install(binding))
        }
        cache.set(sequenceNumber: request.update.sequenceNumber, of: request.homeAddress)
        for old in gone { replace(old) }
    }

    private func lifetimeText(_ binding: Binding) -> String { "\(binding.lifetime.milliseconds / 1000) s" }

    /// All in one status where that is possible, else each option its own (RFC 5648 §6.2).
    private mutating func answer(
        _ request: Request, _ statuses: [BindingStatus], lifetime: BindingLifetime, at now: Instant
    ) {
        var request = request
        let flows = updateFlows(of: request)
        guard statuses.allSatisfy(\.isAccepted) else {
            request.answerOptions = request.copies(statuses: statuses) + flows
            return answer(request, .multipleCareOfAddressIncomplete, lifetime: lifetime, at: now)
        }
        request.answerOptions += flows
        answer(request, statuses.first { $0 != .accepted } ?? .accepted, lifetime: lifetime, at: now)
    }

    /// None of the options was accepted.
    private mutating func refuseAll(_ request: Request, _ statuses: [BindingStatus], at now: Instant) {
        var request = request
        if let first = statuses.first, statuses.allSatisfy({ $0 == first }) { return answer(request, first, at: now) }
        request.answerOptions = request.copies(statuses: statuses)
        answer(request, .reasonUnspecified, at: now)
    }

    // MARK: De-registration

    /// Ends the bindings that the options name; a node whose last one that was is de-registered (RFC 5648 §5.4, §6.2).
    mutating func deregisterIdentifiers(_ request: Request, at now: Instant) {
        let homeAddress = request.homeAddress
        let known = request.identifiers.map { cache[homeAddress, $0.identifier] }
        let statuses = known.map { $0 == nil ? BindingStatus.notHomeAgentForThisMobileNode : .accepted }
        // Also of none of these: a registration that this has overtaken must not bring one of them back.
        cache.set(sequenceNumber: request.update.sequenceNumber, of: homeAddress)
        guard known.contains(where: { $0 != nil }) else {
            noteDeregistrationOfNothing(request, at: now)
            return refuseAll(request, statuses, at: now)
        }

        var ended: Set<UInt16> = []
        for case .some(let binding) in known where ended.insert(binding.identifier ?? 0).inserted {
            count(.bindingDeregistered)
            log(.info, "\(title(binding)) de-registered binding \(binding.identifier ?? 0)")
            actions.append(.remove(binding, .deregistered))
        }
        if cache.bindings(of: homeAddress).allSatisfy({ ended.contains($0.identifier ?? 0) }) {
            cache.deregister(
                homeAddress, sequenceNumber: request.update.sequenceNumber,
                forgetAt: now + SpecificationConstants.deletedBindingMemory)
        } else {
            for identifier in ended { cache.remove(homeAddress, identifier) }
            noteNews(of: homeAddress, request.update.sequenceNumber)
        }
        answer(request, statuses, lifetime: .zero, at: now)
    }

    /// nemonetd hears of the number by a binding that stays: so it knows better, after a restart, than a state file that still
    /// has those that ended.
    private mutating func noteNews(of homeAddress: IPv6Address, _ sequenceNumber: SequenceNumber) {
        guard var binding = cache[homeAddress] else { return }
        binding.sequenceNumber = sequenceNumber
        cache.set(binding)
        actions.append(.install(binding))
    }
}
