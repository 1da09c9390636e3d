public import MobilityWire

/// A way past the home agent, between an address of ours and another of which one is a home address, or both are.
///
/// Of ours: packets leave from the care-of address with a Home Address option (RFC 6275 §11.3.1). Of the other: packets go
/// to its care-of address with a type 2 routing header (§9.3.2), and are accepted from there (§9.3.1).
public struct DirectRoute: Sendable {
    /// Our address, as upper layers know it.
    public var local: IPv6Address
    /// The other address, as upper layers know it.
    public var remote: IPv6Address
    /// Where `local` is now, and is known by the other to be; nil leaves the source as it is.
    public var localCareOf: IPv6Address?
    /// Where `remote` is now; nil leaves the destination as it is.
    public var remoteCareOf: IPv6Address?
    /// Which sender takes what goes out: an index into the senders of the worker.
    public var egress: Int32
    /// The largest packet that fits before our headers are added, in octets.
    public var mtu: Int
    /// Whether that is less than every sender may send, 1280 octets (RFC 8200 §5): then nothing goes out by it, and what comes
    /// in is taken all the same.
    public var isTooNarrow = false
    public var counters: TunnelCounters

    public init(
        local: IPv6Address, remote: IPv6Address, localCareOf: IPv6Address?, remoteCareOf: IPv6Address?, egress: Int32,
        mtu: Int, counters: TunnelCounters
    ) {
        self.local = local
        self.remote = remote
        self.localCareOf = localCareOf
        self.remoteCareOf = remoteCareOf
        self.egress = egress
        self.mtu = mtu
        self.counters = counters
    }

    /// Octets of a type 2 routing header, and of a destination options header with a Home Address option.
    public static let headerLength = 24

    public var way: DirectWay {
        DirectWay(local: local, remote: remote, localCareOf: localCareOf, remoteCareOf: remoteCareOf)
    }

    /// Octets that packets grow by.
    public var overhead: Int {
        (localCareOf == nil ? 0 : Self.headerLength) + (remoteCareOf == nil ? 0 : Self.headerLength)
    }
}
