public import MobilityWire

/// The mobile node's half of mobile prefix discovery (RFC 6275 §11.4.2, §11.4.3): keeps the prefixes of the home link, and
/// says when there is a new home address to have or the one in use is about to end.
///
/// What protects the answers: see `PrefixAdvertiser`. With `requiresProtection`, the default, an advertisement that did
/// not come through IPsec is dropped. Switched off, an unprotected one is a hint and no more: it may announce prefixes,
/// but not shorten the life of the home prefix in use below two hours (as RFC 4862 §5.5.3 (e) has it for router
/// advertisements, for the same reason). A home address made from an announced prefix is real only when the home agent
/// accepts a Binding Update for it, and that is authenticated.
public struct PrefixDiscovery: Sendable {
    public private(set) var configuration: Configuration

    public struct Configuration: Hashable, Sendable {
        public var homeAddress: IPv6Address
        /// The prefix of the home link that the home address is in.
        public var homePrefix: IPv6Prefix
        public var isEnabled: Bool
        public var requiresProtection: Bool

        public init(
            homeAddress: IPv6Address, homePrefix: IPv6Prefix, isEnabled: Bool = true, requiresProtection: Bool = true
        ) {
            self.homeAddress = homeAddress
            self.homePrefix = homePrefix
            self.isEnabled = isEnabled
            self.requiresProtection = requiresProtection
        }
    }

    public enum Event: Hashable, Sendable {
        /// The home agent accepted a binding with this care-of address. `prefixDiscoveryNecessary` is its status 1.
        case registered(homeAgent: IPv6Address, careOf: CareOf, prefixDiscoveryNecessary: Bool)
        /// There is no binding any more.
        case unregistered
        case messageReceived(ICMPv6Envelope)
        case configurationChanged(Configuration)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case send(ICMPv6Envelope)
        /// A prefix of the home link from which addresses may be made has come up: this is the home address in it, with
        /// the interface identifier of the one in use.
        case newHomeAddress(IPv6Address, IPv6Prefix)
        /// The home address in use should not be used for new connections any more.
        case homeAddressDeprecated
        /// The home address in use is not valid any more: register with another one.
        case homeAddressInvalid
        /// All prefixes as they are now; given out when they changed.
        case prefixes([HomePrefix])
        case count(DiscoveryCounter)
        case log(Severity, String)
    }

    private enum Timer: CaseIterable, Sendable { case retransmission, solicitation, deprecation, invalidity }

    private var binding: (homeAgent: IPv6Address, careOf: CareOf)?
    /// The prefixes that the home agent told.
    public private(set) var prefixes: [HomePrefix] = []
    /// The solicitation that is open.
    private var identifier: UInt16?
    private var solicitations = 0
    private var timeout = SpecificationConstants.initialSolicitationTimeout
    private var lastBegun: Instant?
    private var timers = TimerTable<Timer>()
    private var random: RandomNumbers
    private var actions: [Action] = []

    /// - Parameter seed: from the system's source of randomness: the identifier is all that an unprotected answer has
    ///   to know.
    public init(_ configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? { timers.next }
    /// When the home agent is asked next, as far as that is known.
    public var nextSolicitation: Instant? { timers[.retransmission] ?? timers[.solicitation] }
    /// When the home address is deprecated or ends next.
    public var nextPrefixEnd: Instant? { timers[.deprecation] ?? timers[.invalidity] }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        while let timer = timers.takeDue(at: now) {
            switch timer {
            case .retransmission: retransmit(at: now)
            case .solicitation: begin(at: now)
            case .deprecation: actions.append(.homeAddressDeprecated)
            case .invalidity: endHomeAddress(at: now)
            }
        }
        switch event {
        case .registered(let homeAgent, let careOf, let isNecessary):
            registered(homeAgent, careOf, isNecessary: isNecessary, at: now)
        case .unregistered:
            binding = nil
            close()
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .configurationChanged(let new):
            guard new != configuration else { break }
            configuration = new
            close()
            if binding != nil { begin(at: now) }
        case .timer: break
        }
        return actions
    }

    private mutating func count(_ counter: DiscoveryCounter) { actions.append(.count(counter)) }

    // MARK: Soliciting

    private mutating func registered(_ homeAgent: IPv6Address, _ careOf: CareOf, isNecessary: Bool, at now: Instant) {
        let isFirst = binding?.homeAgent != homeAgent
        let hasMoved = binding?.careOf != careOf
        binding = (homeAgent, careOf)
        if isFirst || isNecessary && mayBegin(at: now) {
            begin(at: now)
        } else if hasMoved, identifier != nil {
            transmit(at: now)
        }
    }

    private func mayBegin(at now: Instant) -> Bool {
        identifier == nil && lastBegun.map { $0 + Tunables.prefixSolicitationHoldOff <= now } ?? true
    }

    private mutating func close() {
        identifier = nil
        timers[.retransmission] = nil
        timers[.solicitation] = nil
    }

    private mutating func begin(at now: Instant) {
        guard configuration.isEnabled, binding != nil else { return }
        close()
        identifier = UInt16(truncatingIfNeeded: random.next() >> 16)
        solicitations = 0
        timeout = SpecificationConstants.initialSolicitationTimeout
        lastBegun = now
        transmit(at: now)
    }

    private mutating func retransmit(at now: Instant) {
        guard identifier != nil else { return }
        guard solicitations < Tunables.prefixSolicitations else {
            close()
            scheduleSolicitation(at: now)
            return
        }
        transmit(at: now)
    }

