import MobilityWire

// The group `policy`.

extension Decoder {
    /// - Parameters:
    ///   - own: The addresses of this end; none where they are not known.
    ///   - homeAgents: How many of them there are in use, which are probed before all others.
    func policy(
        _ reader: GroupReader, over uplinks: [UplinkSettings], ingress: [String], own: [IPv6Prefix], homeAgents: Int
    ) -> PolicySettings {
        let strategy = reader.word("strategy", PolicySettings.Strategy.self) ?? .failover
        let probe = reader.group("probe").map { self.probe($0, besides: homeAgents) } ?? ProbeSettings()
        if strategy == .fastest, !probe.isEnabled, let location = reader.peek("strategy")?.location {
            log.add(
                location,
                "\(reader.path).strategy is \"fastest\", which goes by what probes measure, and probe.enabled is false; "
                    + "write \"failover\", or leave enabled out")
        }
        let bindings = reader.word("bindings", PolicySettings.Bindings.self) ?? .auto
        if strategy == .balance, bindings == .single, let location = reader.peek("strategy")?.location {
            log.add(
                location,
                "\(reader.path).strategy is \"balance\", which needs several bindings, write bindings = \"auto\"; or "
                    + "strategy = \"failover\"")
        }
        if strategy == .balance, !uplinks.isEmpty, uplinks.allSatisfy({ $0.weight == 0 }),
            let location = reader.peek("strategy")?.location
        {
            log.add(
                location,
                "\(reader.path).strategy is \"balance\", and every uplink has weight = 0, with which it stands by; give one "
                    + "another weight, or leave weight out")
        }
        return PolicySettings(
            strategy: strategy,
            holdDown: reader.time("hold_down") ?? PolicySettings.defaultHoldDown,
            lastResort: reader.word("last_resort", PolicySettings.LastResort.self) ?? .use,
            probe: probe, bindings: bindings,
            state: state(reader, standard: PolicySettings.defaultState),
            flows: flows(reader, over: uplinks, ingress: ingress, own: own, bindings: bindings),
            routeOptimization: reader.group("route_optimization").map(routeOptimization))
    }

    private func probe(_ reader: GroupReader, besides homeAgents: Int) -> ProbeSettings {
        let standard = ProbeSettings()
        let settings = ProbeSettings(
            isEnabled: reader.flag("enabled") ?? standard.isEnabled,
            targets: reader.addresses("targets")?.map(\.content) ?? [],
            interval: reader.time("interval") ?? standard.interval,
            failureInterval: reader.time("failure_interval") ?? standard.failureInterval,
            timeout: reader.time("timeout") ?? standard.timeout,
            down: reader.integer("down") ?? standard.down, up: reader.integer("up") ?? standard.up,
            reliability: reader.integer("reliability") ?? standard.reliability,
            failureLatency: reader.time("failure_latency") ?? standard.failureLatency,
            recoveryLatency: reader.time("recovery_latency") ?? standard.recoveryLatency,
            failureLoss: reader.integer("failure_loss") ?? standard.failureLoss,
            recoveryLoss: reader.integer("recovery_loss") ?? standard.recoveryLoss)
        check(settings, reader, besides: homeAgents)
        return settings
    }

    /// What each by itself may be, and together not.
    private func check(_ settings: ProbeSettings, _ reader: GroupReader, besides homeAgents: Int) {
        func complain(_ names: String..., text: String) {
            let place = names.compactMap { reader.peek($0)?.location }.first
            log.add(place ?? reader.location, "\(reader.path).\(text)")
        }
        // Further ones would never be probed.
        let limit = max(ProbeSettings.targetLimit - homeAgents, 0)
        if settings.targets.count > limit {
            let others = homeAgents == 1 ? "the home agent" : "\(homeAgents) home agents"
            complain(
                "targets",
                text:
                    "targets has \(settings.targets.count) addresses, there may be \(limit) besides \(others); leave some "
                    + "out")
        }
        if settings.reliability > settings.targets.count + 1 {
            complain(
                "reliability",
                text: "reliability is \(settings.reliability), and with the home agent there are "
                    + "\(settings.targets.count + 1) targets, lower it or add targets")
        }
        if settings.failureInterval > settings.interval {
            complain(
                "failure_interval", "interval",
                text: "failure_interval is longer than interval, make it the shorter one")
        }
        if settings.recoveryLatency > settings.failureLatency {
            complain(
                "recovery_latency", "failure_latency",
                text: "recovery_latency is above failure_latency, no uplink could be good or bad then; lower it")
        }
        if settings.recoveryLoss >= settings.failureLoss {
            complain(
                "recovery_loss", "failure_loss",
                text: "recovery_loss is not below failure_loss, no uplink could be good or bad then; lower it")
        }
    }
}
