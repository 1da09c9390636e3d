import MobilityWire

extension UplinkReport {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Uplink
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.name, name)
        writer.put(Key.type, type)
        writer.put(Key.state, state.rawValue)
        writer.list(Key.candidates, careOfCandidates) { writer, item, candidate in
            writer.nest(item) { candidate.put(into: &$0) }
        }
        writer.put(Key.defaultRouter, defaultRouter)
        writer.put(Key.mtu, mtu)
        writer.put(Key.metric, metric)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Uplink
        self.init(
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            name: try attributes.text(Key.name),
            type: try attributes.text(Key.type),
            state: try attributes.value(Key.state, as: State.self),
            careOfCandidates: try attributes.list(Key.candidates) {
                (reader: AttributeReader) throws(MobilitySocketError) in try Candidate(reader)
            },
            defaultRouter: try attributes.address(Key.defaultRouter),
            mtu: try attributes.uint32(Key.mtu),
            metric: try attributes.uint32(Key.metric))
    }
}

extension UplinkReport.Candidate {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Candidate
        writer.put(Key.address, address)
        writer.put(Key.prefixLength, prefixLength)
        writer.put(Key.flags, flags.rawValue)
        writer.put(Key.preferredLifetime, preferredLifetime)
        writer.put(Key.validLifetime, validLifetime)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Candidate
        let prefixLength = try attributes.uint8(Key.prefixLength)
        guard prefixLength <= 128 else { throw MobilitySocketError(.invalid, "a prefix of \(prefixLength) bits") }
        self.init(
            address: try attributes.address(Key.address),
            prefixLength: prefixLength,
            flags: Flags(rawValue: try attributes.uint8(Key.flags)),
            preferredLifetime: try attributes.uint32(Key.preferredLifetime),
            validLifetime: try attributes.uint32(Key.validLifetime))
    }
}
