/// One netlink frame of the mobility socket: the header that libmnl puts in front, and what it carries.
///
/// A packet of the socket holds one frame or several, each aligned to 4 octets.
public struct MobilitySocketFrame: Hashable, Sendable {
    /// Chosen by who asks; the answers carry the same. 0 in notifications.
    public var sequence: UInt32
    public var flags: Flags
    public var content: Content

    /// The longest packet, in octets. Lengths of nests have 16 bits, so a frame stays well below 65,536; the biggest
    /// thing to carry is a program's counters.
    public static let maximumLength = 32_768

    public enum Content: Hashable, Sendable {
        case message(MobilitySocketMessage)
        /// `NLMSG_ERROR` with error 0.
        case acknowledgement
        /// `NLMSG_ERROR` with an error.
        case refusal(MobilitySocketError)
        /// `NLMSG_DONE`: the end of a dump.
        case done
        /// `NLMSG_OVERRUN`: notifications were lost.
        case overrun
        /// A frame that was received whole but makes no sense; never sent.
        case malformed(MobilitySocketError)
    }

    /// `nlmsg_flags`, with netlink's meanings.
    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// `NLM_F_REQUEST`
        public static let request = Flags(rawValue: 0x01)
        /// `NLM_F_MULTI`: a part of a dump.
        public static let multipart = Flags(rawValue: 0x02)
        /// `NLM_F_ACK`: answer, also when all is well.
        public static let acknowledge = Flags(rawValue: 0x04)
        /// `NLM_F_DUMP`
        public static let dump = Flags(rawValue: 0x300)
        /// `NLM_F_CAPPED`: an acknowledgement that repeats only the header of the request.
        public static let capped = Flags(rawValue: 0x100)
        /// `NLM_F_ACK_TLVS`: an acknowledgement with attributes.
        public static let acknowledgementAttributes = Flags(rawValue: 0x200)
    }

    public init(sequence: UInt32 = 0, flags: Flags = [], content: Content) {
        self.sequence = sequence
        self.flags = flags
        self.content = content
    }

    /// A message that nobody asked for.
    public static func notification(_ message: MobilitySocketMessage) -> MobilitySocketFrame {
        MobilitySocketFrame(content: .message(message))
    }

    /// A request, with the flags that its message needs; always asks for an answer.
    public static func request(_ message: MobilitySocketMessage, sequence: UInt32) -> MobilitySocketFrame {
        var flags: Flags = [.request, .acknowledge]
        if case .dump = message { flags = [.request, .dump] }
        return MobilitySocketFrame(sequence: sequence, flags: flags, content: .message(message))
    }

    /// One entry of a dump.
    public static func part(_ message: MobilitySocketMessage, of sequence: UInt32) -> MobilitySocketFrame {
        MobilitySocketFrame(sequence: sequence, flags: .multipart, content: .message(message))
    }
}
