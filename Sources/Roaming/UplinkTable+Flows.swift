import MobilityCore
import MobilityWire
import Settings

extension UplinkTable {
    /// The flows of the settings by the binding identifiers of the uplinks. Of the file's order comes the priority.
    func flowPolicies(_ flows: [FlowSettings]) -> [FlowPolicy] {
        flows.enumerated().map { place, flow in
            let number = UInt16(clamping: place + 1)
            return FlowPolicy(
                rule: FlowRule(identifier: number, priority: number, selector: TrafficSelector(flow.match)),
                via: flow.via.compactMap(bindingIdentifier))
        }
    }
}

extension TrafficSelector {
    /// Seen from a correspondent to the node, as selectors are: what is local to the node is the destination.
    init(_ match: FlowSettings.Match) {
        self.init(
            sourceAddresses: match.address?.addresses, destinationAddresses: match.localAddress?.addresses,
            sourcePorts: match.ports, destinationPorts: match.localPorts,
            trafficClasses: match.codePoint.map { $0 << 2...$0 << 2 },
            nextHeaders: match.nextHeader.map { $0...$0 })
    }
}

extension IPv6Prefix {
    /// From the first address to the last.
    fileprivate var addresses: ClosedRange<IPv6Address> {
        func ones(behind bits: Int) -> UInt64 { bits >= 64 ? 0 : bits <= 0 ? .max : .max >> UInt64(bits) }
        let last = IPv6Address(
            high: address.high | ones(behind: Int(length)), low: address.low | ones(behind: Int(length) - 64))
        return address...last
    }
}
