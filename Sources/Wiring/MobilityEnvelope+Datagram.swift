public import MobilityCore
public import MobilitySocket

// The machines know no sockets and the socket knows no machines: here their values meet.

extension MobilityEnvelope {
    public init(_ datagram: MobilityDatagram) {
        self.init(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, routingHeader: datagram.routingHeader,
            interfaceIndex: datagram.interfaceIndex, message: datagram.message)
    }
}

extension MobilityDatagram {
    public init(_ envelope: MobilityEnvelope) {
        self.init(
            source: envelope.source, destination: envelope.destination,
            homeAddressOption: envelope.homeAddressOption, routingHeader: envelope.routingHeader,
            interfaceIndex: envelope.interfaceIndex, message: envelope.message)
    }
}
