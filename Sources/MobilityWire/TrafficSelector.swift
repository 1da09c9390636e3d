/// A binary IPv6 traffic selector (RFC 6088 §3.2): which packets belong to a flow.
///
/// It describes packets on their way from a correspondent to the mobile node, as the home agent sees them; a packet of the
/// other direction is compared with its source and destination exchanged. What is absent matches everything.
public struct TrafficSelector: Hashable, Sendable {
    /// Addresses of correspondents.
    public var sourceAddresses: ClosedRange<IPv6Address>?
    /// Home addresses, or addresses of mobile networks.
    public var destinationAddresses: ClosedRange<IPv6Address>?
    /// Security parameter indices of IPsec.
    public var securityParameterIndices: ClosedRange<UInt32>?
    /// 24 bits, as RFC 6088 has them; packets carry 20.
    public var flowLabels: ClosedRange<UInt32>?
    public var sourcePorts: ClosedRange<UInt16>?
    public var destinationPorts: ClosedRange<UInt16>?
    /// Only the upper six bits are compared.
    public var trafficClasses: ClosedRange<UInt8>?
    /// Protocols behind the extension headers.
    public var nextHeaders: ClosedRange<UInt8>?

    public init(
        sourceAddresses: ClosedRange<IPv6Address>? = nil, destinationAddresses: ClosedRange<IPv6Address>? = nil,
        securityParameterIndices: ClosedRange<UInt32>? = nil, flowLabels: ClosedRange<UInt32>? = nil,
        sourcePorts: ClosedRange<UInt16>? = nil, destinationPorts: ClosedRange<UInt16>? = nil,
        trafficClasses: ClosedRange<UInt8>? = nil, nextHeaders: ClosedRange<UInt8>? = nil
    ) {
        self.sourceAddresses = sourceAddresses
        self.destinationAddresses = destinationAddresses
        self.securityParameterIndices = securityParameterIndices
        self.flowLabels = flowLabels
        self.sourcePorts = sourcePorts
        self.destinationPorts = destinationPorts
        self.trafficClasses = trafficClasses
        self.nextHeaders = nextHeaders
    }

    /// Matches every packet.
    public static let everything = TrafficSelector()

    /// The value of the TS Format field.
    public static let format: UInt8 = 2
}
