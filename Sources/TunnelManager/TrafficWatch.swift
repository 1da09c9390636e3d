import MobilitySocket
import MobilityWire
import Platform

/// What the tunnels of a mobile node carried between two looks: traffic that is answered, and traffic that is not, show the
/// health of an uplink before any probe does.
struct TrafficWatch {
    /// How often somebody who wants to know is told, while something moves.
    static let period = Instant.Span.milliseconds(100)

    private struct Ends: Hashable {
        var homeAddress, local, remote: IPv6Address
        var interfaceIndex: UInt32
    }

    private var last: [Ends: (received: UInt64, sent: UInt64)] = [:]

    /// Those of the tunnels, as they are now, whose counters have moved since the last call, or that are new.
    mutating func moved(_ tunnels: [TunnelStatus]) -> [TunnelStatus] {
        var present: [Ends: (received: UInt64, sent: UInt64)] = [:]
        let moved = tunnels.filter { tunnel in
            let ends = Ends(
                homeAddress: tunnel.homeAddress, local: tunnel.local, remote: tunnel.remote,
                interfaceIndex: tunnel.interfaceIndex)
            let now = (received: tunnel.packetsIn, sent: tunnel.packetsOut)
            present[ends] = now
            return last[ends].map { $0 != now } ?? true
        }
        last = present
        return moved
    }

    mutating func forget() { last = [:] }
}

extension TunnelDaemon {
    /// Has the mobile node told of its tunnels' traffic as long as it listens and has any.
    func watchTraffic() {
        guard trafficTimer?.isPending != true, !planner.ownTunnels.isEmpty, server.hasSubscribers(of: [.traffic])
        else { return }
        trafficTimer = loop.timer(after: TrafficWatch.period) { [unowned self] in
            readKernelCounters()
            for status in trafficWatch.moved(planner.ownTunnels) { server.broadcast(.tunnel(status), to: .traffic) }
            watchTraffic()
        }
    }
}
