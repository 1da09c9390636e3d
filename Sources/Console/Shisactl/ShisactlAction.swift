import MobilitySocket
import MobilityWire

/// What shisactl can have done; only root and nemonetd's own user may.
enum ShisactlAction: String, CaseIterable, Sendable {
    case revoke
    case `switch`

    /// The words behind it.
    var arguments: String {
        switch self {
        case .revoke: "NODE"
        case .switch: "NODE|all [AGENT ...]"
        }
    }

    var text: String {
        switch self {
        case .revoke:
            "End the binding of a node, named by its name or home address, and tell it (RFC 5846)."
        case .switch:
            "Ask a node, or all, to go to another home agent: to one of these addresses, best first, or with none to one "
                + "that it finds (RFC 5142). One node a second is asked."
        }
    }
}

/// A request to a program, with what it names looked up.
struct ShisactlRequest: Sendable {
    var action: ShisactlAction
    /// A node's name or home address, or `all`.
    var node: String
    var agents: [IPv6Address] = []

    /// Takes the words behind the action.
    init(_ action: ShisactlAction, _ words: some Collection<String>) throws(UsageError) {
        guard let node = words.first else { throw UsageError("\(action.rawValue) needs \(action.arguments)") }
        self.action = action
        self.node = node
        for word in words.dropFirst() {
            guard action == .switch else { throw UsageError("\(word) is one word too many") }
            guard let agent = IPv6Address(word), agent.isRoutableUnicast else {
                throw UsageError("\(word) should be the address of a home agent")
            }
            agents.append(agent)
        }
    }

    /// The message that asks for it; nil where no binding has that name or home address.
    func message(among bindings: [BindingEntry]) -> MobilitySocketMessage? {
        if action == .switch, node == "all" { return .homeAgentSwitch(homeAddresses: [], agents: agents) }
        let address = IPv6Address(node)
        guard
            let homeAddress = bindings.first(where: { $0.homeAddress == address || $0.name == node })?.homeAddress
        else { return nil }
        switch action {
        case .revoke: return .bindingRevoke(homeAddresses: [homeAddress])
        case .switch: return .homeAgentSwitch(homeAddresses: [homeAddress], agents: agents)
        }
    }
}
