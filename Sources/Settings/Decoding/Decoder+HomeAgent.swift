import MobilityWire

extension Decoder {
    /// The group `home_agent`.
    func homeAgent(_ reader: GroupReader) -> HomeAgentSettings? {
        let addresses = reader.addresses("addresses")
        let prefixes = reader.somePrefixes("prefixes")
        let limits = reader.group("limits").map(limits) ?? HomeAgentSettings.Limits()

        let link = reader.interface("link")
        var checks = NodeChecks(
            agents: (addresses ?? []).map(\.content), homePrefixes: whole(prefixes, of: reader), isVirtual: link == nil,
            log: log)
        var nodes: [HomeAgentNode] = []
        func take(_ reader: GroupReader) {
            if let node = node(reader, &checks) { nodes.append(node) }
        }
        reader.forEachGroup("nodes", take)
        forEachNodeOfFolder(reader, take)
        checks.findOverlaps()
        let state = self.state(reader, standard: HomeAgentSettings.defaultState)
        let preference = reader.integer("preference") ?? 0
        let multiple = reader.group("multiple").map(multiple) ?? HomeAgentSettings.Multiple()
        let discovery = reader.group("prefix_discovery").map(prefixDiscovery) ?? HomeAgentSettings.PrefixDiscovery()
        guard let addresses, let prefixes else { return nil }
        var settings = HomeAgentSettings(
            addresses: addresses.map(\.content), prefixes: prefixes.map(\.content), nodes: nodes, limits: limits)
        settings.link = link
        settings.state = state
        settings.preference = UInt16(clamping: preference)
        settings.multiple = multiple
        settings.prefixDiscovery = discovery
        return settings
    }

    /// The home prefixes; nil where one of them was complained about, for then nobody knows what is missing.
    private func whole(_ prefixes: [Placed<IPv6Prefix>]?, of reader: GroupReader) -> [IPv6Prefix]? {
        guard case .list(let elements)? = reader.peek("prefixes")?.content, let prefixes, !elements.isEmpty,
            elements.count == prefixes.count
        else { return nil }
        return prefixes.map(\.content)
    }

    /// The path of a state file; nil where none is wanted.
    func state(_ reader: GroupReader, standard: String) -> String? {
        guard let path = reader.string("state"), let location = reader.peek("state")?.location else {
            return reader.mentions("state") ? nil : standard
        }
        return path.isEmpty ? nil : Path.resolve(path, besides: location.file)
    }

    private func multiple(_ reader: GroupReader) -> HomeAgentSettings.Multiple {
        var multiple = HomeAgentSettings.Multiple()
        if let isAllowed = reader.flag("allowed") { multiple.isAllowed = isAllowed }
        if let allowsBulk = reader.flag("bulk") { multiple.allowsBulk = allowsBulk }
        if let bindings = reader.integer("bindings") { multiple.bindings = bindings }
        if let flows = reader.integer("flows") { multiple.flows = flows }
        return multiple
    }

    private func prefixDiscovery(_ reader: GroupReader) -> HomeAgentSettings.PrefixDiscovery {
        var discovery = HomeAgentSettings.PrefixDiscovery()
        if let isEnabled = reader.flag("enabled") { discovery.isEnabled = isEnabled }
        if let isInsecure = reader.flag("insecure") { discovery.isInsecure = isInsecure }
        if let interval = reader.seconds("least_interval") { discovery.leastInterval = interval }
        if let interval = reader.seconds("greatest_interval") { discovery.greatestInterval = interval }
        if let lifetime = reader.seconds("valid_lifetime") { discovery.validLifetime = lifetime }
        if let lifetime = reader.seconds("preferred_lifetime") { discovery.preferredLifetime = lifetime }
        if discovery.greatestInterval < discovery.leastInterval {
            log.add(
                reader.location,
                "\(reader.path).greatest_interval of \(discovery.greatestInterval) s is less than least_interval of "
                    + "\(discovery.leastInterval) s, make it longer")
        }
        if discovery.validLifetime < discovery.preferredLifetime {
            log.add(
                reader.location,
                "\(reader.path).preferred_lifetime of \(discovery.preferredLifetime) s is more than valid_lifetime of "
                    + "\(discovery.validLifetime) s, make it shorter")
        }
        return discovery
    }

    private func limits(_ reader: GroupReader) -> HomeAgentSettings.Limits {
        var limits = HomeAgentSettings.Limits(
            lifetime: reader.seconds("lifetime") ?? HomeAgentSettings.Limits.defaultLifetime,
            bindings: reader.integer("bindings") ?? HomeAgentSettings.Limits.defaultBindings)
        limits.refreshAdvice = reader.seconds("refresh_advice")
        return limits
    }

    private func node(_ reader: GroupReader, _ checks: inout NodeChecks) -> HomeAgentNode? {
        let name = reader.string("name") ?? ""
        let prefixes = reader.prefixes("prefixes") ?? []
        let authentication = authentication(reader)
        let address = reader.address("address")
        let lifetime = reader.seconds("lifetime")
        let isProhibited = reader.flag("prohibited") ?? false
        if let location = reader.peek("name")?.location { checks.check(name: name, at: location) }
        checks.check(prefixes)
        guard let address else { return nil }
        checks.check(address)
        var node = HomeAgentNode(
            address: address.content, prefixes: prefixes.map(\.content), name: name, authentication: authentication)
        node.lifetime = lifetime
        node.isProhibited = isProhibited
        return node
    }

