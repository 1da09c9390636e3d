import MobilityWire

/// All that the kernel should hold on our behalf: addresses, routes and rules as plain values, so that what is wanted
/// and what is there can be compared.
struct KernelPlan: Hashable, Sendable {
    var addresses: Set<Address> = []
    var routes: Set<Route> = []
    var rules: Set<Rule> = []

    struct Address: Hashable, Sendable {
        var interface: String
        var address: IPv6Address
        var prefixLength: UInt8
    }

    struct Route: Hashable, Sendable {
        var destination: IPv6Prefix
        var table: UInt32
        var metric: UInt32
        var target: Target
        /// The address that packets without one get.
        var preferredSource: IPv6Address?

        enum Target: Hashable, Sendable {
            case interface(String)
            case gateway(IPv6Address, interface: String)
            /// Answered by an ICMPv6 Destination Unreachable.
            case unreachable
            /// By one of the kernel's tunnels, at this interface.
            case tunnel(KernelTunnels.Way, interface: String)

            /// The interface that it leaves by.
            var interface: String? {
                switch self {
                case .interface(let name), .gateway(_, interface: let name), .tunnel(_, interface: let name): name
                case .unreachable: nil
                }
            }
        }
    }

    struct Rule: Hashable, Sendable {
        var priority: UInt32
        /// Nil for all.
        var source: IPv6Prefix?
        var table: UInt32
        /// Also what has no source address yet, if that table would give it one of `source`.
        var choosesSource = false
        /// Only what came in through this interface.
        var inputInterface: String?
        /// Default routes of the table do not count.
        var passesDefaultOver = false
        /// Only what this machine sends itself, and does not bear this mark.
        var unlessMarked: UInt32?
        /// Nil for all.
        var destination: IPv6Prefix?
        var ipProtocol: UInt8?
        var sourcePorts: ClosedRange<UInt16>?
        var destinationPorts: ClosedRange<UInt16>?
    }

    static let mainTable: UInt32 = 254
    /// The input interface of what this machine sends itself.
    static let ownOutput = "lo"
}
