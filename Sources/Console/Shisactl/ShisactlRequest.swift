import MobilitySocket
import MobilityWire

/// A request to a program, with what it names looked up.
enum ShisactlRequest: Sendable {
    /// A node by its name or home address.
    case revoke(String)
    /// A node, or `all`.
    case flush(String)
    /// A node, or `all`.
    case `switch`(String, [IPv6Address])
    case never(IPv6Prefix)
    case allow(IPv6Prefix)
    case retry(IPv6Address)
    /// An uplink, or `auto`.
    case use(String)

    /// Takes the words behind the action.
    init(_ action: ShisactlAction, _ words: some Collection<String>) throws(UsageError) {
        guard let first = words.first else { throw UsageError("\(action.rawValue) needs \(action.arguments)") }
        if action != .switch, let further = words.dropFirst().first {
            throw UsageError("\(further) is one word too many")
        }
        switch action {
        case .revoke: self = .revoke(first)
        case .flush: self = .flush(first)
        case .switch:
            var agents: [IPv6Address] = []
            for word in words.dropFirst() {
                guard let agent = IPv6Address(word), agent.isRoutableUnicast else {
                    throw UsageError("\(word) should be the address of a home agent")
                }
                agents.append(agent)
            }
            self = .switch(first, agents)
        case .never: self = .never(try Self.prefix(first))
        case .allow: self = .allow(try Self.prefix(first))
        case .retry:
            guard let peer = IPv6Address(first) else { throw UsageError("\(first) should be the address of a peer") }
            self = .retry(peer)
        case .use: self = .use(first)
        }
    }

    /// The table that has what it may name.
    var table: ShisactlCommand {
        switch self {
        case .revoke, .flush, .switch: .bindings
        case .never, .allow, .retry: .routes
        case .use: .uplinks
        }
    }

    /// The message that asks for it.
    ///
    /// - Throws: `.noSuchEntry` where nothing has the name or address.
    func message(among snapshot: Snapshot) throws(MobilitySocketError) -> MobilitySocketMessage {
        switch self {
        case .revoke(let node): return .bindingRevoke(homeAddresses: [try Self.homeAddress(of: node, snapshot)])
        case .flush("all"): return .bindingForget(homeAddresses: [])
        case .flush(let node): return .bindingForget(homeAddresses: [try Self.homeAddress(of: node, snapshot)])
        case .switch("all", let agents): return .homeAgentSwitch(homeAddresses: [], agents: agents)
        case .switch(let node, let agents):
            return .homeAgentSwitch(homeAddresses: [try Self.homeAddress(of: node, snapshot)], agents: agents)
        case .never(let prefix): return .routeExclude(prefix: prefix, excluded: true)
        case .allow(let prefix):
            guard snapshot.rests.contains(where: { $0.prefix == prefix && $0.reason == .excluded }) else {
                throw MobilitySocketError(.noSuchEntry, "\(prefix) is not excluded: shisactl routes shows what is")
            }
            return .routeExclude(prefix: prefix, excluded: false)
        case .retry(let peer):
            let isResting = snapshot.rests.contains { $0.prefix == IPv6Prefix(host: peer) && $0.reason != .excluded }
            guard isResting else {
                throw MobilitySocketError(.noSuchEntry, "\(peer) does not rest: shisactl routes shows who does")
            }
            return .routeForget(peer: peer)
        case .use("auto"): return .uplinkUse(name: nil)
        case .use(let name):
            guard snapshot.uplinks.contains(where: { $0.name == name }) else {
                let names = snapshot.uplinks.map(\.name).joined(separator: ", ")
                throw MobilitySocketError(
                    .noSuchEntry, "\(name) is no uplink" + (names.isEmpty ? "" : "; uplinks are \(names)"))
            }
            return .uplinkUse(name: name)
        }
    }

    private static func homeAddress(
        of node: String, _ snapshot: Snapshot
    ) throws(MobilitySocketError) -> IPv6Address {
        let address = IPv6Address(node)
        let named = snapshot.bindings.first { $0.homeAddress == address || $0.name == node }
        guard let homeAddress = named?.homeAddress else {
            throw MobilitySocketError(
                .noSuchEntry, "no binding has the name or home address \(node): shisactl bindings shows them")
        }
        return homeAddress
    }

    /// A prefix, or an address for itself alone.
    private static func prefix(_ word: String) throws(UsageError) -> IPv6Prefix {
        if let address = IPv6Address(word) { return IPv6Prefix(host: address) }
        guard let (address, length) = IPv6Prefix.split(word) else {
            throw UsageError("\(word) should be a prefix such as 2001:db8:66::/48, or an address")
        }
        guard length > 0 else {
            throw UsageError(
                "\(word) is everybody: that is policy.route_optimization.enabled in the configuration file")
        }
        let prefix = IPv6Prefix(address, length: length)
        guard prefix.address == address else {
            throw UsageError("\(word) has bits set behind its length, write \(prefix)")
        }
        return prefix
    }
}
