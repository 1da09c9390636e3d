public import MobilityCore
public import MobilityWire

/// What a home agent knows of its home link and tells to those who ask: the home agents list, the prefixes, and Dynamic
/// Home Agent Address Discovery (RFC 6275 §10.5, RFC 3963 §7).
///
/// Give it the router advertisements of the home link and the requests; perform the actions in their order, and call
/// `handle(.timer, at:)` when `nextDeadline` has come.
public struct HomeAgentDirectory: Sendable {
    public internal(set) var configuration: Configuration
    public private(set) var list = HomeAgentsList()
    private var learnedPrefixes: [HomePrefix] = []
    private var random: RandomNumbers
    private var strangers = RateLimit(
        perSecond: Tunables.discoveryRepliesPerSecond, burst: Tunables.discoveryRepliesBurst)
    private var actions: [Action] = []

    public struct Configuration: Hashable, Sendable {
        /// The home agent's own global addresses.
        public var addresses: [IPv6Address]
        /// The prefixes of the home link with what is to be advertised about them.
        public var prefixes: [HomePrefix]
        /// The home agent's own preference among the home agents of its link (RFC 6275 §8.4).
        public var preference: UInt16
        /// Whether it serves mobile routers itself.
        public var mobileRouters: Bool
        /// The interface of the home link; router advertisements from others are ignored. Nil: there is no home link.
        public var interfaceIndex: UInt32?

        public init(
            addresses: [IPv6Address], prefixes: [HomePrefix], preference: UInt16 = 0, mobileRouters: Bool = true,
            interfaceIndex: UInt32? = nil
        ) {
            self.addresses = addresses
            self.prefixes = prefixes
            self.preference = preference
            self.mobileRouters = mobileRouters
            self.interfaceIndex = interfaceIndex
        }
    }

    public enum Event: Hashable, Sendable {
        /// A router advertisement from the home link, or a discovery request.
        case messageReceived(ICMPv6Envelope)
        case timer
        case configurationChanged(Configuration)
    }

    public enum Action: Hashable, Sendable {
        case send(ICMPv6Envelope)
        /// The prefixes of the home link, those of the configuration first; given out when they changed otherwise than
        /// by the passing of time.
        case prefixesChanged([HomePrefix])
        case count(DiscoveryCounter)
        case log(Severity, String)
    }

    /// - Parameter seed: puts home agents of one preference in an order that differs from answer to answer.
    public init(_ configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? {
        learnedPrefixes.reduce(list.nextDeadline) { next, prefix in
            guard let end = prefix.validUntil else { return next }
            return next.map { min($0, end) } ?? end
        }
    }

    /// The prefixes of the home link: of those that configuration and advertisements both name, the configured.
    public var prefixes: [HomePrefix] {
        let configured = Set(configuration.prefixes.map(\.prefix))
        return configuration.prefixes + learnedPrefixes.filter { !configured.contains($0.prefix) }
    }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        expire(at: now)
        switch event {
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .timer: break
        case .configurationChanged(let new):
            let before = prefixes
            configuration = new
            if prefixes != before { actions.append(.prefixesChanged(prefixes)) }
        }
        return actions
    }

    private mutating func count(_ counter: DiscoveryCounter) { actions.append(.count(counter)) }

    private mutating func expire(at now: Instant) {
        for _ in 0..<list.expire(at: now) { count(.homeAgentRemoved) }
        let before = learnedPrefixes.count
        learnedPrefixes.removeAll { !$0.isValid(at: now) }
        if learnedPrefixes.count < before { actions.append(.prefixesChanged(prefixes)) }
    }

    private mutating func receive(_ envelope: ICMPv6Envelope, at now: Instant) {
        guard let message = try? ICMPv6Message.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        switch message {
        case .routerAdvertisement(let advertisement):
            guard envelope.interfaceIndex == configuration.interfaceIndex else { return count(.messageForeign) }
            do throws(ParseError) {
                try message.checkNeighborDiscovery(
                    source: envelope.source, destination: envelope.destination, hopLimit: envelope.hopLimit)
            } catch {
                return count(.routerAdvertisementInvalid)
            }
            receive(advertisement, from: envelope.source, at: now)
        case .homeAgentAddressDiscoveryRequest(let identifier, let mobileRouter):
            answer(envelope, identifier: identifier, mobileRouter: mobileRouter, at: now)
        default:
            count(.messageUnexpected)
        }
    }

    // MARK: Router advertisements

