import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

/// ICMPv6 between the network and the programs: home agent and prefix discovery (RFC 6275 §6.5 to §6.8), with the headers
/// that mobility puts before it.
final class ICMPRelay {
    /// The addresses whose messages are ours.
    var localAddresses: Set<IPv6Address> = []
    /// How often what happened, by name.
    private(set) var counters: [String: UInt64] = [:]

    private let log: Logger
    private let receiver: PacketSocketReceiver
    private let deliver: (ICMPv6Datagram) -> Void
    /// Takes each error that came to one of `localAddresses`: the message, and whom it is from.
    var errorReceived: (_ message: [UInt8], _ source: IPv6Address) -> Void = { _, _ in }
    /// Senders by interface; 0 follows the routes.
    private var senders: [UInt32: RawSender] = [:]

    private typealias Kind = ICMPv6Message.Kind
    /// What the programs send and receive.
    static let types = Kind.homeAgentAddressDiscoveryRequest...Kind.mobilePrefixAdvertisement
    /// Besides: echoes, with which the mobile side finds out whether a home agent is there.
    private static func isReceived(_ type: UInt8) -> Bool { types.contains(type) || type == Kind.echoReply }
    private static func isSent(_ type: UInt8) -> Bool { types.contains(type) || type == Kind.echoRequest }
    private static let errors = [
        Kind.destinationUnreachable, Kind.packetTooBig, Kind.timeExceeded, Kind.parameterProblem,
    ]
    /// The longest message: what fits into a packet of the least MTU would do, but nobody has to keep to it.
    private static let greatestLength = 16_384

    /// - Parameter deliver: takes each message that arrived whole at one of `localAddresses`.
    init(
        loop: EventLoop, log: Logger, deliver: @escaping (ICMPv6Datagram) -> Void
    ) throws(PlatformError) {
        self.log = log
        self.deliver = deliver
        receiver = try PacketSocketReceiver(
            nextHeaders: [], icmpTypes: Set(Self.types).union(Self.errors + [Kind.echoReply]),
            batch: 16,
            virtioHeader: false, receiveBuffer: 1 << 19)
        try loop.watch(receiver.descriptor, read: { [unowned self] in drain() })
    }

    /// Sends a message.
    ///
    /// - Throws: that there is no way for it.
    func send(_ datagram: ICMPv6Datagram, interfaceName: String) throws(MobilitySocketError) {
        guard let type = datagram.type, Self.isSent(type),
            (8...Self.greatestLength).contains(datagram.message.count)
        else {
            throw MobilitySocketError(
                .invalid, "only messages of home agent and prefix discovery and echo requests are sent")
        }
        let packet = MobilityPacket(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, routingHeader: datagram.routingHeader,
            hopLimit: datagram.hopLimit, upperProtocol: .icmpv6, message: datagram.message)
        let failure: Int32
        do throws(PlatformError) {
            failure = try sender(datagram.interfaceIndex, interfaceName).send(packet.emit())
        } catch {
            throw MobilitySocketError(.unreachable, "\(error)")
        }
        guard failure == 0 else {
            senders[datagram.interfaceIndex] = nil
            count("icmpv6_send_failed")
            throw MobilitySocketError(.init(rawValue: failure), "the kernel did not send the ICMPv6 message")
        }
        count("icmpv6_sent")
    }

    /// An interface is gone, and its index does not come back: its sender would stay open for ever.
    func forget(interface index: UInt32) { senders[index] = nil }

    /// Takes a message whose checksum is right; others than ours are left alone.
    func take(_ packet: MobilityPacket, interface: UInt32) {
        guard localAddresses.contains(packet.destination), let type = packet.message.first, Self.isReceived(type)
        else { return }
        do throws(ParseError) {
            _ = try ICMPv6Message.parse(packet.message.span.bytes)
        } catch {
            return drop(error)
        }
        count("icmpv6_received")
        deliver(ICMPv6Datagram(packet, interface: interface))
    }

    /// Sends an error of ours by the routes.
    func send(error packet: [UInt8]) {
        do throws(PlatformError) {
            count(try sender(0, "").send(packet) == 0 ? "tunnel_error_relayed" : "icmpv6_send_failed")
        } catch {
            log.error("\(error)")
        }
    }

    func count(_ name: String) { counters[name, default: 0] += 1 }

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
        } catch {
            log.error("\(error)")
        }
    }

    private func take(_ packet: PacketSocketReceiver.Packet) {
        let bytes = UnsafeRawBufferPointer(packet.bytes).bytes
        // Also what is only passing through comes here.
        guard let destination = try? bytes.address(at: IPv6Header.Offset.destination),
            localAddresses.contains(destination)
        else { return }
        do throws(ParseError) {
            let parsed = try MobilityPacket(parsing: bytes)
            if let type = parsed.message.first, Self.errors.contains(type) {
                if parsed.message.count > 8 { errorReceived(parsed.message, parsed.source) }
            } else {
                take(parsed, interface: packet.interface)
            }
        } catch {
            drop(error)
        }
    }

    private func drop(_ error: ParseError) {
        count("icmpv6_dropped_\(error.reason.name)")
        log.debug("dropped an ICMPv6 message: \(error)")
    }
}

extension ICMPv6Datagram {
    init(_ packet: MobilityPacket, interface: UInt32) {
        self.init(
            source: packet.source, destination: packet.destination, homeAddressOption: packet.homeAddressOption,
            routingHeader: packet.routingHeader, interfaceIndex: interface, hopLimit: packet.hopLimit,
            message: packet.message)
    }
}
