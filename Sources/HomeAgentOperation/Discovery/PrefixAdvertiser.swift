public import MobilityCore
public import MobilityWire

/// The home agent's half of mobile prefix discovery: Mobile Prefix Solicitations and Advertisements (RFC 6275 §10.6).
///
/// What protects these messages: RFC 6275 wants IPsec, and RFC 4285 says that its authentication option, which is
/// for Mobility Headers, leaves mobile prefix discovery unprotected, so that it should not be used unless the network
/// protects it. So with `requiresProtection`, which is the default, only solicitations that came through IPsec are
/// answered and nothing is sent unasked to nodes without. Switched off, an answer goes only to the registered care-of
/// address of the home address in the solicitation: nobody else can ask for it or have it sent elsewhere, and it says
/// nothing that the home link's router advertisements do not.
public struct PrefixAdvertiser: Sendable {
    public private(set) var configuration: Configuration

    public struct Configuration: Hashable, Sendable {
        /// RFC 6275 §8.4: whether advertisements are sent at all.
        public var isEnabled: Bool
        public var requiresProtection: Bool
        /// MinMobPfxAdvInterval and MaxMobPfxAdvInterval (RFC 6275 §13).
        public var leastInterval: Instant.Span
        public var greatestInterval: Instant.Span

        public init(
            isEnabled: Bool = true, requiresProtection: Bool = true,
            leastInterval: Instant.Span = Self.defaultLeastInterval,
            greatestInterval: Instant.Span = Self.defaultGreatestInterval
        ) {
            self.isEnabled = isEnabled
            self.requiresProtection = requiresProtection
            self.leastInterval = leastInterval
            self.greatestInterval = greatestInterval
        }

        public static let defaultLeastInterval = SpecificationConstants.minimumPrefixAdvertisementInterval
        public static let defaultGreatestInterval = SpecificationConstants.maximumPrefixAdvertisementInterval
    }

    public enum Event: Hashable, Sendable {
        /// A binding was made, refreshed or moved. `others` are further care-of addresses of the node (RFC 5648).
        /// `isProtected`: whether IPsec protects what is sent to the node.
        case bindingInstalled(Binding, others: [IPv6Address] = [], isProtected: Bool)
        /// It ended, for whatever reason.
        case bindingRemoved(homeAddress: IPv6Address)
        /// The prefixes of the home link as they are now.
        case prefixesChanged([HomePrefix])
        case messageReceived(ICMPv6Envelope)
        case configurationChanged(Configuration)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case send(ICMPv6Envelope)
        case count(DiscoveryCounter)
    }

    /// What is known of one node with a binding.
    struct Node: Sendable {
        /// Where advertisements go.
        var careOfAddress: IPv6Address
        /// From where solicitations are taken as well.
        var otherAddresses: [IPv6Address] = []
        var homeAgent: IPv6Address
        var isProtected: Bool
        var lastSent: Instant?
        /// The next advertisement: a scheduled one or a repetition.
        var due: Instant?
        /// How long to wait behind the next unsolicited advertisement; nil when nothing is unacknowledged.
        var timeout: Instant.Span?
        var retransmissions = 0
        /// A solicitation that came too early to be answered at once: its identifier and where it came from.
        var pending: UInt16?
    }

    private(set) var nodes: [IPv6Address: Node] = [:]
    private var prefixes: [HomePrefix] = []
    private var queue = DeadlineHeap<IPv6Address>()
    private var random: RandomNumbers
    private var actions: [Action] = []

    public init(_ configuration: Configuration = Configuration(), seed: UInt64) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? { queue.earliest }

