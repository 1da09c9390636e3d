import MobilityWire

/// What a packet looks like to traffic selectors (RFC 6088), seen in the direction from a correspondent to the node.
struct FlowKey {
    var source: IPv6Address
    var destination: IPv6Address
    var trafficClass: UInt8
    var flowLabel: UInt32
    /// The protocol behind the extension headers.
    var nextHeader: UInt8
    var sourcePort: UInt16?
    var destinationPort: UInt16?
    var securityParameterIndex: UInt32?
    /// Whether it is a piece of a packet: then it shows no ports.
    var isFragment = false

    /// - Parameter isReversed: the packet comes from the node.
    init(_ packet: borrowing InnerPacket, isReversed: Bool) {
        source = isReversed ? packet.destination : packet.source
        destination = isReversed ? packet.source : packet.destination
        trafficClass = packet.trafficClass & 0xfc
        flowLabel = packet.flowLabel
        nextHeader = packet.nextHeader
        let bytes = packet.bytes
        var offset = InnerPacket.headerLength
        walk: for _ in 0..<Self.headerLimit {
            switch IPProtocol(rawValue: nextHeader) {
            case .hopByHopOptions, .routing, .destinationOptions:
                guard offset + 8 <= bytes.count else { return }
                nextHeader = bytes[offset]
                offset += (Int(bytes[offset + 1]) + 1) * 8
            case .fragment:
                // Only the first piece has ports. All pieces go one way (RFC 6089 §5.3.6), so none of them shows any.
                guard offset + 8 <= bytes.count else { return }
                nextHeader = bytes[offset]
                isFragment = true
                return
            case .authenticationHeader:
                guard offset + 8 <= bytes.count else { return }
                securityParameterIndex = bytes.uint32(at: offset + 4)
                return
            default: break walk
            }
        }
        switch IPProtocol(rawValue: nextHeader) {
        case .tcp, .udp, Self.udpLite, Self.sctp, Self.dccp:
            guard offset + 4 <= bytes.count else { return }
            let ports = (bytes.uint16(at: offset), bytes.uint16(at: offset + 2))
            sourcePort = isReversed ? ports.1 : ports.0
            destinationPort = isReversed ? ports.0 : ports.1
        case .encapsulatingSecurityPayload:
            guard offset + 4 <= bytes.count else { return }
            securityParameterIndex = bytes.uint32(at: offset)
        default: break
        }
    }

    /// Signalling goes its own way (RFC 6089 §4.3).
    var isSignalling: Bool { nextHeader == IPProtocol.mobilityHeader.rawValue }

    /// More extension headers than this are not followed.
    private static let headerLimit = 8
    private static let dccp = IPProtocol(rawValue: 33)
    private static let sctp = IPProtocol(rawValue: 132)
    private static let udpLite = IPProtocol(rawValue: 136)
}

extension TrafficSelector {
    /// Whether the packet belongs to the flow. A field that the packet does not have is in no range.
    func matches(_ key: borrowing FlowKey) -> Bool {
        if let sourceAddresses, !sourceAddresses.contains(key.source) { return false }
        if let destinationAddresses, !destinationAddresses.contains(key.destination) { return false }
        if let nextHeaders, !nextHeaders.contains(key.nextHeader) { return false }
        if let destinationPorts, !(key.destinationPort.map(destinationPorts.contains) ?? false) { return false }
        if let sourcePorts, !(key.sourcePort.map(sourcePorts.contains) ?? false) { return false }
        if let trafficClasses {
            // The lower two bits are for congestion (RFC 6088 §3.2).
            let (first, last) = (trafficClasses.lowerBound & 0xfc, trafficClasses.upperBound & 0xfc)
            guard first <= key.trafficClass, key.trafficClass <= last else { return false }
        }
        if let flowLabels, !flowLabels.contains(key.flowLabel) { return false }
        if let securityParameterIndices,
            !(key.securityParameterIndex.map(securityParameterIndices.contains) ?? false)
        {
            return false
        }
        return true
    }
}
