import Logging
import Platform

/// Sets the kernel's switches that a router needs and puts back at the end what was there before.
final class SystemControls {
    /// A switch of IPv6 at one interface, or at `all`. The corresponding file is
    /// `/proc/sys/net/ipv6/conf/INTERFACE/NAME`, or `neigh` for `conf` where it is one of neighbour discovery's.
    struct Switch: Hashable, Sendable {
        var area = "conf"
        var interface: String
        var name: String
        var value: String

        init(_ interface: String, _ name: String, _ value: String, area: String = "conf") {
            self.area = area
            self.interface = interface
            self.name = name
            self.value = value
        }

        var path: [String] { ["net", "ipv6", area, interface, name] }
    }

    private var former: [Switch] = []
    private let log: Logger

    init(log: Logger) { self.log = log }

    /// The switches of a router with these interfaces, in the order in which they have to be set.
    ///
    /// Interfaces that listen to router advertisements go on listening: a forwarding kernel would stop unless told
    /// otherwise. To the links that they lead to, uplinks are a host's: no member of the groups of routers, no router bit in
    /// Neighbor Advertisements (RFC 3963 §5.6, §5.7); packets pass all the same. An address of an uplink can be used while
    /// its uniqueness is still being checked (RFC 4429). A router that carries traffic is asked after a second whether it is
    /// there, for tunnels do not tell the kernel what answers them; and it is asked twice more, and everywhere, before it
    /// counts as gone (RFC 7048): on a link that loses a third, three questions are too few. Towards the mobile network it
    /// is the router, and takes no address from advertisements, which are its own: one that it made itself would keep a
    /// prefix alive that it has given up.
    ///
    /// - Parameter homeLink: where the kernel answers Neighbor Solicitations for nodes that are away; at once, for nobody
    ///   else does whom the delay of RFC 4861 §7.2.8 would let go first.
    /// - Parameter forwards: whether packets of others pass: those of a mobile host's neighbours do not.
    /// - Parameter routingUplinks: those that are on the home link of this mobile router, where it is a router.
    static func wanted(
        device: String, uplinks: [String], ingress: [String] = [], listening: [String], homeLink: String? = nil,
        forwards: Bool = true, routingUplinks: Set<String> = []
    ) -> [Switch] {
        let perUplink = uplinks.flatMap { name in
            [
                Switch(name, "accept_ra", "2"), Switch(name, "optimistic_dad", "1"),
                Switch(name, "use_optimistic", "1"), Switch(name, "delay_first_probe_time", "1", area: "neigh"),
                Switch(name, "mcast_resolicit", "2", area: "neigh"),
            ]
        }
        let others = listening.filter { !uplinks.contains($0) && !ingress.contains($0) }
        let perListener = others.map { Switch($0, "accept_ra", "2") }
        let perIngress = ingress.map { Switch($0, "accept_ra", "0") }
        // No link-local address and no neighbour discovery on a device that has no link.
        let perDevice = [Switch(device, "addr_gen_mode", "1"), Switch(device, "accept_ra", "0")]
        // With that of all interfaces the kernel also discards what comes to a link-local address that it answers for,
        // and says so (RFC 6275 §10.4.2); it looks at no other switch there.
        let perHomeLink =
            homeLink.map {
                [
                    Switch($0, "proxy_ndp", "1"), Switch($0, "proxy_delay", "0", area: "neigh"),
                    Switch("all", "proxy_ndp", "1"),
                ]
            } ?? []
        // Sets every interface's, so that those of the uplinks come behind it.
        let perMachine = forwards ? [Switch("all", "forwarding", "1")] : []
        let perEgress = (forwards ? uplinks : []).map {
            Switch($0, "forwarding", routingUplinks.contains($0) ? "1" : "0")
        }
        return perUplink + perListener + perIngress + perDevice + perHomeLink + perMachine + perEgress
    }

    /// Sets a switch and remembers what it was. One that this kernel lacks is left out.
    func set(_ wanted: Switch) {
        do throws(PlatformError) {
            let old = try Sysctl.read(wanted.path)
            guard old != wanted.value else { return }
            try Sysctl.write(wanted.path, wanted.value)
            if !former.contains(where: { $0.path == wanted.path }) {
                former.append(Switch(wanted.interface, wanted.name, old, area: wanted.area))
            }
        } catch {
            log.debug("cannot set \(wanted.name) of \(wanted.interface): \(error)")
        }
    }

    /// Puts everything back, last one first.
    func restore() { restore { _ in true } }

    /// Lets packets of others pass no longer where that is not wanted any more.
    ///
    /// - Parameter wanted: all that is.
    func stopForwarding(unless wanted: [Switch]) {
        restore { old in old.name == "forwarding" && !wanted.contains { $0.path == old.path } }
    }

    private func restore(where isMeant: (Switch) -> Bool) {
        for old in former.reversed() where isMeant(old) {
            do throws(PlatformError) {
                try Sysctl.write(old.path, old.value)
            } catch {
                // Interfaces go, and their switches with them.
                log.debug("cannot put back \(old.name) of \(old.interface): \(error)")
            }
        }
        former.removeAll(where: isMeant)
    }
}
