import MobilityWire

// The list `policy.flows`.

extension Decoder {
    func flows(
        _ reader: GroupReader, over uplinks: [UplinkSettings], ingress: [String], own: [IPv6Prefix],
        bindings: PolicySettings.Bindings
    ) -> [FlowSettings] {
        guard let readers = reader.groups("flows"), let location = reader.peek("flows")?.location else { return [] }
        if readers.count > FlowSettings.limit {
            log.add(location, "policy.flows has \(readers.count) flows, there may be \(FlowSettings.limit)")
        }
        if bindings == .single, !readers.isEmpty {
            log.add(
                location,
                "policy.flows needs several bindings, write bindings = \"auto\"; or leave the flows out")
        }
        return readers.compactMap { flow($0, over: uplinks, ingress: ingress, own: own) }
    }

    private func flow(
        _ reader: GroupReader, over uplinks: [UplinkSettings], ingress: [String], own: [IPv6Prefix]
    ) -> FlowSettings? {
        let match = reader.group("match").map { self.match($0, ingress: ingress, own: own) }
        guard let via = reader.uplinks("via", of: uplinks), let match else { return nil }
        let otherwise = reader.word("otherwise", FlowFallback.self) ?? .any
        return FlowSettings(match: match, via: via, otherwise: otherwise)
    }

    private func match(_ reader: GroupReader, ingress: [String], own: [IPv6Prefix]) -> FlowSettings.Match {
        var match = FlowSettings.Match()
        match.nextHeader = reader.nextHeader("protocol")
        match.ports = reader.ports("port")
        match.localPorts = reader.ports("local_port")
        match.address = reader.prefix("address")?.content
        let local = reader.prefix("local_address")
        match.localAddress = local?.content
        if let local, !own.isEmpty, !own.contains(where: { $0.overlaps(local.content) }) {
            let names = own.map { "\($0)" }.joined(separator: ", ")
            log.add(
                local.location,
                "\(reader.join("local_address")) has \(local.content), which no host of this end has; its addresses are "
                    + "\(names)")
        }
        match.codePoints = reader.codePoints("dscp")
        match.ingress = reader.interface("ingress")
        if let name = match.ingress, !ingress.contains(name), let location = reader.peek("ingress")?.location {
            let known = ingress.isEmpty ? "there is none" : "those are \(ingress.joined(separator: ", "))"
            log.add(location, "\(reader.join("ingress")) is \"\(name)\", which is no interface of ingress; \(known)")
        }
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

    /// A code point by number or name, or the first and the last of several.
    fileprivate func codePoints(_ name: String) -> ClosedRange<UInt8>? {
        guard let value = value(name) else { return nil }
        switch value.content {
        case .integer(let number):
            guard let point = UInt8(exactly: number), point <= 63 else { return mismatch(name, value) }
            return point...point
        case .string(let text):
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end in
                FlowSettings.codePoints[String(end)] ?? UInt8(end)
            }
            guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil,
                first <= last, last <= 63
            else { return mismatch(name, value) }
            return first...last
        default: return mismatch(name, value)
        }
    }

    /// Names of uplinks, at least one and all different.
    fileprivate func uplinks(_ name: String, of known: [UplinkSettings]) -> [String]? {
        guard let list = value(name), let elements = elements(name) else { return nil }
        if elements.isEmpty {
            log.add(list.location, "\(join(name)) is empty, should be \(SettingReference.Kind.uplinks.text)")
            return nil
        }
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
