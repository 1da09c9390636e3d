/// A Home Agent Switch message (RFC 5142 §4): the mobile node is asked to leave this home agent.
public struct HomeAgentSwitch: Hashable, Sendable {
    /// Where the mobile node should go, best first; none sends it to Dynamic Home Agent Address Discovery.
    ///
    /// Of more than `maximumAddresses` the rest is left out when the message is emitted.
    public var addresses: [IPv6Address]
    public var options: [MobilityOption]

    public init(addresses: [IPv6Address] = [], options: [MobilityOption] = []) {
        self.addresses = addresses
        self.options = options
    }

    /// As many as leave room in a Mobility Header (2048 octets) for an authenticated message's options.
    public static let maximumAddresses = 120
}

extension HomeAgentSwitch {
    /// Where the options begin.
    static func fixedLength(of bytes: RawSpan) throws(ParseError) -> Int {
        8 + 16 * Int(try bytes.octet(at: MobilityHeader.Offset.data))
    }

    ///                                     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///                                     |# of Addresses |   Reserved    |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |                   Home Agent Addresses (16 each)              |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    init(_ bytes: RawSpan, options: [MobilityOption]) throws(ParseError) {
        var addresses: [IPv6Address] = []
        for offset in stride(from: 8, to: try Self.fixedLength(of: bytes), by: 16) {
            addresses.append(try bytes.address(at: offset))
        }
        self.init(addresses: addresses, options: options)
    }

    func emitFixedPart(into writer: inout ByteWriter) {
        let addresses = addresses.prefix(Self.maximumAddresses)
        writer.write(UInt8(addresses.count))
        writer.write(0 as UInt8)
        for address in addresses { writer.write(address) }
    }
}
