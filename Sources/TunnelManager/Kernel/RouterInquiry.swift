import Logging
import MobilitySocket
import MobilityWire
import Platform

/// What the detector, which has no privileges, wants asked on a link: whether its router is there, and who is a router.
final class RouterInquiry {
    /// How often what happened, by name.
    private(set) var counters: [String: UInt64] = [:]
    private let netlink: RouteNetlink

    init() throws(PlatformError) { netlink = try RouteNetlink() }

    /// Has the kernel ask a router whether it is there, at once and whether or not anything is sent by it.
    func probe(_ router: IPv6Address, interface: UInt32) throws(MobilitySocketError) {
        guard router.isLinkLocal || router.isRoutableUnicast else {
            throw MobilitySocketError(.invalid, "\(router) is no router's address")
        }
        try attempt("router_probe_sent") { () throws(PlatformError) in
            try netlink.confirmNeighbor(router, interface: interface)
        }
    }

    /// Sends a Router Solicitation.
    ///
    /// It is from the link-local address if there is one that can be used: many routers answer that at once and only to us,
    /// but all others together at most every three seconds (RFC 4861 §6.2.6). A link that has only just come up has none,
    /// and must not wait for it.
    func solicit(interface index: UInt32) throws(MobilitySocketError) {
        try attempt("router_solicitation_sent") { () throws(PlatformError) in
            let usable = try netlink.addresses(interface: index).filter { $0.address.isLinkLocal && $0.isUsable }
            let source = usable.first { !$0.flags.contains(.optimistic) } ?? usable.first
            var options: [NeighborOption] = []
            // An address that may yet turn out to be another's tells nobody where it is (RFC 4429 §3.3).
            if let source, !source.flags.contains(.optimistic), let link = try netlink.link(index: index),
                link.hardwareAddress.count == 6
            {
                options = [.sourceLinkLayerAddress(link.hardwareAddress)]
            }
            let packet = MobilityPacket(
                source: source?.address ?? .unspecified, destination: .allRouters,
                hopLimit: ICMPv6Message.neighborDiscoveryHopLimit, upperProtocol: .icmpv6,
                message: ICMPv6Message.routerSolicitation(options: options).emit())
            try LinkSender(interface: index).send(packet.emit(), to: .allRouters)
        }
    }

    private func attempt(
        _ counter: String, _ body: () throws(PlatformError) -> Void
    ) throws(MobilitySocketError) {
        do throws(PlatformError) {
            try body()
            counters[counter, default: 0] += 1
        } catch {
            counters["router_inquiry_failed", default: 0] += 1
            throw MobilitySocketError(.init(rawValue: error.errno), "\(error)")
        }
    }
}
