import MobilityWire
import Settings

/// What chronyd (4.3 or later) has to know to set the clock of a mobile node.
///
/// Under which account it runs is for the command line.
struct ChronyConfiguration: Hashable, Sendable {
    /// The servers that it asks.
    let servers: [IPv6Address]
    /// Where its questions come from, so that they go through the tunnel.
    let source: IPv6Address?

    /// Nil where there is nothing to do for it.
    init?(_ settings: ShisaSettings) {
        guard let time = settings.time else { return nil }
        servers = time.servers
        source = settings.home?.address
    }
}

extension ChronyConfiguration {
    /// Where it keeps how fast the clock runs.
    private static let folder = "/var/lib/chrony"
    /// How often a server is asked, as powers of two in seconds: every 16 s until the clock is right, since the tunnel may come up
    /// later than chronyd does, and in the end every 17 minutes.
    private static let polls = 4...10

    /// The file.
    var text: String {
        var lines = ["# Made from shisa.conf by shisaconf; what is changed here is lost."]
        lines += servers.map {
            "server \($0) iburst minpoll \(Self.polls.lowerBound) maxpoll \(Self.polls.upperBound)"
        }
        if let source { lines.append("bindacqaddress \(source)") }
        lines += [
            // A board without a battery begins in another year: at first the clock jumps, later it is only slowed down or sped up.
            "makestep 1 3",
            // Without it chronyd does not tell the kernel that somebody keeps the clock, which is what mrd asks.
            "rtcsync",
            "driftfile \(Self.folder)/drift",
            // It is asked nothing over the network.
            "port 0", "cmdport 0",
        ]
        return lines.map { $0 + "\n" }.joined()
    }
}
