import MobilityWire

// The list `policy.flows`.

extension Decoder {
    func flows(_ reader: GroupReader, over uplinks: [UplinkSettings], bindings: PolicySettings.Bindings)
        -> [FlowSettings]
    {
        guard let readers = reader.groups("flows"), let location = reader.peek("flows")?.location else { return [] }
        if readers.count > FlowSettings.limit {
            log.add(location, "policy.flows has \(readers.count) flows, there may be \(FlowSettings.limit)")
        }
        if bindings == .single, !readers.isEmpty {
            log.add(
                location,
                "policy.flows needs several bindings, write bindings = \"auto\"; or leave the flows out")
        }
        return readers.compactMap { flow($0, over: uplinks) }
    }

    private func flow(_ reader: GroupReader, over uplinks: [UplinkSettings]) -> FlowSettings? {
        let match = reader.group("match").map(match)
        guard let via = reader.uplinks("via", of: uplinks), let match else { return nil }
        return FlowSettings(match: match, via: via)
    }

    private func match(_ reader: GroupReader) -> FlowSettings.Match {
        var match = FlowSettings.Match()
        match.nextHeader = reader.nextHeader("protocol")
        match.ports = reader.ports("port")
        match.localPorts = reader.ports("local_port")
        match.address = reader.prefix("address")?.content
        match.localAddress = reader.prefix("local_address")?.content
        match.codePoint = reader.integer("dscp").flatMap { UInt8(exactly: $0) }
        let names = SettingReference.names(in: reader.path)
        if !names.contains(where: reader.mentions) {
            log.add(
                reader.location,
                "\(reader.path) matches every packet, name at least one of \(names.joined(separator: ", ")); which uplink "
                    + "carries the rest is a matter of uplinks.metric")
        }
        if let number = match.nextHeader, !FlowSettings.withPorts.contains(number) {
            for name in ["port", "local_port"] {
                guard let location = reader.peek(name)?.location else { continue }
                log.add(location, "\(reader.join(name)) is there for a protocol without ports, leave one of them out")
            }
        }
        return match
    }
}

extension GroupReader {
    /// The name or number of a protocol.
    fileprivate func nextHeader(_ name: String) -> UInt8? {
        guard let value = value(name) else { return nil }
        switch value.content {
        case .string(let text):
            guard let known = FlowSettings.protocols.first(where: { $0.name == text }) else {
                return mismatch(name, value)
            }
            return known.number
        case .integer(let number): return UInt8(exactly: number) ?? mismatch(name, value)
        default: return mismatch(name, value)
        }
    }

    /// A port, or the first and the last of several.
    fileprivate func ports(_ name: String) -> ClosedRange<UInt16>? {
        guard let value = value(name) else { return nil }
        switch value.content {
        case .integer(let number):
            guard let port = UInt16(exactly: number), port > 0 else { return mismatch(name, value) }
            return port...port
        case .string(let text):
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil, first > 0,
                first <= last
            else { return mismatch(name, value) }
            return first...last
        default: return mismatch(name, value)
        }
    }

    /// Names of uplinks, at least one and all different.
    fileprivate func uplinks(_ name: String, of known: [UplinkSettings]) -> [String]? {
        guard let list = value(name), let elements = elements(name) else { return nil }
        if elements.isEmpty { return mismatch(name, list) }
        var names: [String] = []
        for element in elements {
            guard case .string(let text) = element.content else { return mismatch(name, element) }
            if names.contains(text) {
                log.add(element.location, "\(join(name)) names \"\(text)\" twice, name it once")
            } else if !known.contains(where: { $0.interface == text }) {
                let all = Set(known.map(\.interface)).sorted().joined(separator: ", ")
                log.add(element.location, "\(join(name)) has \"\(text)\", which is no uplink; uplinks are \(all)")
            }
            names.append(text)
        }
        return names
    }
}
