import MobilityWire

/// Turns the tree of values into typed settings. Complaints go to the log; what cannot be decoded is left out, so that
/// one run finds as much as it can.
struct Decoder {
    let log: ComplaintLog
    let keys: ShisaSettings.Keys
    let holder = KeyHolder()

    /// The outermost group.
    func shisa(_ value: Value) -> ShisaSettings? {
        guard let file = GroupReader(value, path: "", log: log) else { return nil }
        checkRoles(file)
        let homes = homes(file)
        let uplinks = (file.groups("uplinks") ?? []).compactMap(uplink)
        let ingress = ingress(file, behind: homes.flatMap(\.prefixes))
        let settings = ShisaSettings(
            homes: homes, uplinks: uplinks.map(\.content), ingress: ingress.map(\.content),
            policy: file.group("policy").map { policy($0, over: uplinks.map(\.content)) } ?? PolicySettings(),
            homeAgent: file.group("home_agent").flatMap(homeAgent),
            correspondent: file.group("correspondent").map(correspondent),
            engine: file.group("engine").map(engine) ?? EngineSettings())
        checkInterfaces(uplinks, ingress, engine: settings.engine)
        return settings
    }

    /// What a node is decides which groups it needs, and which would be without effect.
    private func checkRoles(_ file: GroupReader) {
        if file.mentions("home") || file.mentions("homes") {
            let location = (file.peek("home") ?? file.peek("homes"))?.location ?? file.location
            if !file.mentions("uplinks") {
                log.add(location, "home needs uplinks, add uplinks = ( { interface = \"eth0\"; } );")
            } else if let list = file.peek("uplinks"), case .list(let elements) = list.content, elements.isEmpty {
                log.add(list.location, "uplinks is empty, name at least one: ( { interface = \"eth0\"; } )")
            }
        } else if file.mentions("home_agent") || file.mentions("correspondent") {
            for name in ["uplinks", "ingress", "policy"] where file.mentions(name) {
                log.add(
                    file.peek(name)?.location ?? file.location,
                    "\(name) is of use only to a mobile node, leave it out or add home")
            }
        } else {
            log.add(
                file.location,
                "none of home, home_agent and correspondent is here, add the one that this node is to be")
        }
    }

    private func uplink(_ reader: GroupReader) -> Placed<UplinkSettings>? {
        let type = reader.word("type", UplinkSettings.Kind.self) ?? .ethernet
        let metric = reader.integer("metric") ?? UplinkSettings.defaultMetric
        guard let interface = reader.interface("interface") else { return nil }
        let settings = UplinkSettings(interface: interface, type: type, metric: metric)
        return Placed(content: settings, location: reader.location)
    }

    private func policy(_ reader: GroupReader, over uplinks: [UplinkSettings]) -> PolicySettings {
        let bindings = reader.word("bindings", PolicySettings.Bindings.self) ?? .auto
        return PolicySettings(
            strategy: reader.word("strategy", PolicySettings.Strategy.self) ?? .failover, bindings: bindings,
            flows: flows(reader, over: uplinks, bindings: bindings),
            routeOptimization: reader.group("route_optimization").map(routeOptimization))
    }

    private func engine(_ reader: GroupReader) -> EngineSettings {
        EngineSettings(
            plane: reader.word("plane", EngineSettings.Plane.self) ?? .auto,
            device: reader.interface("device") ?? EngineSettings.defaultDevice)
    }

    /// An interface has one use, and a prefix stands on one link.
    private func checkInterfaces(
        _ uplinks: [Placed<UplinkSettings>], _ ingress: [Placed<IngressSettings>], engine: EngineSettings
    ) {
        let users =
            uplinks.map { (name: $0.content.interface, use: "uplinks", location: $0.location) }
            + ingress.map { (name: $0.content.interface, use: "ingress", location: $0.location) }
        var uses = [engine.device: (use: "engine.device", location: nil as Location?)]
        for user in users {
            if let former = uses[user.name] {
                let text =
                    former.use == user.use
                    ? "\"\(user.name)\" is twice in \(user.use), name it once"
                    : "\(user.use) has \"\(user.name)\", which \(former.use) has already, use it once"
                let place = former.location.map { " (first in \($0.text(from: user.location)))" } ?? ""
                log.add(user.location, text + place)
            } else {
                uses[user.name] = (user.use, user.location)
            }
        }
        for (index, one) in ingress.enumerated() {
            let prefix = one.content.prefix
            if let other = ingress[..<index].first(where: { $0.content.prefix.overlaps(prefix) })?.content.prefix {
                log.add(one.location, "ingress has \(prefix), which overlaps \(other), use each prefix once")
            }
        }
    }
}
