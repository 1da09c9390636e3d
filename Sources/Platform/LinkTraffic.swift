import CLinux

/// What an interface has carried since it exists (`IFLA_STATS64`).
public struct LinkTraffic: Hashable, Sendable {
    public var octetsIn: UInt64
    public var octetsOut: UInt64

    public init(octetsIn: UInt64, octetsOut: UInt64) {
        self.octetsIn = octetsIn
        self.octetsOut = octetsOut
    }

    /// The interface's index, and its counters; nil where the kernel does not tell.
    static func entry(message: UnsafeRawBufferPointer) -> (UInt32, LinkTraffic)? {
        guard let header: ifinfomsg = message.value(at: 0) else { return nil }
        let attributes = NetlinkAttributes(message, from: MemoryLayout<ifinfomsg>.size)
        // The third and the fourth number of `struct rtnl_link_stats64`.
        guard let counters = attributes[Int(IFLA_STATS64)], let octetsIn: UInt64 = counters.value(at: 2 * 8),
            let octetsOut: UInt64 = counters.value(at: 3 * 8)
        else { return nil }
        return (UInt32(bitPattern: header.ifi_index), LinkTraffic(octetsIn: octetsIn, octetsOut: octetsOut))
    }
}
