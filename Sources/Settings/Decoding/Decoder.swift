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
        // Where a home is wrong, or may get other addresses, it is not known which are its own.
        let own = log.complaints.isEmpty && !homes.contains(where: \.prefixDiscovery) ? homes.flatMap(\.own) : []
        let uplinks = (file.groups("uplinks") ?? []).compactMap(uplink)
        let ingress = ingress(file, behind: homes.flatMap(\.prefixes))
        let settings = ShisaSettings(
            homes: homes, uplinks: uplinks.map(\.content), ingress: ingress.map(\.content),
            dns: dns(file, behind: ingress),
            time: file.group("time").map { TimeSettings(servers: ($0.addresses("servers") ?? []).map(\.content)) },
            policy: file.group("policy").map {
                policy(
                    $0, over: uplinks.map(\.content), ingress: ingress.map(\.content.interface),
                    own: own, homeAgents: Self.homeAgents(of: homes))
            } ?? PolicySettings(state: PolicySettings.defaultState),
            homeAgent: file.group("home_agent").flatMap(homeAgent),
            correspondent: file.group("correspondent").map(correspondent),
            engine: file.group("engine").map(engine) ?? EngineSettings())
        checkInterfaces(uplinks, ingress, engine: settings.engine)
        checkCountries(uplinks, ingress)
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
            for name in ["uplinks", "ingress", "dns", "time", "policy"] where file.mentions(name) {
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
        let weight = reader.integer("weight") ?? UplinkSettings.defaultWeight
        let asksForAddresses = reader.flag("dhcpv6") ?? true
        let isMetered = reader.flag("metered") ?? false
        let probeLimit = reader.octets("probe_limit")
        let monthlyLimit = reader.octets("monthly_limit")
        let billingDay = reader.integer("billing_day")
        if billingDay != nil, !reader.mentions("monthly_limit") {
            log.add(
                reader.peek("billing_day")?.location ?? reader.location,
                "\(reader.join("billing_day")) does nothing without monthly_limit, add monthly_limit = \"20 GB\";, or "
                    + "leave it out")
        }
        if let probeLimit, let monthlyLimit, probeLimit > monthlyLimit {
            log.add(
                reader.peek("probe_limit")?.location ?? reader.location,
                "\(reader.join("probe_limit")) is above monthly_limit, probes of one day could use up the month; lower it"
            )
        }
        let schedule = schedule(reader)
        let signal = signal(reader, type: type)
        let cellular = cellular(reader, type: type)
        let wireless = networks(reader, type: type)
        guard let interface = reader.interface("interface") else { return nil }
        var settings = UplinkSettings(interface: interface, type: type, metric: metric)
        settings.weight = weight
        settings.asksForAddresses = asksForAddresses
        settings.isMetered = isMetered
        settings.probeLimit = probeLimit
        settings.monthlyLimit = monthlyLimit
        settings.billingDay = billingDay ?? settings.billingDay
        settings.schedule = schedule
        settings.signalWeak = signal.weak
        settings.signalGood = signal.good
        settings.cellular = cellular
        settings.networks = wireless.networks
        settings.country = wireless.country
        return Placed(content: settings, location: reader.location)
    }

    /// How many home agents are in use at a time: the first of each home, and what is discovered may be another each time.
    private static func homeAgents(of homes: [HomeSettings]) -> Int {
        max(Set(homes.compactMap(\.agents.first)).count + homes.count(where: \.agents.isEmpty), 1)
    }

    /// What a signal is judged by, for links that have one.
    private func signal(_ reader: GroupReader, type: UplinkSettings.Kind) -> (weak: Int32?, good: Int32?) {
        let (weak, good) = (reader.signed("signal_weak"), reader.signed("signal_good"))
        guard let name = ["signal_weak", "signal_good"].first(where: reader.mentions) else { return (weak, good) }
        let location = reader.peek(name)?.location ?? reader.location
        if type == .ethernet {
            log.add(
                location,
                "\(reader.join(name)) is of use only to a radio, leave it out or add type = \"wlan\"; or \"cellular\";")
        }
        if let weak, let good, good < weak {
            log.add(
                location,
                "\(reader.join("signal_weak")) is \(weak), above signal_good, \(good): the signal could be both; lower it"
            )
        }
        return (weak, good)
    }

    private func schedule(_ reader: GroupReader) -> [ScheduleWindow] {
        let elements = reader.elements("schedule") ?? []
        if elements.isEmpty, let value = reader.peek("schedule"), case .list = value.content {
            log.add(
                value.location,
                "\(reader.join("schedule")) is empty, should be \(SettingReference.Kind.schedule.text); for always leave it "
                    + "out")
        }
        if elements.count > ScheduleWindow.limit, let location = reader.peek("schedule")?.location {
            log.add(
                location,
                "\(reader.join("schedule")) has \(elements.count) times, there may be \(ScheduleWindow.limit)")
        }
        return elements.compactMap { element in
            if case .string(let text) = element.content, let window = ScheduleText.window(text) { return window }
            log.add(
                element.location,
                "\(reader.join("schedule")) has \(element.kind), should be a time of the week such as "
                    + "\"Mo-Fr 08:00-18:00\", or \"22:00-06:00\" for every day")
            return nil
        }
    }

    private func engine(_ reader: GroupReader) -> EngineSettings {
        EngineSettings(
            plane: reader.word("plane", EngineSettings.Plane.self) ?? .auto,
            device: reader.interface("device") ?? EngineSettings.defaultDevice,
            clampMSS: reader.word("clamp_mss", EngineSettings.Clamp.self) ?? .auto, workers: reader.integer("workers"))
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

extension HomeSettings {
    /// Where packets of this end come from, and go to: the home address, and the networks behind it.
    fileprivate var own: [IPv6Prefix] { [IPv6Prefix(address, length: 128)] + prefixes }
}
