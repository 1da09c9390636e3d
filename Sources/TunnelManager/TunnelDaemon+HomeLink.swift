import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

// Home agent and prefix discovery, and the home link.

extension TunnelDaemon {
    /// Sends an ICMPv6 message for a program.
    func send(_ datagram: ICMPv6Datagram) throws(MobilitySocketError) {
        guard let icmp else { throw MobilitySocketError(.unreachable, "not started") }
        var datagram = datagram
        let index = datagram.interfaceIndex
        let name = index == 0 ? "" : uplink(index)?.name ?? kernel.name(ofInterface: index) ?? ""
        guard index == 0 || !name.isEmpty else {
            throw MobilitySocketError(.unreachable, "there is no interface with index \(index)")
        }
        if datagram.source.isUnspecified {
            guard let source = kernel.source(ofWayTo: datagram.destination) else {
                throw MobilitySocketError(.unreachable, "there is no way to \(datagram.destination)")
            }
            datagram.source = source
        }
        try icmp.send(datagram, interfaceName: name)
    }

    /// Tells whoever sent what a tunnel could not carry. What is too big for it is learnt, and told to the next sender.
    func relayError(_ message: [UInt8]) {
        if case .packetTooBig(let mtu, let invoking)? = try? ICMPv6Message.parse(message.span.bytes) {
            return learn(mtu: mtu, of: invoking)
        }
        guard message.count > 8 else { return }
        switch errorRelay.relay(Array(message[8...]), by: engine.table, at: loop.now) {
        case .send(let packet): icmp?.send(error: packet)
        case .suppressed: icmp?.count("tunnel_error_suppressed")
        case .unmatched: icmp?.count("tunnel_error_unmatched")
        case .unanswerable: icmp?.count("tunnel_error_unanswerable")
        }
    }

    /// A router on a tunnel's way takes less than the link at its beginning: from now on senders hear what fits.
    func learn(mtu: UInt32, of invoking: [UInt8]) {
        let outcome = pathMTUs.learn(mtu: mtu, invoking: invoking, by: engine.table, at: loop.now)
        if let counter = outcome.counter { icmp?.count(counter) }
        guard outcome == .learnt else { return }
        // Strangers can make one after the other up: each costs what one node costs, where a node's tunnel is meant.
        guard let node = engine.table.node(ofInvoking: invoking) else { return setNeedsApply() }
        ledger.noteChange(of: node)
        noteExpiry(at: loop.now + PathMTUTable.lifetime)
        setNeedsApplyOfBindings()
    }

    /// Hands an ICMPv6 message to those it is for: questions to the home agent whose address or anycast address was
    /// asked, answers to the mobile side.
    func deliver(_ datagram: ICMPv6Datagram) {
        typealias Kind = ICMPv6Message.Kind
        let receivers: [MobilitySocketServer.Client]
        switch datagram.type {
        case Kind.homeAgentAddressDiscoveryRequest, Kind.mobilePrefixSolicitation:
            receivers = server.clients.filter {
                $0.role == .homeAgent
                    && ($0.hello.addresses.contains(datagram.destination)
                        || configuration.homeAgentAnycasts.contains(datagram.destination))
            }
        case Kind.routerAdvertisement: receivers = server.clients.filter { $0.role == .homeAgent }
        default:
            let mobile = server.clients.filter { $0.role == .mobileRouter || $0.role == .mobileNode }
            // An answer to what was asked before anything was registered could be either's.
            let owners = ledger.announcers(of: datagram.destination)
            let named = mobile.filter { owners.contains($0.identifier) }
            receivers = named.isEmpty ? mobile : named
        }
        for receiver in receivers { server.send(.icmpReceived(datagram), to: receiver.identifier) }
    }

    /// Passes an administrator's wish on to the home agent.
    func pass(_ message: MobilitySocketMessage, about homeAddresses: [IPv6Address]) throws(MobilitySocketError) {
        guard let agent = server.clients.first(where: { $0.role == .homeAgent }) else {
            throw MobilitySocketError(.unreachable, "had is not running here")
        }
        for address in homeAddresses where !ledger.isBound(address) {
            throw MobilitySocketError(.noSuchEntry, "\(address) has no binding")
        }
        server.send(message, to: agent.identifier)
    }

