import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

/// Mobility Headers between the network and the programs: adds and removes the IPv6 header, the Home Address option and
/// the type 2 routing header, and keeps checksums (RFC 6275 §6.1, §6.3, §6.4).
final class MobilityRelay {
    /// The addresses whose Mobility Headers are ours: care-of addresses, home addresses, home agent addresses.
    var localAddresses: Set<IPv6Address> = []
    /// How often what happened, by name.
    private(set) var counters: [String: UInt64] = [:]

    private let loop: EventLoop
    private let receiver: PacketSocketReceiver
    private let deliver: (MobilityDatagram) -> Void
    /// Takes what arrived at one of `localAddresses` with the headers of mobility, and is ICMPv6.
    var deliverICMPv6: (MobilityPacket, _ interface: UInt32) -> Void = { _, _ in }
    /// The interface that packets out of a home agent's tunnel come from.
    private let tunnelInterface: UInt32
    private let log: Logger
    /// Senders by interface; 0 follows the routes.
    private var senders: [UInt32: RawSender] = [:]
    /// Errors answered to strangers (RFC 4443 §2.4 (f)).
    private var errors = RateLimit(perSecond: 10, burst: 10)

    /// - Parameter deliver: takes each Mobility Header that arrived whole at one of `localAddresses`.
    init(
        loop: EventLoop, log: Logger, tunnelInterface: UInt32, deliver: @escaping (MobilityDatagram) -> Void
    ) throws(PlatformError) {
        self.loop = loop
        self.tunnelInterface = tunnelInterface
        self.log = log
        self.deliver = deliver
        receiver = try PacketSocketReceiver(
            nextHeaders: [
                IPProtocol.mobilityHeader.rawValue, IPProtocol.routing.rawValue, IPProtocol.destinationOptions.rawValue,
            ], batch: 32, virtioHeader: false, receiveBuffer: 1 << 20)
        try loop.watch(receiver.descriptor, read: { [unowned self] in drain() })
    }

    /// Sends a Mobility Header.
    ///
    /// - Throws: that there is no way for it.
    func send(_ datagram: MobilityDatagram, interfaceName: String) throws(MobilitySocketError) {
        guard datagram.message.count >= 8, datagram.message.count <= MobilityHeader.maximumLength else {
            throw MobilitySocketError(.invalid, "a Mobility Header has 8 to \(MobilityHeader.maximumLength) octets")
        }
        let packet = MobilityPacket(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, routingHeader: datagram.routingHeader,
            hopLimit: datagram.hopLimit, message: datagram.message)
        try send(packet.emit(), through: datagram.interfaceIndex, interfaceName)
        count("mobility_header_sent")
    }

    /// An interface is gone, and its index does not come back: its sender would stay open for ever.
    func forget(interface index: UInt32) { senders[index] = nil }

    private func send(_ octets: [UInt8], through index: UInt32, _ name: String) throws(MobilitySocketError) {
        let sender: RawSender
        do throws(PlatformError) {
            sender = try self.sender(index, name)
        } catch {
            throw MobilitySocketError(.unreachable, "\(error)")
        }
        let failure = sender.send(octets)
        guard failure != 0 else { return }
        // The interface may have been replaced by another of the same name.
        senders[index] = nil
        count("mobility_header_send_failed")
        throw MobilitySocketError(.init(rawValue: failure), "the kernel did not send the Mobility Header")
    }

    private func sender(_ index: UInt32, _ name: String) throws(PlatformError) -> RawSender {
        if let sender = senders[index] { return sender }
        let sender = try RawSender(interface: index == 0 ? nil : name, batch: 1)
        senders[index] = sender
        return sender
    }

    private func drain() {
        do throws(PlatformError) {
            let count = try receiver.receive()
            for index in 0..<count { take(receiver.packet(at: index)) }
            let lost = receiver.takeDropCount()
            if lost > 0 { self.count("mobility_header_receive_overrun", by: UInt64(lost)) }
        } catch {
            log.error("\(error)")
        }
    }

    private func take(_ packet: PacketSocketReceiver.Packet) {
        let bytes = UnsafeRawBufferPointer(packet.bytes).bytes
        guard let destination = try? bytes.address(at: IPv6Header.Offset.destination),
            localAddresses.contains(destination)
        else { return }
        do throws(ParseError) {
            let value = try MobilityPacket(parsing: bytes)
            guard value.upperProtocol == .mobilityHeader else {
                if value.upperProtocol == .icmpv6 { deliverICMPv6(value, packet.interface) }
                return
            }
            count("mobility_header_received")
            var datagram = MobilityDatagram(
                source: value.source, destination: value.destination, homeAddressOption: value.homeAddressOption,
                routingHeader: value.routingHeader, interfaceIndex: packet.interface, hopLimit: value.hopLimit,
                message: value.message)
            datagram.throughTunnel = packet.interface == tunnelInterface
            deliver(datagram)
        } catch {
            refuse(bytes, because: error)
        }
    }

    /// Counts what cannot be read, and answers where RFC 6275 §9.2 or RFC 8200 §4 asks for it.
    private func refuse(_ bytes: RawSpan, because error: ParseError) {
        let upper = ExtensionHeaderChain.upper(of: bytes)
        // What else has these headers is the engine's or the kernel's, who answer it.
        guard upper == nil || isSignalling(upper, of: bytes) else { return }
        count("mobility_header_dropped_\(error.reason.name)")
        log.debug("dropped a packet: \(error)")
        guard upper != nil, let destination = try? bytes.address(at: IPv6Header.Offset.destination),
            let answer = error.report(about: bytes, from: destination), errors.allow(at: loop.now)
        else { return }
        do throws(MobilitySocketError) {
            try send(answer, through: 0, "")
        } catch {
            return log.debug("a Parameter Problem found no way: \(error)")
        }
        count("parameter_problem_sent")
    }

    /// What the kernel does not see: Mobility Headers, and ICMPv6 of home agent and prefix discovery.
    private func isSignalling(_ upper: (protocol: IPProtocol, offset: Int)?, of bytes: RawSpan) -> Bool {
        switch upper?.protocol {
        case .mobilityHeader: true
        case .icmpv6: (try? bytes.octet(at: upper?.offset ?? 0)).map(ICMPRelay.types.contains) ?? false
        default: false
        }
    }

    private func count(_ name: String, by amount: UInt64 = 1) { counters[name, default: 0] += amount }
}
