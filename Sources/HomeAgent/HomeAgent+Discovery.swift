import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Wiring

// The home link, home agent discovery and prefix discovery.

extension HomeAgent {
    /// What this end of discovery can count.
    static let discoveryCounters: [DiscoveryCounter] = [
        .messageMalformed, .messageUnexpected, .messageForeign, .routerAdvertisementInvalid,
        .routerAdvertisementReceived, .homeAgentAdded, .homeAgentRemoved, .homeAgentRefused, .homePrefixRefused,
        .discoveryRequestReceived, .discoveryReplySent, .discoveryReplySuppressed, .prefixSolicitationReceived,
        .prefixSolicitationUnbound, .prefixAdvertisementSent, .prefixAdvertisementRetransmitted,
        .prefixAdvertisementDeferred, .prefixMessageUnprotected,
    ]

    /// A message of ICMPv6.
    func receive(_ envelope: ICMPv6Envelope) {
        switch envelope.message.first {
        case ICMPv6Message.Kind.mobilePrefixSolicitation:
            perform(advertiser.handle(.messageReceived(envelope), at: loop.now))
        case ICMPv6Message.Kind.routerAdvertisement:
            noteInterface(envelope.interfaceIndex)
            perform(directory.handle(.messageReceived(envelope), at: loop.now))
        default: perform(directory.handle(.messageReceived(envelope), at: loop.now))
        }
        setTimer()
    }

    /// nemonetd hands over advertisements of the home link only, whose index may be another after the interface was made
    /// anew.
    private func noteInterface(_ index: UInt32) {
        guard settings.link != nil, directory.configuration.interfaceIndex != index else { return }
        var configuration = directory.configuration
        configuration.interfaceIndex = index
        perform(directory.handle(.configurationChanged(configuration), at: loop.now))
    }

    /// - Parameter settings: with the nodes, unlike those that are kept.
    func reloadDiscovery(_ settings: HomeAgentSettings) {
        let wasActive = advertiser.configuration.isActive
        let index = settings.link == nil ? nil : directory.configuration.interfaceIndex
        perform(advertiser.handle(.configurationChanged(.init(settings.prefixDiscovery)), at: loop.now))
        perform(directory.handle(.configurationChanged(.init(settings, interfaceIndex: index)), at: loop.now))
        if advertiser.configuration.isActive, !wasActive {
            for binding in machine.cache.bindings { tellInstalled(binding, isUpdate: false) }
        }
        setTimer()
    }

    /// Lets the machines besides the binding cache see the time.
    func tick() {
        perform(directory.handle(.timer, at: loop.now))
        perform(advertiser.handle(.timer, at: loop.now))
        perform(revocation.handle(.timer, at: loop.now))
        perform(switcher.handle(.timer, at: loop.now))
    }

    /// A binding is in force.
    ///
    /// - Parameter isUpdate: whether its node has just said so.
    func tellInstalled(_ binding: Binding, isUpdate: Bool) {
        if advertiser.configuration.isActive {
            let others = machine.cache.bindings(of: binding.homeAddress).map(\.careOfAddress)
            perform(
                advertiser.handle(
                    .bindingInstalled(
                        binding, others: others.filter { $0 != binding.careOfAddress }, isProtected: false),
                    at: loop.now))
        }
        guard isUpdate, revocation.nextDeadline != nil else { return }
        perform(revocation.handle(.bindingUpdated(homeAddress: binding.homeAddress), at: loop.now))
    }

    /// The last binding of a node has ended.
    func tellRemoved(_ homeAddress: IPv6Address) {
        if advertiser.configuration.isActive {
            perform(advertiser.handle(.bindingRemoved(homeAddress: homeAddress), at: loop.now))
        }
        if revocation.nextDeadline != nil {
            perform(revocation.handle(.bindingRemoved(homeAddress: homeAddress), at: loop.now))
        }
        if switcher.nextDeadline != nil {
            perform(switcher.handle(.bindingRemoved(homeAddress: homeAddress), at: loop.now))
        }
    }

    func perform(_ actions: [HomeAgentDirectory.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope): client.send(.icmpSend(ICMPv6Datagram(envelope)))
            case .prefixesChanged(let prefixes):
                handle(.homePrefixesChanged(prefixes))
                perform(advertiser.handle(.prefixesChanged(prefixes), at: loop.now))
            case .count(let counter): counters.count(counter.rawValue)
            case .log(let severity, let text): log.log(level: LogLevel(severity), text)
            }
        }
    }

    func perform(_ actions: [PrefixAdvertiser.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope): client.send(.icmpSend(ICMPv6Datagram(envelope)))
            case .count(let counter): counters.count(counter.rawValue)
            }
        }
    }
}

// MARK: - Duplicate Address Detection

extension HomeAgent {
    func startDetection(of homeAddress: IPv6Address, linkLocal: IPv6Address?) {
        guard let link = settings.link else { return }
        let addresses = [homeAddress] + (linkLocal.map { [$0] } ?? [])
        detections[homeAddress] = Set(addresses)
        for address in addresses {
            client.send(.detectStart(address: address, interfaceName: link)) { [log] refusal in
                guard let refusal else { return }
                log.error("nobody can tell whether \(address) is free on \(link): \(refusal)")
            }
        }
    }

    func stopDetection(of homeAddress: IPv6Address) {
        for address in detections.removeValue(forKey: homeAddress) ?? [] { client.send(.detectStop(address: address)) }
    }

    func endDetection(of address: IPv6Address, isDuplicate: Bool) {
        guard let homeAddress = detections.first(where: { $0.value.contains(address) })?.key else { return }
        detections[homeAddress]?.remove(address)
        guard isDuplicate || detections[homeAddress]?.isEmpty == true else { return }
        stopDetection(of: homeAddress)
        handle(.duplicatesDetected(homeAddress: homeAddress, isDuplicate: isDuplicate))
    }
}
