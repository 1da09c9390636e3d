import MobilityWire
import Multihoming
import Settings

extension MultihomingConfiguration {
    /// What the file says.
    ///
    /// - Parameters:
    ///   - flows: Its flow rules.
    ///   - homeAgents: Those in use, which are probed first.
    ///   - prefixes: Where no care-of address is taken from.
    init(
        _ policy: PolicySettings, flows: FlowTable, homeAgents: [IPv6Address], excluding prefixes: [IPv6Prefix]
    ) {
        self.init(
            path: PathSettings(
                strategy: PathSettings.Strategy(policy.strategy), holdDown: .milliseconds(policy.holdDown),
                lastResort: policy.lastResort == .use ? .use : .none, excludedPrefixes: prefixes),
            health: HealthSettings(policy.probe),
            targets: policy.probe.isEnabled ? homeAgents + policy.probe.targets : [], flows: flows)
    }
}

extension PathSettings.Strategy {
    fileprivate init(_ strategy: PolicySettings.Strategy) {
        switch strategy {
        case .failover: self = .failover
        case .fastest: self = .fastest
        case .balance: self = .balance
        }
    }
}

extension HealthSettings {
    init(_ probe: ProbeSettings) {
        self.init(
            interval: .milliseconds(probe.interval), failureInterval: .milliseconds(probe.failureInterval),
            timeout: .milliseconds(probe.timeout), down: Int(probe.down), up: Int(probe.up),
            reliability: Int(probe.reliability),
            failureLatency: .milliseconds(probe.failureLatency), recoveryLatency: .milliseconds(probe.recoveryLatency),
            failureLoss: Double(probe.failureLoss), recoveryLoss: Double(probe.recoveryLoss))
    }
}

extension UplinkTerms {
    init(_ uplink: UplinkSettings) {
        self.init(
            weight: uplink.weight, isMetered: uplink.isMetered, dailyProbeOctets: uplink.probeLimit,
            quota: uplink.monthlyLimit.map { Quota(monthlyOctets: $0, billingDay: Int(uplink.billingDay)) },
            schedule: Schedule(
                windows: uplink.schedule.map { Schedule.Window(days: $0.days, from: $0.from, to: $0.to) }),
            signalThresholds: SignalThresholds(
                weak: uplink.signalWeak.map(Int.init), good: uplink.signalGood.map(Int.init),
                kind: Uplink.Kind(name: uplink.type.rawValue)))
    }
}
