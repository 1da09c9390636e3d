public import MobilityWire

/// The ways past the home agent, compiled once and then never changed.
public struct DirectRouteTable: Sendable {
    public let routes: [DirectRoute]
    private let pairs: PairTable
    /// Care-of address and home address of ours, where packets with a type 2 routing header may come in.
    private let registered: PairTable
    /// Home addresses of others that the kernel leads to us for the sake of one of our addresses.
    private let ledHere: Set<IPv6Address>
    /// The sender for what is led here and is not ours to change.
    let passingEgress: Int32
    /// Our addresses at which type 2 routing headers are ours.
    public let routingHeaderAddresses: Set<IPv6Address>
    /// Our addresses at which Home Address options are ours.
    public let optionAddresses: Set<IPv6Address>
    /// Home addresses of ours whose packets through the home agent are worth a hint.
    private let hinted: [IPv6Address]
    /// Who gets the hints: another number is another listener, who has heard of nothing yet.
    public let listener: Int

    /// - Parameters:
    ///   - registered: care-of address and home address of ours.
    ///   - hinted: home addresses of ours whose packets through the home agent are worth a hint.
    ///   - listener: who gets the hints, any number.
    ///   - seed: secret, any.
    public init(
        routes: [DirectRoute], registered: [(careOf: IPv6Address, home: IPv6Address)] = [],
        routingHeaderAddresses: Set<IPv6Address> = [], optionAddresses: Set<IPv6Address> = [],
        hinted: [IPv6Address] = [], listener: Int = 0, passingEgress: Int32 = -1, seed: UInt64
    ) {
        self.routes = routes
        pairs = PairTable(
            routes.enumerated().map { ($1.local, $1.remote, Int32(truncatingIfNeeded: $0)) }, seed: seed)
        self.registered = PairTable(registered.map { ($0.careOf, $0.home, 0) }, seed: seed)
        ledHere = Set(routes.filter { $0.remoteCareOf != nil }.map(\.remote))
        self.passingEgress = passingEgress
        self.routingHeaderAddresses = routingHeaderAddresses
        self.optionAddresses = optionAddresses
        self.hinted = hinted
        self.listener = listener
    }

    public static let empty = DirectRouteTable(routes: [], seed: 0)

    /// The route between two addresses, as upper layers know them.
    @inline(__always)
    func route(local: IPv6Address, remote: IPv6Address) -> Int? {
        pairs.isEmpty ? nil : pairs.lookup(local, remote)
    }

    /// Whether a home address of ours is registered with a care-of address, at a home agent or a correspondent.
    func isRegistered(home: IPv6Address, careOf: IPv6Address) -> Bool { registered.lookup(careOf, home) != nil }

    /// Whether what goes to this address is led here, and leaves as it is where it is not ours to change.
    func passes(_ destination: IPv6Address) -> Bool { passingEgress >= 0 && ledHere.contains(destination) }

    /// Whether anybody wants hints.
    @inline(__always)
    public var wantsHints: Bool { !hinted.isEmpty }

    /// The pair that a hint is about, of a packet that went through the home agent's tunnel: one of our home addresses and
    /// the peer. Signalling is none that a route is sought for.
    @inline(__always)
    public func hint(
        source: IPv6Address, destination: IPv6Address, nextHeader: UInt8
    ) -> (homeAddress: IPv6Address, peer: IPv6Address)? {
        guard !hinted.isEmpty, nextHeader != IPProtocol.mobilityHeader.rawValue else { return nil }
        for home in hinted {
            if home == source { return (home, destination) }
            if home == destination { return (home, source) }
        }
        return nil
    }
}
