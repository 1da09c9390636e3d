public import MobilityWire

/// The group `time`: by whom a mobile node sets its clock.
public struct TimeSettings: Hashable, Sendable {
    /// The servers that it asks, through the tunnel (NTP, RFC 5905). At least one.
    public var servers: [IPv6Address]

    public init(servers: [IPv6Address]) {
        self.servers = servers
    }
}