    /// To how many nodes an advertisement is scheduled.
    public var scheduledCount: Int { nodes.values.lazy.filter { $0.due != nil }.count }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        fire(at: now)
        switch event {
        case .bindingInstalled(let binding, let others, let isProtected):
            install(binding, others: others, isProtected: isProtected, at: now)
        case .bindingRemoved(let homeAddress): nodes[homeAddress] = nil
        case .prefixesChanged(let new): change(to: new, at: now)
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .configurationChanged(let new):
            configuration = new
            for homeAddress in nodes.keys where !mayAdvertise(to: homeAddress) { nodes[homeAddress]?.due = nil }
        case .timer: break
        }
        return actions
    }

    private mutating func count(_ counter: DiscoveryCounter) { actions.append(.count(counter)) }

    private func mayAdvertise(to homeAddress: IPv6Address) -> Bool {
        guard configuration.isEnabled, let node = nodes[homeAddress] else { return false }
        return node.isProtected || !configuration.requiresProtection
    }

    // MARK: Scheduling (RFC 6275 §10.6.2)

    private mutating func install(
        _ binding: Binding, others: [IPv6Address], isProtected: Bool, at now: Instant
    ) {
        let homeAddress = binding.homeAddress
        var node =
            nodes[homeAddress]
            ?? Node(
                careOfAddress: binding.careOfAddress, homeAgent: binding.homeAgent, isProtected: isProtected)
        node.careOfAddress = binding.careOfAddress
        node.otherAddresses = others
        node.homeAgent = binding.homeAgent
        node.isProtected = isProtected
        nodes[homeAddress] = node
        guard mayAdvertise(to: homeAddress) else { return }
        if node.timeout != nil, node.due == nil {
            // Another Binding Update without an acknowledgement of the news: begin again.
            nodes[homeAddress]?.timeout = SpecificationConstants.prefixAdvertisementTimeout
            nodes[homeAddress]?.retransmissions = 0
            schedule(homeAddress, at: now + SpecificationConstants.leastPrefixAdvertisementInterval)
        } else if node.lastSent.map({ $0 + configuration.greatestInterval <= now }) ?? true {
            ensureScheduled(homeAddress, at: now)
        }
    }

    private mutating func change(to new: [HomePrefix], at now: Instant) {
        let old = prefixes
        prefixes = Array(new.prefix(Tunables.prefixesPerHomeLink))
        // Those whose home prefix changed must be told; of a new prefix everybody should know.
        let changed = prefixes.filter { prefix in
            old.first { $0.prefix == prefix.prefix }.map { prefix.differs(from: $0, at: now) } ?? false
        }
        let gone = old.filter { prefix in !prefixes.contains { $0.prefix == prefix.prefix } }
        let hasNew = prefixes.contains { prefix in !old.contains { $0.prefix == prefix.prefix } }
        guard !old.isEmpty else { return }
        for homeAddress in nodes.keys
        where hasNew || (changed + gone).contains(where: { $0.prefix.contains(homeAddress) }) {
            guard mayAdvertise(to: homeAddress) else { continue }
            ensureScheduled(homeAddress, at: now)
        }
    }

    /// One that is scheduled already will say the news; a repetition too, as everything is said each time.
    private mutating func ensureScheduled(_ homeAddress: IPv6Address, at now: Instant) {
        guard let node = nodes[homeAddress] else { return }
        nodes[homeAddress]?.retransmissions = 0
        nodes[homeAddress]?.timeout = SpecificationConstants.prefixAdvertisementTimeout
        guard node.due == nil else { return }
        let preferred = prefixes.first { $0.prefix.contains(homeAddress) }.map {
            Instant.Span.seconds(Int64($0.remaining(at: now).preferredLifetime))
        }
        let longest = min(configuration.greatestInterval, preferred ?? configuration.greatestInterval)
        let range = (longest - configuration.leastInterval).milliseconds.magnitude
        let delay = range == 0 ? 0 : Int64(random.next() % range)
        schedule(homeAddress, at: now + configuration.leastInterval + .milliseconds(delay))
    }

    private mutating func schedule(_ homeAddress: IPv6Address, at due: Instant) {
        nodes[homeAddress]?.due = due
        queue.insert(homeAddress, at: due)
        guard queue.count > 2 * nodes.count + 64 else { return }
        queue.removeAll()
        for (homeAddress, node) in nodes { if let due = node.due { queue.insert(homeAddress, at: due) } }
    }

    private mutating func fire(at now: Instant) {
        while let (deadline, homeAddress) = queue.takeDue(at: now) {
            guard let node = nodes[homeAddress], node.due == deadline else { continue }
            nodes[homeAddress]?.due = nil
            guard mayAdvertise(to: homeAddress) else { continue }
            if let identifier = node.pending {
                nodes[homeAddress]?.pending = nil
                advertise(to: homeAddress, identifier: identifier, at: now)
                continue
            }
            guard let timeout = node.timeout else { continue }
            if node.retransmissions > 0 { count(.prefixAdvertisementRetransmitted) }
            advertise(to: homeAddress, identifier: UInt16(truncatingIfNeeded: random.next()), at: now)
            guard node.retransmissions < SpecificationConstants.prefixAdvertisementRetransmissions else { continue }
            nodes[homeAddress]?.retransmissions += 1
            nodes[homeAddress]?.timeout = timeout * 2
            schedule(homeAddress, at: now + timeout)
        }
    }

    // MARK: Messages

    private mutating func receive(_ envelope: ICMPv6Envelope, at now: Instant) {
        guard let message = try? ICMPv6Message.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard case .mobilePrefixSolicitation(let identifier, _) = message else { return count(.messageUnexpected) }
        count(.prefixSolicitationReceived)
        guard configuration.isEnabled else { return count(.messageUnexpected) }
        guard envelope.isProtected || !configuration.requiresProtection else {
            return count(.prefixMessageUnprotected)
        }
        guard let homeAddress = envelope.homeAddressOption else { return count(.messageForeign) }
        // The Home Address option is worth what the binding is (RFC 6275 §9.3.1).
        guard let node = nodes[homeAddress], node.homeAgent == envelope.destination,
            node.careOfAddress == envelope.source || node.otherAddresses.contains(envelope.source)
        else { return count(.prefixSolicitationUnbound) }
        if node.careOfAddress != envelope.source {
            nodes[homeAddress]?.otherAddresses.removeAll { $0 == envelope.source }
            nodes[homeAddress]?.otherAddresses.append(node.careOfAddress)
            nodes[homeAddress]?.careOfAddress = envelope.source
        }
        // It acknowledges what was sent unasked.
        nodes[homeAddress]?.timeout = nil
        nodes[homeAddress]?.due = nil
        if let last = node.lastSent, now < last + SpecificationConstants.leastPrefixAdvertisementInterval {
            count(.prefixAdvertisementDeferred)
            nodes[homeAddress]?.pending = identifier
            return schedule(homeAddress, at: last + SpecificationConstants.leastPrefixAdvertisementInterval)
        }
        nodes[homeAddress]?.pending = nil
        advertise(to: homeAddress, identifier: identifier, at: now)
    }

    /// Sends all prefixes (RFC 6275 §10.6.3). M and O stay clear: there is no DHCPv6 for nodes that are away (§6.8).
    private mutating func advertise(to homeAddress: IPv6Address, identifier: UInt16, at now: Instant) {
        guard let node = nodes[homeAddress] else { return }
        var options: [NeighborOption] = []
        for prefix in prefixes {
            var information = prefix.remaining(at: now)
            // RFC 6275 §7.2: the home agent's whole address where it has one in the prefix.
            if prefix.prefix.contains(node.homeAgent) {
                information.address = node.homeAgent
                information.isRouterAddress = true
            }
            options.append(.prefixInformation(information))
        }
        // At least one option has to be there (RFC 6275 §6.8).
        guard !options.isEmpty else { return }
        count(.prefixAdvertisementSent)
        nodes[homeAddress]?.lastSent = now
        let message = ICMPv6Message.mobilePrefixAdvertisement(
            MobilePrefixAdvertisement(identifier: identifier, options: options))
        actions.append(
            .send(
                ICMPv6Envelope(
                    source: node.homeAgent, destination: node.careOfAddress, routingHeader: homeAddress,
                    isProtected: node.isProtected, message: message.emit())))
    }
}
