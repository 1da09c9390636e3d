import MobilityWire

/// Turns the tree of values into typed settings. Complaints go to the log; what cannot be decoded is left out, so that
/// one run finds as much as it can.
struct Decoder {
    let log: ComplaintLog
    let keys: ShisaSettings.Keys

    /// The outermost group.
    func shisa(_ value: Value) -> ShisaSettings? {
        guard let file = GroupReader(value, path: "", log: log) else { return nil }
        checkRoles(file)
        let home = file.group("home").flatMap(self.home)
        let uplinks = (file.groups("uplinks") ?? []).compactMap(uplink)
        let ingress = (file.groups("ingress") ?? []).compactMap { self.ingress($0, home: home) }
        let settings = ShisaSettings(
            home: home, uplinks: uplinks.map(\.content), ingress: ingress.map(\.content),
            policy: file.group("policy").map(policy) ?? PolicySettings(),
            homeAgent: file.group("home_agent").flatMap(homeAgent),
            engine: file.group("engine").map(engine) ?? EngineSettings())
        checkInterfaces(uplinks, ingress, engine: settings.engine)
        return settings
    }

    /// What a node is decides which groups it needs, and which would be without effect.
    private func checkRoles(_ file: GroupReader) {
        if file.mentions("home") {
            let location = file.peek("home")?.location ?? file.location
            if !file.mentions("uplinks") {
                log.add(location, "home needs uplinks, add uplinks = ( { interface = \"eth0\"; } );")
            } else if let list = file.peek("uplinks"), case .list(let elements) = list.content, elements.isEmpty {
                log.add(list.location, "uplinks is empty, name at least one: ( { interface = \"eth0\"; } )")
            }
            if !file.mentions("ingress") {
                log.add(
                    location,
                    "home needs ingress, add ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );")
            }
        } else if file.mentions("home_agent") {
            for name in ["uplinks", "ingress", "policy"] where file.mentions(name) {
                log.add(
                    file.peek(name)?.location ?? file.location,
                    "\(name) is of use only to a mobile router, leave it out or add home")
            }
        } else {
            log.add(file.location, "neither home nor home_agent is here, add the one that this node is to be")
        }
    }

    private func uplink(_ reader: GroupReader) -> Placed<UplinkSettings>? {
        let type = reader.word("type", UplinkSettings.Kind.self) ?? .ethernet
        let metric = reader.integer("metric") ?? UplinkSettings.defaultMetric
        guard let interface = reader.interface("interface") else { return nil }
        let settings = UplinkSettings(interface: interface, type: type, metric: metric)
        return Placed(content: settings, location: reader.location)
    }

    private func policy(_ reader: GroupReader) -> PolicySettings {
        PolicySettings(
            strategy: reader.word("strategy", PolicySettings.Strategy.self) ?? .failover,
            bindings: reader.word("bindings", PolicySettings.Bindings.self) ?? .auto)
    }

    private func engine(_ reader: GroupReader) -> EngineSettings {
        EngineSettings(
            plane: reader.word("plane", EngineSettings.Plane.self) ?? .auto,
            device: reader.interface("device") ?? EngineSettings.defaultDevice)
    }

    private func ingress(_ reader: GroupReader, home: HomeSettings?) -> Placed<IngressSettings>? {
        let interface = reader.interface("interface")
        guard let prefix = reader.prefix("prefix") else { return nil }
        guard prefix.content.length <= 127 else {
            log.add(prefix.location, "ingress.prefix has \(prefix.content), leave room for a host: at most /127")
            return nil
        }
        if let home, !home.prefixes.isEmpty, !home.prefixes.contains(where: { $0.contains(prefix.content) }) {
            let known = home.prefixes.map { "\($0)" }.joined(separator: ", ")
            log.add(
                prefix.location,
                "ingress.prefix has \(prefix.content), which is outside the mobile network prefixes \(known)")
            return nil
        }
        guard let interface else { return nil }
        return Placed(
            content: IngressSettings(interface: interface, prefix: prefix.content), location: prefix.location)
    }

    /// An interface has one use, and a prefix stands on one link.
    private func checkInterfaces(
        _ uplinks: [Placed<UplinkSettings>], _ ingress: [Placed<IngressSettings>], engine: EngineSettings
    ) {
        let users =
            uplinks.map { (name: $0.content.interface, use: "uplinks", location: $0.location) }
            + ingress.map { (name: $0.content.interface, use: "ingress", location: $0.location) }
        var uses = [engine.device: "engine.device"]
        for user in users {
            if let use = uses[user.name] {
                log.add(user.location, "\(user.use) has \"\(user.name)\", which \(use) has already, use it once")
            }
            uses[user.name] = user.use
        }
        for (index, one) in ingress.enumerated() {
            let prefix = one.content.prefix
            if let other = ingress[..<index].first(where: { $0.content.prefix.overlaps(prefix) })?.content.prefix {
                log.add(one.location, "ingress has \(prefix), which overlaps \(other), use each prefix once")
            }
        }
    }
}
