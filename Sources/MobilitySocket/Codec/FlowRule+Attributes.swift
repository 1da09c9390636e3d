import MobilityWire

extension AttributeWriter {
    mutating func list<Key: RawRepresentable<UInt16>>(_ key: Key, _ flows: [FlowRule]) {
        list(key, flows) { writer, item, flow in
            writer.nest(item) {
                $0.put(Attribute.Flow.identifier, flow.identifier)
                $0.put(Attribute.Flow.priority, flow.priority)
                $0.put(Attribute.Flow.selector, flow.selector.octets)
            }
        }
    }
}

extension AttributeReader {
    func flows<Key: RawRepresentable<UInt16>>(_ key: Key) throws(MobilitySocketError) -> [FlowRule] {
        try list(key) { (reader: AttributeReader) throws(MobilitySocketError) in
            guard let selector = TrafficSelector(octets: try reader.octets(Attribute.Flow.selector)) else {
                throw MobilitySocketError(.invalid, "a traffic selector that cannot be read")
            }
            return FlowRule(
                identifier: try reader.uint16(Attribute.Flow.identifier),
                priority: try reader.uint16(Attribute.Flow.priority), selector: selector)
        }
    }
}
