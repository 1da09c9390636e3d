extension UplinkChoice {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Choice
        writer.list(Key.carriers, carriers) { writer, item, carrier in
            writer.nest(item) { carrier.put(into: &$0) }
        }
        writer.list(Key.uplinks, uplinks) { writer, item, uplink in
            writer.nest(item) { uplink.put(into: &$0) }
        }
        if let pinned { writer.put(Key.pinned, pinned) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Choice
        self.init(
            carriers: try attributes.list(Key.carriers) { (reader: AttributeReader) throws(MobilitySocketError) in
                try Carrier(reader)
            },
            uplinks: try attributes.list(Key.uplinks) { (reader: AttributeReader) throws(MobilitySocketError) in
                try Verdict(reader)
            },
            pinned: attributes.has(Key.pinned) ? try attributes.text(Key.pinned) : nil)
    }
}

extension UplinkChoice.Carrier {
    fileprivate func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Carrier
        writer.put(Key.what, what)
        writer.put(Key.way, way)
        writer.list(Key.uplinks, uplinks) { $0.put($1, $2) }
        writer.put(Key.elapsed, elapsedMilliseconds)
    }

    fileprivate init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Carrier
        self.init(
            what: try attributes.text(Key.what), way: try attributes.text(Key.way),
            uplinks: try attributes.texts(Key.uplinks), elapsedMilliseconds: try attributes.uint64(Key.elapsed))
    }
}

extension UplinkChoice.Verdict {
    fileprivate func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Verdict
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.name, name)
        writer.put(Key.isActive, isActive)
        writer.put(Key.health, health.rawValue)
        writer.put(Key.healthElapsed, healthElapsedMilliseconds)
        writer.put(Key.isDegraded, isDegraded)
        writer.put(Key.isWeak, isWeak)
        if let roundTripMicroseconds { writer.put(Key.roundTrip, roundTripMicroseconds) }
        if let jitterMicroseconds { writer.put(Key.jitter, jitterMicroseconds) }
        if let lossPermille { writer.put(Key.loss, lossPermille) }
        writer.list(Key.reasons, reasons) { writer, item, reason in
            writer.nest(item) { reason.put(into: &$0) }
        }
        if let usedOctets { writer.put(Key.used, usedOctets) }
        if let monthlyOctets { writer.put(Key.monthly, monthlyOctets) }
        if let sharePermille { writer.put(Key.share, sharePermille) }
    }

    fileprivate init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Verdict
        self.init(
            interfaceIndex: try attributes.uint32(Key.interfaceIndex), name: try attributes.text(Key.name),
            isActive: try attributes.bool(Key.isActive), health: try attributes.value(Key.health, as: Health.self),
            healthElapsedMilliseconds: try attributes.uint64(Key.healthElapsed),
            isDegraded: try attributes.bool(Key.isDegraded), isWeak: try attributes.bool(Key.isWeak),
            roundTripMicroseconds: try attributes.optionalUInt32(Key.roundTrip),
            jitterMicroseconds: try attributes.optionalUInt32(Key.jitter),
            lossPermille: try attributes.optionalUInt16(Key.loss),
            usedOctets: try attributes.optionalUInt64(Key.used),
            monthlyOctets: try attributes.optionalUInt64(Key.monthly),
            sharePermille: try attributes.optionalUInt16(Key.share),
            reasons: try attributes.list(Key.reasons) { (reader: AttributeReader) throws(MobilitySocketError) in
                try UplinkChoice.Reason(reader)
            })
    }
}

extension UplinkChoice.Reason {
    fileprivate func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Reason
        writer.put(Key.name, name)
        writer.put(Key.text, text)
        if let elapsedMilliseconds { writer.put(Key.elapsed, elapsedMilliseconds) }
        if let remainingMilliseconds { writer.put(Key.remaining, remainingMilliseconds) }
    }

    fileprivate init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Reason
        self.init(
            name: try attributes.text(Key.name), text: try attributes.text(Key.text),
            elapsedMilliseconds: try attributes.optionalUInt64(Key.elapsed),
            remainingMilliseconds: try attributes.optionalUInt64(Key.remaining))
    }
}
