import Cellular
import MobilitySocket
import MobilityWire

/// What the kernel says about interfaces, addresses and routes, as far as movement detection needs it.
enum LinkObservation: Hashable, Sendable {
    /// An interface, new or changed.
    case link(Link)
    /// The MTU of IPv6 on a link, from its router.
    case linkMTU(index: UInt32, mtu: UInt32)
    case linkGone(index: UInt32)
    /// An address, new or changed.
    case address(Address)
    case addressGone(index: UInt32, address: IPv6Address)
    /// A router advertises a prefix, perhaps not for the first time.
    case prefix(index: UInt32, prefix: IPv6Prefix)
    /// A default route, new or changed.
    case defaultRoute(DefaultRoute)
    case defaultRouteGone(DefaultRoute)
    /// A neighbour, new or with another state.
    case neighbor(Neighbor)
    case neighborGone(index: UInt32, address: IPv6Address)
    /// What a radio receives of its access point, in dBm; nil while it has none.
    case signal(index: UInt32, dBm: Int32?)
    /// The name of the WLAN that a radio is in; nil while it is in none.
    case networkName(index: UInt32, [UInt8]?)
    /// What is told of the modem behind an uplink, which may have no interface yet; nil where nobody tells.
    case modem(name: String, ModemReport?)
    /// A radio is connected to another access point, perhaps of another network.
    case associated(index: UInt32)
    /// All there is now; what was known before is forgotten.
    case everything(links: [Link], addresses: [Address], defaultRoutes: [DefaultRoute], neighbors: [Neighbor] = [])

    struct Link: Hashable, Sendable {
        var index: UInt32
        var name: String
        /// Administratively up.
        var isUp: Bool
        var hasCarrier: Bool
        var isOn: Bool { isUp && hasCarrier }
        /// In octets.
        var mtu: UInt32
        /// Of IPv6, which a router may have made smaller; nil where this observation does not tell.
        var ipv6MTU: UInt32?
    }

    struct Address: Hashable, Sendable {
        var index: UInt32
        var candidate: UplinkReport.Candidate
    }

    struct Neighbor: Hashable, Sendable {
        var index: UInt32
        var address: IPv6Address
        var verdict: Verdict

        /// What neighbour unreachability detection says of it now.
        enum Verdict: Hashable, Sendable {
            /// It has answered.
            case answered
            /// It answered once, and is not being asked (STALE, DELAY).
            case resting
            /// It is being asked.
            case asked
            /// It did not answer.
            case silent
        }
    }

    struct DefaultRoute: Hashable, Sendable {
        var index: UInt32
        /// Unspecified on a point-to-point link, whose route needs no router.
        var router: IPv6Address
        /// Lowest is best.
        var metric: UInt32
    }
}
