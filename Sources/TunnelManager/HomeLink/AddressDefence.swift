import MobilityWire

/// Intercepting packets for nodes that are away, on the home link (RFC 6275 §10.4.1): which addresses to answer for, and
/// the Neighbor Advertisements that draw the link's packets to the home agent.
///
/// The solicitations themselves are answered by the kernel, from the proxy entries that this asks for.
struct AddressDefence: Sendable {
    /// The home agent's own address there, from which it advertises.
    let source: IPv6Address
    /// Its link-layer address there.
    let linkLayerAddress: [UInt8]

    /// MAX_NEIGHBOR_ADVERTISEMENT and RETRANS_TIMER (RFC 4861 §10).
    static let announcements = 3
    static let interval = Instant.Span.seconds(1)

    enum Event: Hashable, Sendable {
        /// The addresses to defend from now on, and which of them are mobile routers'.
        case addressesChanged(Set<IPv6Address>, routers: Set<IPv6Address>)
        /// Whether one address is defended from now on, and whether as a mobile router's; nothing is said of all others.
        case addressChanged(IPv6Address, isDefended: Bool, isRouter: Bool)
        case timer
    }

    enum Action: Hashable, Sendable {
        /// A proxy entry of the kernel's neighbour table, new or another than it was.
        case setProxy(IPv6Address, isRouter: Bool)
        case removeProxy(IPv6Address)
        case send(ICMPv6Message, to: IPv6Address)
    }

    /// The addresses to answer for.
    private(set) var proxies: Set<IPv6Address> = []
    /// Which of them are mobile routers', whose router bit is set (RFC 3963 §6.2).
    private(set) var routers: Set<IPv6Address> = []
    /// What is still to be announced.
    private var open: [IPv6Address: (due: Instant, left: Int)] = [:]
    /// The addresses by their deadlines; also such as were announced or given up meanwhile.
    private var deadlines = DeadlineHeap<IPv6Address>()

    init(source: IPv6Address, linkLayerAddress: [UInt8]) {
        self.source = source
        self.linkLayerAddress = linkLayerAddress
    }

    /// When `timer` is to come; it may come to nothing.
    var nextDeadline: Instant? { open.isEmpty ? nil : deadlines.earliest }

    /// Takes one event and says what is to be done. Announcements that are due wait for `timer`, so that a change costs the
    /// same however many there are.
    mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .addressesChanged(let wanted, let routers):
            for address in proxies.subtracting(wanted) { end(address, &actions) }
            for address in wanted { begin(address, isRouter: routers.contains(address), at: now, &actions) }
        case .addressChanged(let address, let isDefended, let isRouter):
            if isDefended {
                begin(address, isRouter: isRouter, at: now, &actions)
            } else if proxies.contains(address) {
                end(address, &actions)
            }
        case .timer:
            while let (deadline, address) = deadlines.takeDue(at: now) {
                guard let announcement = open[address], announcement.due == deadline else { continue }
                announce(address, left: announcement.left, at: now, &actions)
            }
        }
        return actions
    }

    /// Nothing, if that is so already.
    private mutating func begin(
        _ address: IPv6Address, isRouter: Bool, at now: Instant, _ actions: inout [Action]
    ) {
        guard proxies.insert(address).inserted || routers.contains(address) != isRouter else { return }
        if isRouter { routers.insert(address) } else { routers.remove(address) }
        actions.append(.setProxy(address, isRouter: isRouter))
        announce(address, left: Self.announcements, at: now, &actions)
    }

    private mutating func end(_ address: IPv6Address, _ actions: inout [Action]) {
        proxies.remove(address)
        routers.remove(address)
        setDeadline(of: address, nil)
        actions.append(.removeProxy(address))
    }

    /// Multicasts on behalf of the node: router bit as the node is, override bit set, always with the link-layer address.
    private mutating func announce(_ address: IPv6Address, left: Int, at now: Instant, _ actions: inout [Action]) {
        let advertisement = NeighborAdvertisement(
            isRouter: routers.contains(address), overrides: true, target: address,
            options: [.targetLinkLayerAddress(linkLayerAddress)])
        actions.append(.send(.neighborAdvertisement(advertisement), to: .allNodes))
        setDeadline(of: address, left > 1 ? (now + Self.interval, left - 1) : nil)
    }

    private mutating func setDeadline(of address: IPv6Address, _ announcement: (due: Instant, left: Int)?) {
        open[address] = announcement
        if let announcement { deadlines.insert(address, at: announcement.due) }
        if open.isEmpty { deadlines.removeAll() }
    }
}
