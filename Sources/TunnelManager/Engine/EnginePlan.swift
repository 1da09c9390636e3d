import Forwarding

/// What the workers of the engine go by: replaced as a whole, never changed.
final class EnginePlan: Sendable {
    /// An interface to send through. `Tunnel.egress` counts in these.
    struct Egress: Hashable, Sendable {
        /// 0 leaves the choice to the routes.
        var interfaceIndex: UInt32
        var name: String

        static let routed = Egress(interfaceIndex: 0, name: "")
    }

    let table: ForwardingTable
    let egress: [Egress]

    init(table: ForwardingTable, egress: [Egress]) {
        self.table = table
        self.egress = egress
    }

    static let empty = EnginePlan(table: .empty, egress: [])
}
