extension ICMPv6Message {
    /// The hop limit of every neighbour-discovery message: none that a router has passed on still has it.
    public static let neighborDiscoveryHopLimit: UInt8 = 255

    /// The options of a neighbour-discovery or mobile prefix message.
    public var neighborOptions: [NeighborOption] {
        switch self {
        case .routerSolicitation(let options), .neighborSolicitation(_, let options),
            .mobilePrefixSolicitation(_, let options):
            options
        case .routerAdvertisement(let advertisement): advertisement.options
        case .neighborAdvertisement(let advertisement): advertisement.options
        case .mobilePrefixAdvertisement(let advertisement): advertisement.options
        default: []
        }
    }

    /// What RFC 4861 §6.1 and §7.1 ask of a neighbour-discovery message besides its own octets. Other messages pass.
    ///
    /// - Throws: `.hopLimit`, `.messageAddress`; the message is then silently discarded.
    public func checkNeighborDiscovery(
        source: IPv6Address, destination: IPv6Address, hopLimit: UInt8
    ) throws(ParseError) {
        switch self {
        case .routerSolicitation, .routerAdvertisement, .neighborSolicitation, .neighborAdvertisement: break
        default: return
        }
        guard hopLimit == Self.neighborDiscoveryHopLimit else { throw ParseError(.hopLimit, octet: 0) }
        switch self {
        case .routerSolicitation:
            guard !source.isUnspecified || !hasSourceLinkLayerAddress else {
                throw ParseError(.messageAddress, octet: 0)
            }
        case .routerAdvertisement:
            guard source.isLinkLocal else { throw ParseError(.messageAddress, octet: 0) }
        case .neighborSolicitation(let target, _):
            guard !target.isMulticast else { throw ParseError(.messageAddress, octet: 8) }
            guard !source.isUnspecified || destination == target.solicitedNodeMulticast && !hasSourceLinkLayerAddress
            else { throw ParseError(.messageAddress, octet: 0) }
        case .neighborAdvertisement(let advertisement):
            guard !advertisement.target.isMulticast else { throw ParseError(.messageAddress, octet: 8) }
            guard !destination.isMulticast || !advertisement.isSolicited else {
                throw ParseError(.messageAddress, octet: 4)
            }
        default:
            break
        }
    }

    private var hasSourceLinkLayerAddress: Bool {
        neighborOptions.contains { if case .sourceLinkLayerAddress = $0 { true } else { false } }
    }
}