    private mutating func receive(_ advertisement: RouterAdvertisement, from source: IPv6Address, at now: Instant) {
        count(.routerAdvertisementReceived)
        switch list.note(advertisement, from: source, at: now) {
        case .added:
            count(.homeAgentAdded)
            actions.append(.log(.info, "home agent \(source) is on the home link"))
        case .removed: count(.homeAgentRemoved)
        case .full: count(.homeAgentRefused)
        case .refreshed, .ignored: break
        }
        // Home agents tell each other's prefixes on to the nodes (RFC 6275 §10.6.1).
        guard advertisement.flags.contains(.homeAgent) else { return }
        var hasChanged = false
        for case .prefixInformation(let information) in advertisement.options {
            hasChanged = learn(information, at: now) || hasChanged
        }
        if hasChanged { actions.append(.prefixesChanged(prefixes)) }
    }

    /// Whether the prefix is news.
    private mutating func learn(_ information: PrefixInformation, at now: Instant) -> Bool {
        guard information.prefixLength > 0, information.address.isRoutableUnicast else { return false }
        var information = information
        // The router's own address is the home agent's business, the same prefix is the same from every router.
        information.address = information.prefix.address
        information.isRouterAddress = false
        let prefix = HomePrefix(information, since: now)
        guard let index = learnedPrefixes.firstIndex(where: { $0.prefix == prefix.prefix }) else {
            guard prefix.isValid(at: now) else { return false }
            guard learnedPrefixes.count < Tunables.prefixesPerHomeLink else {
                count(.homePrefixRefused)
                return false
            }
            learnedPrefixes.append(prefix)
            return true
        }
        let isNews = prefix.differs(from: learnedPrefixes[index], at: now)
        if prefix.isValid(at: now) { learnedPrefixes[index] = prefix } else { learnedPrefixes.remove(at: index) }
        return isNews
    }

    // MARK: Dynamic Home Agent Address Discovery

    private mutating func answer(
        _ request: ICMPv6Envelope, identifier: UInt16, mobileRouter: Bool, at now: Instant
    ) {
        count(.discoveryRequestReceived)
        let served = configuration.prefixes.first { $0.prefix.homeAgentsAnycast == request.destination }
        guard served != nil || configuration.addresses.contains(request.destination),
            request.source.isRoutableUnicast,
            let source = configuration.addresses.first(where: { served?.prefix.contains($0) ?? true })
                ?? configuration.addresses.first
        else { return count(.messageForeign) }
        // Anybody can ask, in anybody's name, and the answer may be twenty times the question.
        guard strangers.allow(at: now) else { return count(.discoveryReplySuppressed) }
        let (addresses, areForMobileRouters) = homeAgents(forMobileRouter: mobileRouter)
        let reply = ICMPv6Message.homeAgentAddressDiscoveryReply(
            identifier: identifier, mobileRouter: areForMobileRouters, addresses: addresses)
        count(.discoveryReplySent)
        actions.append(
            .send(ICMPv6Envelope(source: source, destination: request.source, message: reply.emit())))
    }

    /// The addresses of an answer: by falling preference, in random order among equals, as many as fit into a packet of
    /// the minimum MTU (RFC 6275 §10.5.1); and whether all of them serve mobile routers (RFC 3963 §7.2).
    mutating func homeAgents(forMobileRouter: Bool) -> (addresses: [IPv6Address], mobileRouters: Bool) {
        struct Agent {
            var preference: UInt16
            var mobileRouters: Bool
            var addresses: [IPv6Address]
        }
        let own = configuration.addresses
        var agents = list.entries.map { entry in
            Agent(
                preference: entry.preference, mobileRouters: entry.mobileRouters,
                addresses: entry.addresses.map(\.address).filter { !own.contains($0) })
        }
        agents.append(
            Agent(preference: configuration.preference, mobileRouters: configuration.mobileRouters, addresses: own))
        let forMobileRouters = forMobileRouter && agents.contains { $0.mobileRouters && !$0.addresses.isEmpty }
        if forMobileRouters { agents.removeAll { !$0.mobileRouters } }
        agents.shuffle(using: &random)
        agents.sort { $0.preference > $1.preference }
        var addresses: [IPv6Address] = []
        for agent in agents { addresses += agent.addresses.shuffled(using: &random) }
        return (Array(addresses.prefix(Self.addressesInReply)), forMobileRouters)
    }

    /// (1280 octets - 40 of the IPv6 header - 8 of the message) / 16
    static let addressesInReply = (ICMPv6Message.minimumMTU - IPv6Header.length - 8) / 16
}