    func startDetection(of address: IPv6Address, on interface: String) throws(MobilitySocketError) {
        guard let homeLink, homeLink.interface == interface else {
            throw MobilitySocketError(.unreachable, "\(interface) is not there, or is not home_agent.link")
        }
        guard homeLink.canDetect else {
            throw MobilitySocketError(.limitReached, "\(DuplicateDetector.limit) addresses are being checked already")
        }
        homeLink.detect(address)
    }

    /// Opens the home link when its interface is there, and closes it when it is gone or another.
    func setHomeLink() {
        guard homeLinkChanged else { return }
        let link = configuration.homeLink.flatMap { kernel.usableLink($0) }
        if let homeLink, homeLink.index != link?.index || homeLink.interface != link?.name { closeHomeLink() }
        homeLinkChanged = false
        guard homeLink == nil, let link, let source = configuration.homeAgentAddresses.first else { return }
        let nodes = Set(configuration.nodes.map(\.homeAddress))
        do throws(PlatformError) {
            homeLink = try HomeLinkPort(
                loop: loop, log: log, link: link, source: source, anycasts: configuration.homeAgentAnycasts,
                isOurs: { nodes.contains($0) }, count: { [weak self] in self?.icmp?.count($0) },
                heard: { [weak self] packet in self?.deliver(ICMPv6Datagram(packet, interface: link.index)) },
                detected: { [weak self] address, isDuplicate in
                    guard let self else { return }
                    for client in server.clients where client.role == .homeAgent {
                        server.send(.detectResult(address: address, isDuplicate: isDuplicate), to: client.identifier)
                    }
                })
            log.info("the home link is \(link.name)")
        } catch {
            log.error("the home link \(link.name) cannot be used: \(error)")
        }
    }

    func closeHomeLink() {
        homeLinkChanged = true
        homeLink?.close()
        homeLink = nil
    }

    /// A mobile router is a router where it is at home: before its address is there, and as long as it is, for whoever asks
    /// for that is answered by the kernel, which has to say so (RFC 4861 §7.2.5).
    func beginRouting() { setRouting(routingUplinks.union(uplinksAtHome)) }

    private func setRouting(_ uplinks: Set<String>) {
        guard uplinks != routingUplinks else { return }
        routingUplinks = uplinks
        setControls()
    }

    /// Those of a mobile router that have its home address, also while it is still de-registering from there.
    private var uplinksAtHome: Set<String> {
        configuration.isMobileRouter ? Set(ledger.ownAddresses.compactMap(\.homeLink)) : []
    }

    /// By the home addresses that are at home.
    private var linksAtHome: [IPv6Address: Link] {
        let here = ledger.ownAddresses.filter(\.isHome)
        return Dictionary(
            here.compactMap { own in own.homeLink.flatMap { kernel.usableLink($0) }.map { (own.homeAddress, $0) } }
        ) { first, _ in first }
    }

    /// Home addresses of ours that are home: each is told of when it arrives.
    func setArrivals() {
        let links = linksAtHome
        let isRouter = configuration.isMobileRouter
        setRouting(uplinksAtHome)
        for (address, arrival) in arrivals
        where links[address]?.index != arrival.interface || arrival.isRouter != isRouter {
            arrival.close()
            arrivals[address] = nil
        }
        for (address, link) in links where arrivals[address] == nil {
            do throws(PlatformError) {
                arrivals[address] = try HomeArrival(address, isRouter: isRouter, loop: loop, log: log, link: link)
            } catch {
                log.error("\(address) is home, and \(link.name) cannot be told: \(error)")
            }
        }
    }

    /// The addresses of nodes that are away; what somebody on the home link sends them is ours to forward.
    func setDefence() {
        guard let homeLink else { return }
        homeLink.defend(ledger.defendedAddresses(in: configuration.homePrefixes), routers: ledger.mobileRouters)
    }

    /// The same where only the bindings of some home addresses changed.
    func setDefence(of homeAddresses: some Sequence<IPv6Address>) {
        guard let homeLink else { return }
        let prefixes = configuration.homePrefixes
        homeLink.defend(
            changed: homeAddresses.flatMap { home in
                [home, IPv6Address(high: 0xfe80_0000_0000_0000, low: home.low)].map {
                    ($0, ledger.isDefended($0, in: prefixes), ledger.isMobileRouter($0))
                }
            })
    }
}
