public import MobilityCore
public import MobilitySocket

extension ICMPv6Envelope {
    /// Nothing that comes over the mobility socket was protected by IPsec.
    public init(_ datagram: ICMPv6Datagram) {
        self.init(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, routingHeader: datagram.routingHeader,
            interfaceIndex: datagram.interfaceIndex, hopLimit: datagram.hopLimit, message: datagram.message)
    }
}

extension ICMPv6Datagram {
    public init(_ envelope: ICMPv6Envelope) {
        self.init(
            source: envelope.source, destination: envelope.destination,
            homeAddressOption: envelope.homeAddressOption, routingHeader: envelope.routingHeader,
            interfaceIndex: envelope.interfaceIndex, hopLimit: envelope.hopLimit, message: envelope.message)
    }
}
