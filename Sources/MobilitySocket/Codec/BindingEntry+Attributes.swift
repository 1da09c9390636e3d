import MobilityWire

extension BindingEntry {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Binding
        writer.put(Key.homeAddress, homeAddress)
        writer.put(Key.careOfAddress, careOfAddress)
        if let bindingIdentifier { writer.put(Key.bindingIdentifier, bindingIdentifier) }
        writer.put(Key.homeAgentAddress, homeAgentAddress)
        writer.put(Key.lifetime, lifetime)
        writer.put(Key.remaining, remainingMilliseconds)
        writer.put(Key.sequenceNumber, sequenceNumber.rawValue)
        writer.list(Key.prefixes, prefixes)
        writer.put(Key.mode, mode.rawValue)
        writer.put(Key.name, name)
        writer.list(Key.formerCareOfAddresses, formerCareOfAddresses)
        if priority != 0 { writer.put(Key.priority, priority) }
        if !flows.isEmpty { writer.list(Key.flows, flows) }
        if defendsLinkLocal { writer.put(Key.defendsLinkLocal, true) }
        if kind != .home { writer.put(Key.kind, kind.rawValue) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Binding
        self.init(
            homeAddress: try attributes.address(Key.homeAddress),
            careOfAddress: try attributes.address(Key.careOfAddress),
            bindingIdentifier: try attributes.optionalUInt16(Key.bindingIdentifier),
            homeAgentAddress: try attributes.address(Key.homeAgentAddress),
            lifetime: try attributes.uint32(Key.lifetime),
            remainingMilliseconds: try attributes.uint64(Key.remaining),
            sequenceNumber: SequenceNumber(rawValue: try attributes.uint16(Key.sequenceNumber)),
            prefixes: try attributes.prefixes(Key.prefixes),
            mode: try attributes.value(Key.mode, as: Mode.self),
            name: try attributes.text(Key.name),
            formerCareOfAddresses: try attributes.addresses(Key.formerCareOfAddresses),
            priority: attributes.has(Key.priority) ? try attributes.uint8(Key.priority) : 0,
            flows: try attributes.flows(Key.flows))
        defendsLinkLocal = attributes.has(Key.defendsLinkLocal) ? try attributes.bool(Key.defendsLinkLocal) : false
        kind = attributes.has(Key.kind) ? try attributes.value(Key.kind, as: Kind.self) : .home
    }
}
