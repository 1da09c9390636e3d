import MobilityCore
import MobilityWire
import Multihoming
import Settings

extension UplinkTable {
    /// What the choice has come to for each flow, by binding identifiers: the uplink that it is to take, then the others that
    /// it names, for as long as that one is not registered. One that goes with the rest has none.
    func flowPolicies(_ assignments: [FlowAssignment], _ flows: [FlowSettings]) -> [FlowPolicy] {
        assignments.map { assignment in
            let flow = flows.indices.contains(assignment.requirement) ? flows[assignment.requirement] : nil
            var names: [String] = []
            if case .uplink(_, let chosen) = assignment.way {
                names = [chosen] + (flow?.via ?? []).filter { $0 != chosen }
            }
            return FlowPolicy(
                rule: assignment.rule, via: names.compactMap(bindingIdentifier), fallback: flow?.otherwise ?? .any)
        }
    }
}

extension FlowTable {
    /// The flows of the file, which was checked.
    ///
    /// - Parameter ingress: the prefix behind each interface.
    init(_ flows: [FlowSettings], ingress: [String: [IPv6Prefix]], uplinks: [UplinkSettings]) throws(FlowRuleError) {
        try self.init(
            flows.map {
                FlowRequirement(match: FlowRequirement.Match($0.match), via: $0.via, otherwise: $0.otherwise)
            }, ingress: ingress,
            uplinks: Set(uplinks.map(\.interface)))
    }
}

extension FlowRequirement.Match {
    init(_ match: FlowSettings.Match) {
        self.init(
            nextHeader: match.nextHeader, ports: match.ports, localPorts: match.localPorts,
            prefixes: match.address.map { [$0] } ?? [], localPrefixes: match.localAddress.map { [$0] } ?? [],
            dscp: match.codePoints, ingress: match.ingress.map { [$0] } ?? [])
    }
}
