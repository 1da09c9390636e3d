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
    /// A default route, new or changed.
    case defaultRoute(DefaultRoute)
    case defaultRouteGone(DefaultRoute)
    /// All there is now; what was known before is forgotten.
    case everything(links: [Link], addresses: [Address], defaultRoutes: [DefaultRoute])

    struct Link: Hashable, Sendable {
        var index: UInt32
        var name: String
        /// Administratively up.
        var isUp: Bool
        var hasCarrier: Bool
        /// In octets.
        var mtu: UInt32
        /// Of IPv6, which a router may have made smaller; nil where this observation does not tell.
        var ipv6MTU: UInt32?
    }

    struct Address: Hashable, Sendable {
        var index: UInt32
        var candidate: UplinkReport.Candidate
    }

    struct DefaultRoute: Hashable, Sendable {
        var index: UInt32
        /// Unspecified on a point-to-point link, whose route needs no router.
        var router: IPv6Address
        /// Lowest is best.
        var metric: UInt32
    }
}
