import MobilityWire

extension RouteEntry {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Route
        writer.put(Key.homeAddress, homeAddress)
        writer.put(Key.peer, peer)
        writer.put(Key.careOfAddress, careOfAddress)
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.interfaceName, interfaceName)
        writer.put(Key.lifetime, lifetime)
        writer.put(Key.remaining, remainingMilliseconds)
        writer.put(Key.state, state.rawValue)
        writer.put(Key.forwards, forwards)
        writer.put(Key.sequenceNumber, sequenceNumber.rawValue)
        writer.put(Key.status, status)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Route
        self.init(
            homeAddress: try attributes.address(Key.homeAddress),
            peer: try attributes.address(Key.peer),
            careOfAddress: try attributes.address(Key.careOfAddress),
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            interfaceName: try attributes.text(Key.interfaceName),
            lifetime: try attributes.uint32(Key.lifetime),
            remainingMilliseconds: try attributes.uint64(Key.remaining),
            state: try attributes.value(Key.state, as: State.self),
            forwards: try attributes.bool(Key.forwards),
            sequenceNumber: SequenceNumber(rawValue: try attributes.uint16(Key.sequenceNumber)),
            status: try attributes.uint8(Key.status))
    }
}

extension RestingPeerEntry {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.RestingPeer
        writer.put(Key.address, prefix.address)
        writer.put(Key.length, prefix.length)
        writer.put(Key.remaining, remainingMilliseconds)
        writer.put(Key.reason, reason.rawValue)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.RestingPeer
        self.init(
            prefix: try attributes.prefix(Key.address, Key.length),
            remainingMilliseconds: try attributes.uint64(Key.remaining),
            reason: try attributes.value(Key.reason, as: Reason.self))
    }
}