    /// The nodes in the files of `nodes_dir`. A file is done with before the next is read, so that of a million nodes only
    /// those of one file are held as text and as values.
    private func forEachNodeOfFolder(_ reader: GroupReader, _ body: (GroupReader) -> Void) {
        guard let name = reader.string("nodes_dir"), let location = reader.peek("nodes_dir")?.location else { return }
        let folder = Path.resolve(name, besides: location.file)
        do {
            for file in try File.names(in: folder, endingIn: ".conf") {
                forEachNode(inFile: folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)", body)
            }
        } catch {
            log.add(location, "home_agent.nodes_dir: cannot read \(folder): \(error.text)")
        }
    }

    /// A file is the inside of one node, or holds `nodes = ( … );` and nothing else.
    private func forEachNode(inFile path: String, _ body: (GroupReader) -> Void) {
        let before = log.complaints.count
        let source = SourceText(path: path, log: log)
        guard log.complaints.count == before, let root = Libconfig.parse(source, log: log) else { return }
        if case .group(let members) = root.content, members.count == 1, members.first?.name == "nodes" {
            GroupReader(root, path: "home_agent", log: log)?.forEachGroup("nodes", body)
        } else if let node = GroupReader(root, path: "home_agent.nodes", log: log) {
            body(node)
        }
    }
}

/// What no two nodes may share, and where home addresses come from.
private struct NodeChecks {
    let agents: [IPv6Address]
    /// Nil when not all of them could be read.
    let homePrefixes: [IPv6Prefix]?
    /// Whether the home network is on no link.
    let isVirtual: Bool
    let log: ComplaintLog
    private var addresses: [IPv6Address: Location] = [:]
    private var names: [String: Location] = [:]
    private var prefixes: [(prefix: Placed<IPv6Prefix>, node: Int)] = []
    private var nodeCount = 0

    init(agents: [IPv6Address], homePrefixes: [IPv6Prefix]?, isVirtual: Bool, log: ComplaintLog) {
        self.agents = agents
        self.homePrefixes = homePrefixes
        self.isVirtual = isVirtual
        self.log = log
    }

    mutating func check(_ address: Placed<IPv6Address>) {
        let path = "home_agent.nodes.address"
        if let first = addresses.updateValue(address.location, forKey: address.content) {
            log.add(
                address.location,
                "\(path) has \(address.content), as the node of \(first.text(from: address.location)), give each its own"
            )
        } else if agents.contains(address.content) {
            log.add(
                address.location, "\(path) has \(address.content), which is the home agent's, give the node its own")
        } else if let homePrefixes, !homePrefixes.contains(where: { $0.contains(address.content) }) {
            let known = homePrefixes.map { "\($0)" }.joined(separator: ", ")
            log.add(address.location, "\(path) has \(address.content), which is outside home_agent.prefixes \(known)")
        } else if let prefix = homePrefixes?.first(where: { $0.address == address.content && $0.length < 127 }) {
            // RFC 4291 §2.6.1; RFC 6164 takes it back for links of two.
            log.add(
                address.location,
                "\(path) has \(address.content), which is the subnet-router anycast address of \(prefix), give the node "
                    + "another one")
        }
    }

    mutating func check(name: String, at location: Location) {
        guard !name.isEmpty else { return }
        if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) || name.utf8.count > 64 {
            log.add(location, "home_agent.nodes.name should be at most 64 octets without control characters")
        } else if name == "all" || name.hasPrefix("-") || IPv6Address(name) != nil {
            // What shisactl takes for something else.
            log.add(
                location,
                "home_agent.nodes.name has \"\(name)\", should not be \"all\", nor an address, nor begin with \"-\", give "
                    + "the node another one")
        } else if let first = names.updateValue(location, forKey: name) {
            log.add(
                location,
                "home_agent.nodes.name has \"\(name)\", as the node of \(first.text(from: location)), give each its own"
            )
        }
    }

    /// Takes the prefixes of one node, which do not overlap each other.
    mutating func check(_ ofNode: [Placed<IPv6Prefix>]) {
        for prefix in ofNode { checkHome(prefix) }
        prefixes += ofNode.map { ($0, nodeCount) }
        nodeCount += 1
    }

    /// What is behind a node is not at home. A virtual home network may hold the prefixes of its nodes (RFC 4887); on a
    /// link nobody would answer there for the hosts behind the node.
    private func checkHome(_ prefix: Placed<IPv6Prefix>) {
        let path = "home_agent.nodes.prefixes"
        if let agent = agents.first(where: prefix.content.contains) {
            log.add(
                prefix.location,
                "\(path) has \(prefix.content), in which the home agent's address \(agent) is, give the node another one"
            )
        } else if let home = homePrefixes?.first(where: {
            prefix.content.contains($0) || (!isVirtual && $0.contains(prefix.content))
        }) {
            log.add(
                prefix.location,
                "\(path) has \(prefix.content), which overlaps \(home) of home_agent.prefixes, give the node another one"
            )
        }
    }

    /// Compares the prefixes of different nodes, after the last was added.
    ///
    /// Sorted by address and length, a prefix that lies in another comes behind it with nothing but others of its kind
    /// between, so that one pass finds all of them.
    func findOverlaps() {
        var widest: (prefix: Placed<IPv6Prefix>, node: Int)?
        for next in prefixes.sorted(by: { $0.prefix.content < $1.prefix.content }) {
            guard let outer = widest, outer.prefix.content.contains(next.prefix.content) else {
                widest = next
                continue
            }
            // Within one node it was said already.
            guard outer.node != next.node else { continue }
            log.add(
                next.prefix.location,
                "home_agent.nodes.prefixes has \(next.prefix.content), which overlaps \(outer.prefix.content) of "
                    + "\(outer.prefix.location.text(from: next.prefix.location)), give each prefix to one node")
        }
    }
}
