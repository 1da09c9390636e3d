public import MobilityWire

/// The four addresses of a way past the home agent: another care-of address is another way.
public struct DirectWay: Hashable, Sendable {
    public var local: IPv6Address
    public var remote: IPv6Address
    public var localCareOf: IPv6Address?
    public var remoteCareOf: IPv6Address?

    public init(local: IPv6Address, remote: IPv6Address, localCareOf: IPv6Address?, remoteCareOf: IPv6Address?) {
        self.local = local
        self.remote = remote
        self.localCareOf = localCareOf
        self.remoteCareOf = remoteCareOf
    }
}
