import MobilityWire

extension AttributeWriter {
    mutating func list<Key: RawRepresentable<UInt16>>(_ key: Key, _ flows: [FlowRule]) {
        list(key, flows) { writer, item, flow in writer.nest(item) { flow.put(into: &$0) } }
    }

    mutating func list<Key: RawRepresentable<UInt16>>(_ key: Key, _ flows: [StrandedFlow]) {
        list(key, flows) { writer, item, flow in
            writer.nest(item) {
                flow.rule.put(into: &$0)
                $0.put(Attribute.Flow.fallback, flow.fallback.code)
            }
        }
    }
}

extension AttributeReader {
    func flows<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [FlowRule] {
        try list(key) { (reader: AttributeReader) throws(MobilitySocketError) in try FlowRule(reader) }
    }

    func strandedFlows<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [StrandedFlow] {
        try list(key) { (reader: AttributeReader) throws(MobilitySocketError) in
            let code = try reader.uint8(Attribute.Flow.fallback)
            guard let fallback = FlowFallback.allCases.first(where: { $0.code == code }) else {
                throw MobilitySocketError(.invalid, "nothing becomes of a flow by the number \(code)")
            }
            return StrandedFlow(rule: try FlowRule(reader), fallback: fallback)
        }
    }
}

extension FlowRule {
    fileprivate func put(into writer: inout AttributeWriter) {
        writer.put(Attribute.Flow.identifier, identifier)
        writer.put(Attribute.Flow.priority, priority)
        writer.put(Attribute.Flow.selector, selector.octets)
    }

    fileprivate init(_ reader: AttributeReader) throws(MobilitySocketError) {
        guard let selector = TrafficSelector(octets: try reader.octets(Attribute.Flow.selector)) else {
            throw MobilitySocketError(.invalid, "a traffic selector that cannot be read")
        }
        self.init(
            identifier: try reader.uint16(Attribute.Flow.identifier),
            priority: try reader.uint16(Attribute.Flow.priority), selector: selector)
    }
}

extension FlowFallback {
    /// As the socket has it.
    fileprivate var code: UInt8 {
        switch self {
        case .any: 0
        case .drop: 1
        case .wait: 2
        }
    }
}
