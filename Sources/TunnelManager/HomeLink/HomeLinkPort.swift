import Logging
import MobilityWire
import Platform

/// nemonetd on the home link: hears router advertisements, detects duplicates of home addresses, and defends those that
/// are bound. Exists as long as the interface.
final class HomeLinkPort {
    let interface: String
    let index: UInt32
    /// How often what happened, by name; beyond the life of a port, whose interface may come and go.
    private let count: (String) -> Void
    private let loop: EventLoop
    private let log: Logger
    private let netlink: RouteNetlink
    private let receiver: PacketSocketReceiver
    private let sender: RawSender
    private let anycasts: GroupMembership
    private var watch: EventLoop.Watch?
    private var groups: [IPv6Address: GroupMembership] = [:]
    private var defence: AddressDefence
    private var detector = DuplicateDetector()
    private var timer: EventLoop.Timer?
    private let heard: (MobilityPacket) -> Void
    private let detected: (IPv6Address, Bool) -> Void

    private typealias Kind = ICMPv6Message.Kind

    /// - Parameters:
    ///   - source: an address of ours there.
    ///   - anycasts: what Dynamic Home Agent Address Discovery asks.
    ///   - isOurs: whether it is an address of a node.
    ///   - heard: takes each valid router advertisement.
    ///   - detected: takes the answer of each detection.
    init(
        loop: EventLoop, log: Logger, link: Link, source: IPv6Address, anycasts: [IPv6Address],
        isOurs: (IPv6Address) -> Bool, count: @escaping (String) -> Void, heard: @escaping (MobilityPacket) -> Void,
        detected: @escaping (IPv6Address, Bool) -> Void
    ) throws(PlatformError) {
        interface = link.name
        index = link.index
        self.loop = loop
        self.log = log
        self.count = count
        self.heard = heard
        self.detected = detected
        netlink = try RouteNetlink()
        defence = AddressDefence(source: source, linkLayerAddress: link.hardwareAddress)
        receiver = try PacketSocketReceiver(
            interface: link.index, nextHeaders: [],
            icmpTypes: [Kind.routerAdvertisement, Kind.neighborSolicitation, Kind.neighborAdvertisement],
            multicast: true, batch: 16, virtioHeader: false, receiveBuffer: 1 << 18)
        sender = try RawSender(interface: link.name, batch: 1, sendBuffer: 1 << 18)
        self.anycasts = try GroupMembership()
        for address in anycasts {
            do throws(PlatformError) {
                try self.anycasts.join(anycast: address, interface: link.index)
            } catch {
                log.error("home agents cannot be discovered by their anycast address: \(error)")
            }
        }
        // What an earlier run left: who defends them now says so at once.
        for address in try netlink.proxyNeighbors(interface: link.index) where isOurs(address) {
            try netlink.setProxyNeighbor(address, interface: link.index, false)
        }
        watch = try loop.watch(receiver.descriptor, read: { [unowned self] in drain() })
    }

    /// Ends the defence and everything else here.
    func close() {
        for action in defence.handle(.addressesChanged([], routers: []), at: loop.now) { perform(action) }
        timer?.cancel()
        watch?.cancel()
        watch = nil
    }

    /// The addresses of nodes that are away, and which of them are routers'.
    func defend(_ addresses: Set<IPv6Address>, routers: Set<IPv6Address>) {
        let routers = routers.intersection(addresses)
        guard addresses != defence.proxies || routers != defence.routers else { return }
        for action in defence.handle(.addressesChanged(addresses, routers: routers), at: loop.now) { perform(action) }
        setTimer()
    }

    /// Whether some addresses are of nodes that are away, and of mobile routers; all others are as they were.
    func defend(changed addresses: [(address: IPv6Address, isDefended: Bool, isRouter: Bool)]) {
        for (address, isDefended, isRouter) in addresses {
            let event = AddressDefence.Event.addressChanged(address, isDefended: isDefended, isRouter: isRouter)
            for action in defence.handle(event, at: loop.now) { perform(action) }
        }
        setTimer()
    }

    var canDetect: Bool { detector.hasRoom }
    func detect(_ address: IPv6Address) { handle(.start(address)) }
    func stopDetecting(_ address: IPv6Address) { handle(.stop(address)) }

    // MARK: Machines

    private func handle(_ event: DuplicateDetector.Event) {
        for action in detector.handle(event, at: loop.now) { perform(action) }
        setTimer()
    }

    private func setTimer() {
        timer?.cancel()
        let deadlines = [detector.nextDeadline, defence.nextDeadline].compactMap(\.self)
        timer = deadlines.min().map { deadline in
            loop.timer(at: deadline) { [weak self] in
                guard let self else { return }
                for action in defence.handle(.timer, at: loop.now) { perform(action) }
                handle(.timer)
            }
        }
    }

    private func perform(_ action: AddressDefence.Action) {
        switch action {
        case .setProxy(let address, let isRouter): setProxy(address, isRouter: isRouter, true)
        case .removeProxy(let address): setProxy(address, false)
        case .send(let message, let destination):
            count("neighbor_advertisement_sent")
            send(message, from: defence.source, to: destination)
        }
    }

    private func perform(_ action: DuplicateDetector.Action) {
        switch action {
        case .join(let address):
            attempt { () throws(PlatformError) in
                let membership = try GroupMembership()
                try membership.join(group: address.solicitedNodeMulticast, interface: index)
                groups[address] = membership
            }
        case .leave(let address): groups[address] = nil
        case .solicit(let address):
            count("duplicate_detection_sent")
            send(
                .neighborSolicitation(target: address, options: []), from: .unspecified,
                to: address.solicitedNodeMulticast)
        case .result(let address, let isDuplicate): detected(address, isDuplicate)
        }
    }

    private func setProxy(_ address: IPv6Address, isRouter: Bool = false, _ isOn: Bool) {
        attempt { () throws(PlatformError) in
            try netlink.setProxyNeighbor(address, interface: index, isRouter: isRouter, isOn)
        }
    }

    private func attempt(_ body: () throws(PlatformError) -> Void) {
        do throws(PlatformError) { try body() } catch { log.error("\(error)") }
    }

    // MARK: Packets

    private func send(_ message: ICMPv6Message, from source: IPv6Address, to destination: IPv6Address) {
        let packet = MobilityPacket(
            source: source, destination: destination, hopLimit: ICMPv6Message.neighborDiscoveryHopLimit,
            upperProtocol: .icmpv6, message: message.emit())
        let failure = sender.send(packet.emit())
        if failure != 0 { log.error("cannot send on the home link \(interface): error \(failure)") }
    }

    private func drain() {
        attempt { () throws(PlatformError) in
            for index in 0..<(try receiver.receive()) {
                take(UnsafeRawBufferPointer(receiver.packet(at: index).bytes).bytes)
            }
        }
    }

    /// Neighbour discovery that is not valid is silently discarded (RFC 4861 §6.1.2, §7.1), and counted.
    private func take(_ bytes: RawSpan) {
        do throws(ParseError) {
            let packet = try MobilityPacket(parsing: bytes)
            guard packet.upperProtocol == .icmpv6 else { return }
            let message = try ICMPv6Message.parse(packet.message.span.bytes)
            try message.checkNeighborDiscovery(
                source: packet.source, destination: packet.destination, hopLimit: packet.hopLimit)
            if case .routerAdvertisement = message { return heard(packet) }
            handle(.heard(message, from: packet.source))
        } catch {
            count("neighbor_discovery_dropped_\(error.reason.name)")
        }
    }
}
