import MobilitySocket

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

    /// Mobility Header types (RFC 6275 §6.1, RFC 5142 §4, RFC 5846 §5.1).
    private enum MessageType {
        static let bindingRefreshRequest: UInt8 = 0
        static let homeTestInit: UInt8 = 1
        static let careOfTestInit: UInt8 = 2
        static let homeTest: UInt8 = 3
        static let careOfTest: UInt8 = 4
        static let bindingUpdate: UInt8 = 5
        static let bindingAcknowledgement: UInt8 = 6
        static let bindingError: UInt8 = 7
        static let homeAgentSwitch: UInt8 = 12
        static let bindingRevocation: UInt8 = 16
    }

    /// - Parameter message: from Payload Proto on; may be anything.
    /// - Returns: nil if nobody is there.
    func side(of message: [UInt8]) -> Side? {
        let order: [Side] =
            switch message.dropFirst(2).first {
            case MessageType.homeTestInit, MessageType.careOfTestInit: [.correspondent, .homeAgent, .mobileNode]
            case MessageType.bindingUpdate where !isHomeRegistration(message):
                [.correspondent, .homeAgent, .mobileNode]
            case MessageType.homeTest, MessageType.careOfTest, MessageType.bindingAcknowledgement,
                MessageType.bindingRefreshRequest, MessageType.homeAgentSwitch:
                [.mobileNode, .homeAgent, .correspondent]
            case MessageType.bindingError, MessageType.bindingRevocation: [.homeAgent, .mobileNode, .correspondent]
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
