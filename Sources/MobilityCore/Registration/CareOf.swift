public import MobilityWire

/// A care-of address and the uplink that holds it.
public struct CareOf: Hashable, Sendable {
    public var address: IPv6Address
    public var interfaceIndex: UInt32

    public init(address: IPv6Address, interfaceIndex: UInt32) {
        self.address = address
        self.interfaceIndex = interfaceIndex
    }
}

/// Through which care-of addresses the tunnel to the home agent runs.
public struct TunnelPlan: Hashable, Sendable {
    /// Carries what goes out, and brings in. Absent, nothing is to be tunnelled.
    public var active: CareOf?
    /// Only bring packets in: the address that was left or, in a planned hand-over, the one that is being registered.
    public var standby: [CareOf]
    /// When the standby addresses end; absent, with the next plan.
    public var standbyUntil: Instant?

    public init(active: CareOf? = nil, standby: [CareOf] = [], standbyUntil: Instant? = nil) {
        self.active = active
        self.standby = standby
        self.standbyUntil = standbyUntil
    }

    /// No tunnel.
    public static let none = TunnelPlan()
}
