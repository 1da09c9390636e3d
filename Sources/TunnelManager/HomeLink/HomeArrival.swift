import Logging
import MobilityWire
import Platform

/// A home address that is back on its home link: tells everybody there that it is here and no longer at the home agent
/// (RFC 6275 §11.5.5). The kernel answers who asks; this is for those who do not.
final class HomeArrival {
    let interface: UInt32
    private let address: IPv6Address
    private let loop: EventLoop
    private let log: Logger
    private let sender: RawSender
    private var announcements: AddressDefence
    private var timer: EventLoop.Timer?

    init(_ address: IPv6Address, loop: EventLoop, log: Logger, link: Link) throws(PlatformError) {
        self.address = address
        self.loop = loop
        self.log = log
        interface = link.index
        sender = try RawSender(interface: link.name, batch: 1, sendBuffer: 1 << 18)
        announcements = AddressDefence(source: address, linkLayerAddress: link.hardwareAddress)
        handle(.addressesChanged([address], routers: []))
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
