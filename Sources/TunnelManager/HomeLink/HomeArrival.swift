import Logging
import MobilityWire
import Platform

/// A home address that is back on its home link: tells everybody there that it is here and no longer at the home agent
/// (RFC 6275 §11.5.5). The kernel answers who asks; this is for those who do not.
final class HomeArrival {
    /// The index of the interface that is on the home link.
    let interface: UInt32
    let isRouter: Bool
    private let address: IPv6Address
    private let loop: EventLoop
    private let log: Logger
    private let sender: RawSender
    private var announcements: AddressDefence
    private var timer: EventLoop.Timer?

    /// - Parameter isRouter: whether it is a mobile router's, which is a router there too (RFC 3963 §5.7, §5.8).
    init(
        _ address: IPv6Address, isRouter: Bool, loop: EventLoop, log: Logger, link: Link
    ) throws(PlatformError) {
        self.address = address
        self.loop = loop
        self.log = log
        interface = link.index
        self.isRouter = isRouter
        sender = try RawSender(interface: link.name, batch: 1, sendBuffer: 1 << 18)
        announcements = AddressDefence(source: address, linkLayerAddress: link.hardwareAddress)
        handle(.addressesChanged([address], routers: isRouter ? [address] : []))
    }

    func close() { timer?.cancel() }

    private func handle(_ event: AddressDefence.Event) {
        // The address is the interface's own: there is nothing to answer for in place of somebody else.
        for case .send(let message, let destination) in announcements.handle(event, at: loop.now) {
            let packet = MobilityPacket(
                source: address, destination: destination, hopLimit: ICMPv6Message.neighborDiscoveryHopLimit,
                upperProtocol: .icmpv6, message: message.emit())
            let failure = sender.send(packet.emit())
            if failure != 0 { log.warning("cannot tell the home link that we are back: error \(failure)") }
        }
        timer?.cancel()
        timer = announcements.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [weak self] in self?.handle(.timer) }
        }
    }
}