    private mutating func transmit(at now: Instant) {
        guard let identifier, let binding else { return }
        solicitations += 1
        count(.prefixSolicitationSent)
        let message = ICMPv6Message.mobilePrefixSolicitation(identifier: identifier, options: [])
        actions.append(
            .send(
                ICMPv6Envelope(
                    source: binding.careOf.address, destination: binding.homeAgent,
                    homeAddressOption: configuration.homeAddress, interfaceIndex: binding.careOf.interfaceIndex,
                    message: message.emit())))
        timers[.retransmission] = now + timeout
        timeout = timeout * 2
    }

    /// "About to become invalid" (RFC 6275 §11.4.2): when three quarters of what is left have passed.
    private mutating func scheduleSolicitation(at now: Instant) {
        guard let home = prefixes.first(where: { $0.prefix.contains(configuration.homeAddress) }),
            let end = [home.preferredUntil, home.validUntil].compactMap(\.self).filter({ $0 > now }).min()
        else { return }
        let interval = max((end - now) / 4 * 3, Tunables.prefixSolicitationHoldOff)
        timers[.solicitation] = now + interval
    }

    // MARK: Receiving

    private mutating func receive(_ envelope: ICMPv6Envelope, at now: Instant) {
        guard let message = try? ICMPv6Message.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard case .mobilePrefixAdvertisement(let advertisement) = message else { return count(.messageUnexpected) }
        guard configuration.isEnabled, let binding, envelope.source == binding.homeAgent,
            envelope.routingHeader == configuration.homeAddress
        else { return count(.messageForeign) }
        guard envelope.isProtected || !configuration.requiresProtection else {
            return count(.prefixMessageUnprotected)
        }
        guard let identifier, advertisement.identifier == identifier else {
            count(.prefixAdvertisementUnsolicited)
            if mayBegin(at: now) { begin(at: now) }
            return
        }
        count(.prefixAdvertisementReceived)
        close()
        adopt(advertisement, isProtected: envelope.isProtected, at: now)
        scheduleSolicitation(at: now)
    }

    private mutating func adopt(_ advertisement: MobilePrefixAdvertisement, isProtected: Bool, at now: Instant) {
        var new: [HomePrefix] = []
        for case .prefixInformation(let information) in advertisement.options
        where information.address.isRoutableUnicast && information.prefixLength > 0
            && information.preferredLifetime <= information.validLifetime
            && new.count < Tunables.prefixesPerHomeLink && !new.contains(where: { $0.prefix == information.prefix })
        {
            var prefix = HomePrefix(information, since: now)
            let isHome = prefix.prefix.contains(configuration.homeAddress)
            if isHome, !isProtected { prefix = prefix.atLeast(Self.unprotectedLeast, thanks: current(prefix), at: now) }
            new.append(prefix)
        }
        // One that is not named any more runs down.
        for old in prefixes where old.isValid(at: now) && !new.contains(where: { $0.prefix == old.prefix }) {
            if new.count < Tunables.prefixesPerHomeLink { new.append(old) }
        }
        let before = prefixes
        prefixes = new
        let news = new.filter { prefix in
            before.first { $0.prefix == prefix.prefix }.map { prefix.differs(from: $0, at: now) } ?? true
        }
        guard !news.isEmpty || before.count != new.count else { return }
        actions.append(.prefixes(new))
        for prefix in news { announce(prefix, before: before, at: now) }
        watchHomeAddress(at: now)
    }

    /// Two hours: what an unprotected message leaves at least.
    static let unprotectedLeast: UInt32 = 7200

    private func current(_ prefix: HomePrefix) -> HomePrefix? { prefixes.first { $0.prefix == prefix.prefix } }

    private mutating func announce(_ prefix: HomePrefix, before: [HomePrefix], at now: Instant) {
        guard !prefix.prefix.contains(configuration.homeAddress), prefix.information.isAutonomous,
            prefix.isPreferred(at: now), !before.contains(where: { $0.prefix == prefix.prefix })
        else { return }
        let address = configuration.homeAddress.moved(to: prefix.prefix)
        actions.append(.log(.notice, "the home link has a new prefix, \(prefix.prefix)"))
        actions.append(.newHomeAddress(address, prefix.prefix))
    }

    private mutating func watchHomeAddress(at now: Instant) {
        timers[.deprecation] = nil
        timers[.invalidity] = nil
        guard let home = prefixes.first(where: { $0.prefix.contains(configuration.homeAddress) }) else { return }
        guard home.isValid(at: now) else { return endHomeAddress(at: now) }
        timers[.invalidity] = home.validUntil
        if home.isPreferred(at: now) {
            timers[.deprecation] = home.preferredUntil
        } else {
            actions.append(.homeAddressDeprecated)
        }
    }

    private mutating func endHomeAddress(at now: Instant) {
        timers[.invalidity] = nil
        prefixes.removeAll { !$0.isValid(at: now) }
        actions.append(.log(.error, "the home address is not valid any more: its prefix has left the home link"))
        actions.append(.homeAddressInvalid)
    }
}

extension HomePrefix {
    /// This prefix with lifetimes that an unprotected message may give it: not below `least` seconds, unless less was
    /// left before.
    fileprivate func atLeast(_ least: UInt32, thanks before: HomePrefix?, at now: Instant) -> HomePrefix {
        var prefix = self
        let known = before?.remaining(at: now)
        let floor = min(least, known?.validLifetime ?? least)
        prefix.information.validLifetime = max(information.validLifetime, floor)
        prefix.information.preferredLifetime = max(
            information.preferredLifetime, min(floor, known?.preferredLifetime ?? least))
        return prefix
    }
}

extension IPv6Address {
    /// The address in `prefix` with the bits of this one behind the prefix's length.
    func moved(to prefix: IPv6Prefix) -> IPv6Address {
        let network = masked(to: prefix.length)
        return IPv6Address(
            high: prefix.address.high | (high ^ network.high), low: prefix.address.low | (low ^ network.low))
    }
}
