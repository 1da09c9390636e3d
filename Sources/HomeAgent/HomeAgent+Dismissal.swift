import HomeAgentOperation
import MobilityCore
import MobilityWire
import Platform

// Nodes that new settings do not serve any more hear of it, and do not go on sending into nothing.

extension HomeAgent {
    /// A node whose bindings new settings end.
    struct DismissedNode {
        var binding: Binding
        /// Its key, which the machine forgets.
        var association: MobilitySecurityAssociation?
        var reason: HomeAgentMachine.RemovalReason
    }

    /// The nodes with a binding that `new` does not have, or prohibits. To be asked before the machine has it.
    func dismissed(by new: HomeAgentConfiguration) -> [DismissedNode] {
        var nodes: [IPv6Address: DismissedNode] = [:]
        for binding in machine.cache.bindings {
            let homeAddress = binding.homeAddress
            guard nodes[homeAddress] == nil, let reason = new.dismissal(of: homeAddress) else { continue }
            nodes[homeAddress] = DismissedNode(
                binding: machine.cache[homeAddress] ?? binding,
                association: machine.configuration.nodes[homeAddress]?.association, reason: reason)
        }
        return nodes.values.sorted { $0.binding.homeAddress < $1.binding.homeAddress }
    }

    /// Revokes the binding, which is gone already, with the key that the node had (RFC 5846 §7). Where nothing protects a
    /// revocation, a Binding Error has the node register again, and be refused.
    func tell(_ node: DismissedNode) {
        let binding = node.binding
        guard node.association != nil else {
            return handle(
                .bindingMissing(
                    peer: binding.careOfAddress, homeAddress: binding.homeAddress, agent: binding.homeAgent))
        }
        publish("binding_revocation", "\(Self.title(binding)): \(node.reason.words), it is told")
        perform(revocation.handle(.revoke(binding, .administrativeReason, node.association), at: loop.now))
        setTimer()
    }
}
