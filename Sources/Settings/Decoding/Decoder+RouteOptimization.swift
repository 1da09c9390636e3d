import MobilityWire

// Both ends of route optimisation.

extension Decoder {
    /// The group `correspondent`.
    func correspondent(_ reader: GroupReader) -> CorrespondentSettings {
        let addresses = reader.addresses("addresses") ?? []
        let prohibited = reader.prefixes("prohibited") ?? []
        let limits = reader.group("limits").map { reader in
            CorrespondentSettings.Limits(
                lifetime: reader.seconds("lifetime") ?? CorrespondentSettings.Limits.defaultLifetime,
                bindings: reader.integer("bindings") ?? CorrespondentSettings.Limits.defaultBindings)
        }
        let nonceInterval = reader.seconds("nonce_interval") ?? CorrespondentSettings.defaultNonceInterval
        return CorrespondentSettings(
            addresses: addresses.map(\.content), prohibited: prohibited.map(\.content),
            limits: limits ?? CorrespondentSettings.Limits(), nonceInterval: nonceInterval)
    }

    /// The group `policy.route_optimization`.
    func routeOptimization(_ reader: GroupReader) -> RouteOptimizationSettings {
        RouteOptimizationSettings(
            isEnabled: reader.flag("enabled") ?? true,
            never: (reader.prefixes("never") ?? []).map(\.content),
            acknowledge: reader.flag("acknowledge") ?? true,
            lifetime: reader.seconds("lifetime") ?? RouteOptimizationSettings.defaultLifetime,
            peers: reader.integer("peers") ?? RouteOptimizationSettings.defaultPeers)
    }
}
