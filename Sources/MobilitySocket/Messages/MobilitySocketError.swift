/// Why a request on the mobility socket was refused, or a frame could not be understood.
///
/// Travels as `NLMSG_ERROR`: the code as a negative error number, the reason as `NLMSGERR_ATTR_MSG`.
public struct MobilitySocketError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: Code
    /// A sentence for people; may be empty.
    public var reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { reason.isEmpty ? code.description : reason }

    /// An error number of Linux.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// `EPERM`: the role or the user of the client does not allow it.
        public static let notPermitted = Code(rawValue: 1)
        /// `ENOENT`: there is no such entry.
        public static let noSuchEntry = Code(rawValue: 2)
        /// `EBUSY`: somebody else has what only one can have.
        public static let busy = Code(rawValue: 16)
        /// `EINVAL`: the message is malformed, or what it asks for makes no sense.
        public static let invalid = Code(rawValue: 22)
        /// `ENOSPC`: a limit on entries is reached.
        public static let limitReached = Code(rawValue: 28)
        /// `EMSGSIZE`: the message does not fit into a frame.
        public static let tooLong = Code(rawValue: 90)
        /// `EPROTONOSUPPORT`: another version of the protocol.
        public static let unsupportedVersion = Code(rawValue: 93)
        /// `EOPNOTSUPP`: a message or a table that this side does not know or offer.
        public static let notSupported = Code(rawValue: 95)
        /// `ENETUNREACH`: there is no way to send the packet.
        public static let unreachable = Code(rawValue: 101)
        /// `ENOTCONN`: the connection ended before the answer came, or was never there.
        public static let notConnected = Code(rawValue: 107)
        /// `ETIMEDOUT`: no answer in time.
        public static let timedOut = Code(rawValue: 110)
    }
}

extension MobilitySocketError.Code: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notPermitted: "not permitted"
        case .noSuchEntry: "no such entry"
        case .busy: "busy"
        case .invalid: "invalid message"
        case .limitReached: "limit reached"
        case .tooLong: "message too long"
        case .unsupportedVersion: "protocol version not supported"
        case .notSupported: "not supported"
        case .unreachable: "network unreachable"
        case .notConnected: "not connected"
        case .timedOut: "timed out"
        default: "error \(rawValue)"
        }
    }
}
