/// What shisactl can have done; only root and nemonetd's own user may.
enum ShisactlAction: String, CaseIterable, Sendable {
    case revoke
    case flush
    case `switch`
    case never = "routes never"
    case allow = "routes allow"
    case retry = "routes retry"
    case use

    /// The action that a line begins with, and the words behind it.
    static func find(in words: [String]) -> (action: ShisactlAction, rest: ArraySlice<String>)? {
        for count in [2, 1] where words.count >= count {
            guard let action = ShisactlAction(rawValue: words.prefix(count).joined(separator: " ")) else { continue }
            return (action, words.dropFirst(count))
        }
        return nil
    }

    /// The words behind it.
    var arguments: String {
        switch self {
        case .revoke: "NODE"
        case .flush: "NODE|all"
        case .switch: "NODE|all [AGENT ...]"
        case .never, .allow: "PREFIX"
        case .retry: "PEER"
        case .use: "UPLINK|auto"
        }
    }

    var text: String {
        switch self {
        case .revoke:
            "End the binding of a node, named by its name or home address, and tell it (RFC 5846). Its bindings at a "
                + "correspondent end as well."
        case .flush:
            "Forget the binding of a node, or of all, without telling anybody. A node that sends is told by a Binding Error "
                + "that it has to register again."
        case .switch:
            "Ask a node, or all, to go to another home agent: to one of these addresses, best first, or with none to one "
                + "that it finds (RFC 5142). One node a second is asked."
        case .never:
            "Never reach these peers directly, so that they do not learn where this mobile host is; until mnd ends."
        case .allow: "Take that back, also what the configuration file says of it, until mnd reads that anew."
        case .retry: "Try a resting peer again, now."
        case .use:
            "Have this uplink carry the traffic as long as it works, whatever metric, quality and limits say; flow rules "
                + "stand. With auto, leave the choice to the policy again. It ends with mrd or mnd."
        }
    }
}
