public import MobilityWire

/// Intercepting packets for nodes that are away, on the home link (RFC 6275 §10.4.1): which addresses to answer for, and
/// the Neighbor Advertisements that draw the link's packets to the home agent.
///
/// Give it every `.install` and `.remove` of the home agent's machine and the Neighbor Solicitations of the home link.
/// Without a home link (a virtual home network) there is none of it.
public struct HomeLink: Sendable {
    public struct Configuration: Hashable, Sendable {
        public var interfaceIndex: UInt32
        /// The home agent's own address there, from which it advertises.
        public var address: IPv6Address
        /// Its own link-layer address there.
        public var linkLayerAddress: [UInt8]

        public init(interfaceIndex: UInt32, address: IPv6Address, linkLayerAddress: [UInt8]) {
            self.interfaceIndex = interfaceIndex
            self.address = address
            self.linkLayerAddress = linkLayerAddress
        }
    }

    public enum Event: Hashable, Sendable {
        case bindingInstalled(Binding)
        case bindingRemoved(Binding)
        /// A Neighbor Solicitation from the home link, for whoever does not leave them to the kernel's proxy entries.
        case messageReceived(ICMPv6Envelope)
        case timer
    }

    public enum Action: Hashable, Sendable {
        /// Answer Neighbor Solicitations for this address: a proxy entry of the kernel's neighbour table, and its
        /// solicited-node multicast group.
        case addProxy(IPv6Address)
        case removeProxy(IPv6Address)
        case send(ICMPv6Envelope)
    }

    public let configuration: Configuration
    /// The addresses to answer for.
    public private(set) var proxies: Set<IPv6Address> = []
    private var announcements: [IPv6Address: (due: Instant, left: Int)] = [:]
    private var queue = DeadlineHeap<IPv6Address>()
    private var actions: [Action] = []

    public init(_ configuration: Configuration) { self.configuration = configuration }

    public var nextDeadline: Instant? { queue.earliest }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        while let (deadline, address) = queue.takeDue(at: now) {
            guard let announcement = announcements[address], announcement.due == deadline else { continue }
            announce(address, left: announcement.left, at: now)
        }
        switch event {
        case .bindingInstalled(let binding):
            let wanted = Self.addresses(of: binding)
            // Should the L flag have gone.
            for address in [binding.homeAddress.linkLocal] where !wanted.contains(address) { stop(address) }
            for address in wanted where proxies.insert(address).inserted {
                actions.append(.addProxy(address))
                announce(address, left: SpecificationConstants.neighborAdvertisements, at: now)
            }
        case .bindingRemoved(let binding):
            for address in Self.addresses(of: binding) { stop(address) }
        case .messageReceived(let envelope): answer(envelope)
        case .timer: break
        }
        return actions
    }

    private static func addresses(of binding: Binding) -> [IPv6Address] {
        binding.linkLocalCompatibility ? [binding.homeAddress, binding.homeAddress.linkLocal] : [binding.homeAddress]
    }

    private mutating func stop(_ address: IPv6Address) {
        guard proxies.remove(address) != nil else { return }
        announcements[address] = nil
        actions.append(.removeProxy(address))
    }

    /// Multicasts on behalf of the node, up to MAX_NEIGHBOR_ADVERTISEMENT times a second apart.
    private mutating func announce(_ address: IPv6Address, left: Int, at now: Instant) {
        send(advertisement(of: address, isSolicited: false), to: .allNodes)
        guard left > 1 else {
            announcements[address] = nil
            return
        }
        let due = now + SpecificationConstants.neighborRetransmissionTimer
        announcements[address] = (due, left - 1)
        queue.insert(address, at: due)
    }

    /// Router bit zero, override bit set, always with the link-layer address (RFC 6275 §10.4.1). To a solicitation the
    /// override bit is clear, as a proxy's answer should be (RFC 4861 §7.2.8).
    private func advertisement(of address: IPv6Address, isSolicited: Bool, overrides: Bool = true)
        -> NeighborAdvertisement
    {
        NeighborAdvertisement(
            isSolicited: isSolicited, overrides: overrides, target: address,
            options: [.targetLinkLayerAddress(configuration.linkLayerAddress)])
    }

    private mutating func send(_ advertisement: NeighborAdvertisement, to destination: IPv6Address) {
        actions.append(
            .send(
                ICMPv6Envelope(
                    source: configuration.address, destination: destination,
                    interfaceIndex: configuration.interfaceIndex, hopLimit: ICMPv6Message.neighborDiscoveryHopLimit,
                    message: ICMPv6Message.neighborAdvertisement(advertisement).emit())))
    }

    private mutating func answer(_ envelope: ICMPv6Envelope) {
        guard envelope.interfaceIndex == configuration.interfaceIndex,
            let message = try? ICMPv6Message.parse(envelope.message.span.bytes),
            case .neighborSolicitation(let target, _) = message, proxies.contains(target),
            (try? message.checkNeighborDiscovery(
                source: envelope.source, destination: envelope.destination, hopLimit: envelope.hopLimit)) != nil
        else { return }
        // Somebody detects duplicates: everybody is told that the address is taken (RFC 4861 §7.2.4, RFC 4862 §5.4.3).
        guard !envelope.source.isUnspecified else {
            return send(advertisement(of: target, isSolicited: false), to: .allNodes)
        }
        send(advertisement(of: target, isSolicited: true, overrides: false), to: envelope.source)
    }
}
