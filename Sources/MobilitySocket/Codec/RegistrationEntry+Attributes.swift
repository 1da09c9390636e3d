import MobilityWire

extension RegistrationEntry {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Registration
        writer.put(Key.homeAddress, homeAddress)
        writer.put(Key.homePrefixLength, homePrefixLength)
        writer.put(Key.careOfAddress, careOfAddress)
        writer.put(Key.homeAgentAddress, homeAgentAddress)
        if let bindingIdentifier { writer.put(Key.bindingIdentifier, bindingIdentifier) }
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.interfaceName, interfaceName)
        writer.put(Key.priority, priority)
        writer.put(Key.forwards, forwards)
        writer.put(Key.state, state.rawValue)
        writer.put(Key.status, status)
        writer.put(Key.sequenceNumber, sequenceNumber.rawValue)
        writer.put(Key.lifetime, lifetime)
        writer.put(Key.remaining, remainingMilliseconds)
        writer.list(Key.prefixes, prefixes)
        if let revocation { writer.put(Key.revocation, revocation) }
        if !flows.isEmpty { writer.list(Key.flows, flows) }
        if !buckets.isEmpty { writer.put(Key.buckets, buckets.octets) }
        if !stranded.isEmpty { writer.list(Key.stranded, stranded) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Registration
        let homePrefixLength = try attributes.uint8(Key.homePrefixLength)
        guard homePrefixLength <= 128 else {
            throw MobilitySocketError(.invalid, "a home link of \(homePrefixLength) bits")
        }
        self.init(
            homeAddress: try attributes.address(Key.homeAddress),
            homePrefixLength: homePrefixLength,
            careOfAddress: try attributes.address(Key.careOfAddress),
            homeAgentAddress: try attributes.address(Key.homeAgentAddress),
            bindingIdentifier: try attributes.optionalUInt16(Key.bindingIdentifier),
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            interfaceName: try attributes.text(Key.interfaceName),
            priority: try attributes.uint32(Key.priority),
            forwards: try attributes.bool(Key.forwards),
            state: try attributes.value(Key.state, as: State.self),
            status: try attributes.uint8(Key.status),
            sequenceNumber: SequenceNumber(rawValue: try attributes.uint16(Key.sequenceNumber)),
            lifetime: try attributes.uint32(Key.lifetime),
            remainingMilliseconds: try attributes.uint64(Key.remaining),
            prefixes: try attributes.prefixes(Key.prefixes),
            flows: try attributes.flows(Key.flows))
        if attributes.has(Key.buckets) {
            guard let buckets = BucketSet(octets: try attributes.octets(Key.buckets)) else {
                throw MobilitySocketError(.invalid, "buckets that are not \(BucketSet.count) bits")
            }
            self.buckets = buckets
        }
        stranded = try attributes.strandedFlows(Key.stranded)
        if attributes.has(Key.revocation) { revocation = try attributes.uint8(Key.revocation) }
    }
}
