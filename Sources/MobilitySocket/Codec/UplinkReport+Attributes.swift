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
        writer.put(Key.routerState, routerState.rawValue)
        if let signal { writer.put(Key.signal, UInt32(bitPattern: signal)) }
        if let networkName { writer.put(Key.networkName, networkName) }
        if let modem { writer.nest(Key.modem) { modem.put(into: &$0) } }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Uplink
        // A program that was started before an update tells less.
        let routerState =
            attributes.has(Key.routerState) ? try attributes.value(Key.routerState, as: RouterState.self) : nil
        self.init(
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            name: try attributes.text(Key.name),
            type: try attributes.text(Key.type),
            state: try attributes.value(Key.state, as: State.self),
            careOfCandidates: try attributes.list(Key.candidates) {
                (reader: AttributeReader) throws(MobilitySocketError) in try Candidate(reader)
            },
            defaultRouter: try attributes.address(Key.defaultRouter),
            routerState: routerState,
            mtu: try attributes.uint32(Key.mtu),
            metric: try attributes.uint32(Key.metric),
            signal: try attributes.optionalUInt32(Key.signal).map(Int32.init(bitPattern:)),
            networkName: try Self.networkName(attributes),
            modem: try attributes.nest(Key.modem).map {
                (reader: AttributeReader) throws(MobilitySocketError) in try Modem(reader)
            })
    }
}

extension UplinkReport {
    private static func networkName(_ attributes: AttributeReader) throws(MobilitySocketError) -> [UInt8]? {
        guard attributes.has(Attribute.Uplink.networkName) else { return nil }
        let name = try attributes.octets(Attribute.Uplink.networkName)
        guard (1...32).contains(name.count) else {
            throw MobilitySocketError(.invalid, "the name of a network of \(name.count) octets")
        }
        return name
    }
}

extension UplinkReport.Modem {
    fileprivate func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Modem
        writer.put(Key.state, state)
        writer.put(Key.detail, detail)
        if let operatorName { writer.put(Key.operatorName, operatorName) }
        if let technology { writer.put(Key.technology, technology) }
    }

    fileprivate init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Modem
        self.init(
            state: try attributes.text(Key.state), detail: try attributes.text(Key.detail),
            operatorName: attributes.has(Key.operatorName) ? try attributes.text(Key.operatorName) : nil,
            technology: attributes.has(Key.technology) ? try attributes.text(Key.technology) : nil)
    }
}

extension UplinkUsage {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Usage
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.octetsIn, octetsIn)
        writer.put(Key.octetsOut, octetsOut)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Usage
        self.init(
            interfaceIndex: try attributes.uint32(Key.interfaceIndex), octetsIn: try attributes.uint64(Key.octetsIn),
            octetsOut: try attributes.uint64(Key.octetsOut))
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
