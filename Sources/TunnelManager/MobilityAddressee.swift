import MobilityWire

/// Which program a Mobility Header is for. Several may share a machine and an address, and each message is answered once:
///
///     tests, and Binding Updates without H flag      the correspondent
///     Binding Updates with H flag                    the home agent
///     answers to what a mobile node sent             the mobile node
///     Binding Errors and revocations                 the home agent where the address is its own, or the mobile node
///     everything else                                the home agent or correspondent, who say that they know no such type
///
/// Where the first choice is not here the others take it, who at least count it.
struct MobilityAddressee {
    /// Whether a home agent has the destination.
    var hasHomeAgent: Bool
    /// Whether a correspondent has it.
    var hasCorrespondent: Bool
    /// Whether there is a mobile node.
    var hasMobileNode: Bool

    enum Side: Hashable { case homeAgent, correspondent, mobileNode }

    private typealias Kind = MobilityMessage.Kind

    /// - Parameter message: from Payload Proto on; may be anything.
    /// - Returns: nil if nobody is there.
    func side(of message: [UInt8]) -> Side? {
        let order: [Side] =
            switch message.dropFirst(2).first {
            case Kind.homeTestInit, Kind.careOfTestInit: [.correspondent, .homeAgent, .mobileNode]
            case Kind.bindingUpdate where !isHomeRegistration(message):
                [.correspondent, .homeAgent, .mobileNode]
            case Kind.homeTest, Kind.careOfTest, Kind.bindingAcknowledgement,
                Kind.bindingRefreshRequest, Kind.homeAgentSwitch:
                [.mobileNode, .homeAgent, .correspondent]
            case Kind.bindingError, Kind.bindingRevocation: [.homeAgent, .mobileNode, .correspondent]
            default: [.homeAgent, .correspondent, .mobileNode]
            }
        return order.first(where: isHere)
    }

    /// The H flag (RFC 6275 §6.1.7), behind the sequence number.
    private func isHomeRegistration(_ message: [UInt8]) -> Bool { message.count > 8 && message[8] & 0x40 != 0 }

    private func isHere(_ side: Side) -> Bool {
        switch side {
        case .homeAgent: hasHomeAgent
        case .correspondent: hasCorrespondent
        case .mobileNode: hasMobileNode
        }
    }
}
