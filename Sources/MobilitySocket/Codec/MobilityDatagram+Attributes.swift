import MobilityWire

extension MobilityDatagram {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Datagram
        writer.put(Key.source, source)
        writer.put(Key.destination, destination)
        if let homeAddressOption { writer.put(Key.homeAddressOption, homeAddressOption) }
        if let routingHeader { writer.put(Key.routingHeader, routingHeader) }
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.hopLimit, hopLimit)
        writer.put(Key.message, message)
        if throughTunnel { writer.put(Key.throughTunnel, true) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Datagram
        self.init(
            source: try attributes.address(Key.source),
            destination: try attributes.address(Key.destination),
            homeAddressOption: try attributes.optionalAddress(Key.homeAddressOption),
            routingHeader: try attributes.optionalAddress(Key.routingHeader),
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            hopLimit: try attributes.uint8(Key.hopLimit),
            message: try attributes.octets(Key.message))
        throughTunnel = attributes.has(Key.throughTunnel) ? try attributes.bool(Key.throughTunnel) : false
    }
}
