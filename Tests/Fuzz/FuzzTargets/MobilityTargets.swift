import Examples
import MobilityWire

extension FuzzTarget {
    /// Whole packets of signalling, and the errors about them.
    static let mobilityPackets: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("mobility-packets", limit: 2048) { input in
            let bytes = UnsafeRawBufferPointer(memory.place(input)).bytes
            judgePacket(bytes)
            guard let octets = withChecksum(bytes) else { return }
            octets.withUnsafeBytes { judgePacket(UnsafeRawBufferPointer(memory.place($0)).bytes) }
        }
    }()

    /// Mobility Headers and all their options.
    static let mobilityMessages: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("mobility-messages", limit: MobilityHeader.maximumLength + 8) { input in
            let bytes = UnsafeRawBufferPointer(memory.place(input)).bytes
            _ = MobilityHeader.isChecksumValid(bytes, source: .loopback, destination: .loopback)
            guard let message = try? MobilityHeader.parse(bytes) else { return }
            let emitted = message.emit()
            hold(emitted.count <= MobilityHeader.maximumLength, "\(emitted.count) octets")
            hold(
                (try? MobilityHeader.parse(emitted.span.bytes)) == message, "emitted it says something else: \(message)"
            )
        }
    }()

    /// Neighbour Discovery, errors, home agent and prefix discovery.
    static let icmpv6: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("icmpv6", limit: 2048) { input in
            let bytes = UnsafeRawBufferPointer(memory.place(input)).bytes
            _ = ICMPv6Message.isChecksumValid(bytes, source: .loopback, destination: .loopback)
            guard let message = try? ICMPv6Message.parse(bytes) else { return }
            let emitted = message.emit()
            hold(
                (try? ICMPv6Message.parse(emitted.span.bytes)) == message, "emitted it says something else: \(message)")
        }
    }()

    /// What a flow's packets look like (RFC 6088), and which buckets a binding has.
    static let selectors = FuzzTarget("selectors", limit: 256) { input in
        let octets = Array(input)
        if let selector = TrafficSelector(octets: octets) {
            hold(TrafficSelector(octets: selector.octets) == selector, "emitted it says something else: \(selector)")
        }
        if let buckets = BucketSet(octets: octets) {
            for bucket in 0..<BucketSet.count { _ = buckets.contains(bucket) }
            hold(buckets.isEmpty || BucketSet(octets: buckets.octets) == buckets, "emitted it says something else")
        }
        let text = String(decoding: octets, as: UTF8.self)
        if let address = IPv6Address(text) {
            hold(IPv6Address(address.description) == address, "written it is another address: \(text)")
        }
        if let prefix = IPv6Prefix(text) {
            hold(IPv6Prefix(prefix.description) == prefix, "written it is another prefix: \(text)")
        }
    }

    /// The packet with a right checksum, as anybody can make it; nil where it has none.
    static func withChecksum(_ bytes: RawSpan) -> [UInt8]? {
        guard let (upper, offset) = ExtensionHeaderChain.upper(of: bytes), offset + 8 <= bytes.byteCount,
            upper == .mobilityHeader || upper == .icmpv6, let header = try? IPv6Header(parsing: bytes),
            let chain = try? ExtensionHeaderChain(of: bytes, header: header), chain.upperOffset == offset,
            offset + 8 <= chain.end, var octets = try? bytes.octets(0..<bytes.byteCount)
        else { return nil }
        let addresses = chain.upperAddresses(of: header)
        var message = Array(octets[offset..<chain.end])
        if upper == .icmpv6 {
            ICMPv6Message.fillChecksum(&message, source: addresses.source, destination: addresses.destination)
        } else {
            let length = (Int(message[1]) + 1) * 8
            guard length <= message.count else { return nil }
            message.removeSubrange(length...)
            MobilityHeader.fillChecksum(&message, source: addresses.source, destination: addresses.destination)
        }
        octets.replaceSubrange(offset..<offset + message.count, with: message)
        return octets
    }

    private static func judgePacket(_ bytes: RawSpan) {
        do throws(ParseError) {
            let (packet, offset) = try MobilityPacket.parse(bytes)
            hold(offset + packet.message.count <= bytes.byteCount, "the message reaches beyond its packet")
            let emitted = packet.emit()
            hold(emitted.count <= bytes.byteCount, "\(emitted.count) octets of \(bytes.byteCount)")
            hold(
                (try? MobilityPacket(parsing: emitted.span.bytes))?.isSame(as: packet) == true, "emitted it is another")
            _ = try MobilityPacket.parseMessage(bytes)
        } catch {
            hold(error.octet <= bytes.byteCount + 8, "a fault at \(error.octet) of \(bytes.byteCount) octets")
            judgeReport(error.report(about: bytes, from: Example.homeAgent))
        }
        judgeReport(
            ICMPv6Message.destinationUnreachable(code: 3, invoking: []).report(about: bytes, from: Example.homeAgent))
    }

    private static func judgeReport(_ report: [UInt8]?) {
        guard let report else { return }
        hold(report.count <= ICMPv6Message.minimumMTU, "an error of \(report.count) octets (RFC 4443 §2.4 (c))")
    }
}

extension MobilityPacket {
    /// But for the checksum, which is filled in anew, and may have been the other zero.
    fileprivate func isSame(as other: MobilityPacket) -> Bool {
        var (mine, theirs) = (self, other)
        let field = upperProtocol == .icmpv6 ? 2..<4 : 4..<6
        for place in field where place < mine.message.count && place < theirs.message.count {
            mine.message[place] = 0
            theirs.message[place] = 0
        }
        return mine == theirs
    }
}
