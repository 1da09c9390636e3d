import MobilityCore
import MobilityWire

// Flow bindings (RFC 6089 §5.3): each Binding Update names all that are to be.

extension HomeAgentMachine {
    /// Brings the node's flow bindings to what the Binding Update says, and tells the engine.
    ///
    /// - Returns: what the answer says of them (RFC 6089 §5.3.5).
    mutating func updateFlows(of request: Request) -> [MobilityOption] {
        let homeAddress = request.homeAddress
        guard cache.isMultiple(homeAddress) || request.update.options.contains(where: \.isAboutFlows) else { return [] }
        let known = Dictionary(cache.flows(of: homeAddress).map { ($0.rule.identifier, $0) }) { first, _ in first }
        var answers: [MobilityOption] = []
        var flows: [UInt16: FlowBinding] = [:]

        let options = request.update.options
        for identifier in options.flowSummaries where flows[identifier] == nil {
            flows[identifier] = known[identifier]
            if known[identifier] == nil {
                answers.append(refused(FlowIdentificationOption(identifier: identifier, priority: 0), .flowNotFound))
            }
        }
        let identifications = options.flowIdentifications
        let isRepeated = Set(identifications.map(\.identifier)).count < identifications.count
        // Those that are not changed by this Binding Update keep their places.
        for option in identifications { flows[option.identifier] = known[option.identifier] }
        for option in identifications {
            let verdict =
                isRepeated
                ? .failure(.rejected)
                : flowBinding(option, of: homeAddress, known: known[option.identifier], besides: flows)
            switch verdict {
            case .success(let flow):
                flows[option.identifier] = flow
                count(.flowBindingAccepted)
                answers.append(.flowIdentification(option))
            case .failure(let status): answers.append(refused(option, status))
            }
        }
        for identifier in options.compactMap(\.malformedFlowIdentifier) {
            flows[identifier] = known[identifier]
            answers.append(refused(FlowIdentificationOption(identifier: identifier, priority: 0), .malformed))
        }
        for identifier in known.keys where flows[identifier] == nil { count(.flowBindingRemoved) }
        cache.set(flows: Array(flows.values), of: homeAddress)
        installFlows(of: homeAddress)
        return answers
    }

    private mutating func refused(_ option: FlowIdentificationOption, _ status: FlowBindingStatus) -> MobilityOption {
        count(.flowBindingRefused)
        var option = option
        option.status = status
        return .flowIdentification(option)
    }

    /// What a Flow Identification option asks for, or why not (RFC 6089 §5.3.2).
    private func flowBinding(
        _ option: FlowIdentificationOption, of homeAddress: IPv6Address, known: FlowBinding?,
        besides flows: [UInt16: FlowBinding]
    ) -> Result<FlowBinding, FlowBindingStatus> {
        let limit = configuration.multiple.greatestNumberOfFlowsPerNode
        guard known != nil || flows.count < limit else { return .failure(.administrativelyProhibited) }
        guard option.identifier != 0, option.priority != 0 else { return .failure(.malformed) }
        let selector: TrafficSelector
        switch option.selector {
        case .ipv6(let value): selector = value
        case .other: return .failure(.formatNotSupported)
        case nil:
            guard let known else { return .failure(.malformed) }
            selector = known.rule.selector
        }
        guard let bindings = option.bindings ?? known?.bindings else { return .failure(.malformed) }
        if option.bindings != nil {
            guard bindings.allSatisfy({ $0 != 0 && cache[homeAddress, $0] != nil }) else {
                return .failure(.bindingNotFound)
            }
        }
        // No two flows have one priority (RFC 6089 §4.2).
        let isTaken = flows.contains { $0.key != option.identifier && $0.value.rule.priority == option.priority }
        guard !isTaken else { return .failure(.rejected) }
        var seen: Set<UInt16> = []
        return .success(
            FlowBinding(
                rule: FlowRule(identifier: option.identifier, priority: option.priority, selector: selector),
                bindings: bindings.filter { seen.insert($0).inserted }))
    }

    /// Gives each binding the flows that name it. A flow whose bindings are all gone is in none, and so inactive.
    private mutating func installFlows(of homeAddress: IPv6Address) {
        guard cache.isMultiple(homeAddress) else { return }
        let flows = cache.flows(of: homeAddress)
        let bindings = cache.bindings(of: homeAddress)
        for var binding in bindings {
            let identifier = binding.identifier ?? 0
            let rules = flows.filter { $0.bindings.contains(identifier) }.map(\.rule)
            guard binding.flows != rules else { continue }
            binding.flows = rules
            cache.set(binding)
            actions.append(.install(binding))
        }
    }

    /// Puts the flow bindings together again from the bindings that carry them.
    mutating func restoreFlows(of binding: Binding) {
        guard let identifier = binding.identifier, !binding.flows.isEmpty else { return }
        var flows = cache.flows(of: binding.homeAddress)
        for rule in binding.flows {
            if let place = flows.firstIndex(where: { $0.rule.identifier == rule.identifier }) {
                flows[place].bindings.append(identifier)
            } else if flows.count < configuration.multiple.greatestNumberOfFlowsPerNode {
                flows.append(FlowBinding(rule: rule, bindings: [identifier]))
            }
        }
        cache.set(flows: flows, of: binding.homeAddress)
    }
}

extension MobilityOption {
    fileprivate var isAboutFlows: Bool {
        switch self {
        case .flowSummary, .flowIdentification: true
        default: malformedFlowIdentifier != nil
        }
    }
}

extension [MobilityOption] {
    fileprivate var flowSummaries: [UInt16] {
        flatMap { option -> [UInt16] in if case .flowSummary(let identifiers) = option { identifiers } else { [] } }
    }

    fileprivate var flowIdentifications: [FlowIdentificationOption] {
        compactMap { if case .flowIdentification(let option) = $0 { option } else { nil } }
    }
}
