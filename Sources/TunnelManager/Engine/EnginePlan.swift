import Forwarding
import MobilityWire

/// What the workers of the engine go by: replaced as a whole, never changed.
final class EnginePlan: Sendable {
    /// A way to send: an interface and the source address of all that leaves. `Tunnel.egress` and `DirectRoute.egress`
    /// count in these.
    struct Egress: Hashable, Sendable {
        /// 0 leaves the choice to the routes.
        var interfaceIndex: UInt32
        var name: String
        /// Nil for what has different ones.
        var source: IPv6Address?
        /// Keeps what was led here once from being led here again.
        var mark: UInt32?
    }

    /// Networks of which the kernel leads everything here: who has no binding there is unreachable.
    struct Networks: Sendable {
        var prefixes = IPv6PrefixSet()
        /// Says so to whoever sends there: an address of our home agent.
        var errorSource = IPv6Address.unspecified
    }

    let table: ForwardingTable
    let egress: [Egress]
    let networks: Networks
    /// Where a worker sets the clock that flows are remembered by.
    let flowMemory: FlowMemory

    init(
        table: ForwardingTable, egress: [Egress], networks: Networks = Networks(),
        flowMemory: FlowMemory = FlowMemory()
    ) {
        self.table = table
        self.egress = egress
        self.networks = networks
        self.flowMemory = flowMemory
    }

    static let empty = EnginePlan(table: .empty, egress: [])
}
