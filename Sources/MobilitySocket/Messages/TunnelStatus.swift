public import MobilityWire

/// A tunnel as nemonetd forwards through it, with what it carried.
public struct TunnelStatus: Hashable, Sendable {
    public var local: IPv6Address
    public var remote: IPv6Address
    /// The home address whose binding or registration this tunnel serves.
    public var homeAddress: IPv6Address
    /// The uplink; 0 where the routes decide.
    public var interfaceIndex: UInt32
    public var interfaceName: String
    /// What fits through it, in octets of the inner packet.
    public var mtu: UInt32
    /// Whether it carries what goes out, or only brings in.
    public var active: Bool
    public var packetsIn: UInt64
    public var packetsOut: UInt64
    public var bytesIn: UInt64
    public var bytesOut: UInt64

    public init(
        local: IPv6Address, remote: IPv6Address, homeAddress: IPv6Address, interfaceIndex: UInt32,
        interfaceName: String, mtu: UInt32, active: Bool, packetsIn: UInt64 = 0, packetsOut: UInt64 = 0,
        bytesIn: UInt64 = 0, bytesOut: UInt64 = 0
    ) {
        self.local = local
        self.remote = remote
        self.homeAddress = homeAddress
        self.interfaceIndex = interfaceIndex
        self.interfaceName = interfaceName
        self.mtu = mtu
        self.active = active
        self.packetsIn = packetsIn
        self.packetsOut = packetsOut
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
    }
}

/// nemonetd about itself.
public struct ManagerStatus: Hashable, Sendable {
    public var version: String
    public var plane: String
    public var device: String
    public var uptimeMilliseconds: UInt64
    /// The programs connected now.
    public var clients: [Client]

    public struct Client: Hashable, Sendable {
        public var role: Role
        public var processIdentifier: UInt32
        /// What a monitor is called that is no console.
        public var name: String?

        /// The program that it is.
        public var program: String { role.program(named: name) }
        /// Whether it asks for a person, and goes when that one has seen enough.
        public var isConsole: Bool { role == .monitor && name == nil }

        public init(role: Role, processIdentifier: UInt32, name: String? = nil) {
            self.role = role
            self.processIdentifier = processIdentifier
            self.name = name
        }
    }

    public init(version: String, plane: String, device: String, uptimeMilliseconds: UInt64, clients: [Client]) {
        self.version = version
        self.plane = plane
        self.device = device
        self.uptimeMilliseconds = uptimeMilliseconds
        self.clients = clients
    }
}
