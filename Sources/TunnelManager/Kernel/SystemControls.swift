import Logging
import Platform

/// Sets the kernel's switches that a router needs and puts back at the end what was there before.
final class SystemControls {
    private var former: [(name: String, value: String)] = []
    private let log: Logger

    init(log: Logger) { self.log = log }

    /// The switches of a router with these interfaces, in the order in which they have to be set.
    ///
    /// Interfaces that listen to router advertisements go on listening: a forwarding kernel would stop unless told
    /// otherwise. An address of an uplink can be used while its uniqueness is still being checked (RFC 4429).
    static func wanted(
        device: String, uplinks: [String], listening: [String]
    ) -> [(name: String, value: String)] {
        let perUplink = uplinks.flatMap { name in
            [
                ("net/ipv6/conf/\(name)/accept_ra", "2"),
                ("net/ipv6/conf/\(name)/optimistic_dad", "1"),
                ("net/ipv6/conf/\(name)/use_optimistic", "1"),
            ]
        }
        let perListener = listening.filter { !uplinks.contains($0) }.map { ("net/ipv6/conf/\($0)/accept_ra", "2") }
        let perDevice = [
            // No link-local address and no neighbour discovery on a device that has no link.
            ("net/ipv6/conf/\(device)/addr_gen_mode", "1"), ("net/ipv6/conf/\(device)/accept_ra", "0"),
        ]
        return perUplink + perListener + perDevice + [("net/ipv6/conf/all/forwarding", "1")]
    }

    /// Sets a switch and remembers what it was. One that this kernel lacks is left out.
    func set(_ name: String, to value: String) {
        do throws(PlatformError) {
            let old = try Sysctl.read(name)
            guard old != value else { return }
            try Sysctl.write(name, value)
            if !former.contains(where: { $0.name == name }) { former.append((name, old)) }
        } catch {
            log.debug("cannot set \(name): \(error)")
        }
    }

    /// Puts everything back, last one first.
    func restore() {
        for (name, value) in former.reversed() {
            // An interface may have gone with its switches.
            try? Sysctl.write(name, value)
        }
        former = []
    }
}
