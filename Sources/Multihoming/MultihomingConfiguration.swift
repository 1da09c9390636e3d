public import MobilityWire

/// All that the configuration file says of the choice among uplinks; what it says of one is in `Uplink`.
public struct MultihomingConfiguration: Hashable, Sendable {
    public var path: PathSettings
    public var health: HealthSettings
    /// What is probed over every uplink: the home agent, and others that the file names. Without any, nothing is.
    public var targets: [IPv6Address]
    public var flows: FlowTable

    public init(
        path: PathSettings = PathSettings(), health: HealthSettings = HealthSettings(), targets: [IPv6Address] = [],
        flows: FlowTable = .empty
    ) {
        self.path = path
        self.health = health
        self.targets = targets
        self.flows = flows
    }
}
