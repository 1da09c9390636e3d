/// What is wrong with received octets, and where.
///
/// Parsing has three outcomes: a value; a value that says that a part of it is unknown and was kept (`.unknown`); or
/// this error, on which the packet is dropped, counted under `reason.name` and, where `parameterProblemCode` is not
/// nil, answered.
public struct ParseError: Error, Hashable, Sendable {
    public var reason: Reason
    /// The octet at fault, counted from the start of what the throwing call was given.
    ///
    /// Calls that parse a part of a packet shift it, so that from `MobilityPacket.init(parsing:)` it is the pointer
    /// of a Parameter Problem (RFC 4443 §3.4) as it stands.
    public var octet: Int

    public init(_ reason: Reason, octet: Int) {
        self.reason = reason
        self.octet = octet
    }

    /// The same fault, counted from `count` octets earlier.
    public func shifted(by count: Int) -> ParseError { ParseError(reason, octet: octet + count) }

    /// The code of the ICMPv6 Parameter Problem that the receiver should send to the packet's source, or nil where
    /// the packet is silently discarded.
    public var parameterProblemCode: UInt8? { parameterProblemCode(toMulticast: false) }

    /// The same for a packet whose destination is (or is not) a multicast address: such a packet is answered only
    /// if an unrecognized option asks for it with its two highest bits 10 (RFC 8200 §4.2, RFC 4443 §2.4 (e.3)).
    public func parameterProblemCode(toMulticast: Bool) -> UInt8? {
        switch reason {
        case .unrecognizedOption(let type):
            switch OptionAction(type: type) {
            case .skip, .discard: nil
            case .discardAndReport: 2
            case .discardAndReportUnicast: toMulticast ? nil : 2
            }
        case .mobilityPayloadProtocol, .mobilityHeaderLength, .unrecognizedRoutingType: toMulticast ? nil : 0
        case .hopByHopNotFirst: toMulticast ? nil : 1
        default: nil
        }
    }
}

extension ParseError {
    public enum Reason: Hashable, Sendable {
        /// The octets end before the field; `octet` is where they end.
        case truncated
        /// The version is not 6.
        case notVersion6
        /// The IPv6 payload length says more than there is.
        case payloadLength
        /// More than `ExtensionHeaderChain.maximumHeaders` extension headers, or more options than are sensible.
        case tooManyExtensionHeaders
        /// A hop-by-hop options header somewhere else than right behind the IPv6 header (RFC 8200 §4.1).
        case hopByHopNotFirst
        /// An extension header's length reaches behind the packet.
        case extensionHeaderLength
        /// An option's length reaches behind its header.
        case optionLength
        /// An option that nobody here knows and that may not be skipped (RFC 8200 §4.2).
        case unrecognizedOption(type: UInt8)
        /// The Home Address option's length is not 16 (RFC 6275 §6.3).
        case homeAddressOptionLength
        /// The Home Address option does not hold a unicast routable address (RFC 6275 §9.3.1).
        case homeAddressNotUnicast
        /// More than one Home Address option (RFC 6275 §6.3).
        case homeAddressOptionRepeated
        /// A Home Address option before the routing header or behind the fragment header (RFC 6275 §6.3).
        case homeAddressOptionMisplaced
        /// A routing header of another type than 2 that still has segments to visit (RFC 8200 §4.4).
        case unrecognizedRoutingType
        /// A type 2 routing header whose length is not 2 (RFC 6275 §11.3.3).
        case routingHeaderLength
        /// A type 2 routing header whose segments left are not 1 (RFC 6275 §11.3.3).
        case routingHeaderSegmentsLeft
        /// A type 2 routing header does not hold a unicast routable address (RFC 6275 §6.4).
        case routingHeaderAddressNotUnicast
        /// More than one type 2 routing header.
        case routingHeaderRepeated
        /// The packet is one piece of several; whoever wants its payload has to put it together first.
        case fragmented
        /// The upper-layer protocol is not the one that was asked for.
        case unexpectedProtocol
        /// The checksum does not match (RFC 8200 §8.1).
        case checksum
        /// The Mobility Header's length reaches behind the packet.
        case mobilityHeaderTruncated
        /// The Mobility Header is shorter than its message (RFC 6275 §9.2).
        case mobilityHeaderLength
        /// The Mobility Header's payload protocol is not 59 (RFC 6275 §9.2).
        case mobilityPayloadProtocol
        /// A mobility option's length reaches behind the Mobility Header.
        case mobilityOptionTruncated
        /// A mobility option has another length than its RFC gives it.
        case mobilityOptionLength
        /// An ICMPv6 message is shorter than its type needs.
        case messageLength
        /// A neighbour-discovery option of length zero (RFC 4861 §4.6).
        case neighborOptionZero
        /// A neighbour-discovery option's length reaches behind the message.
        case neighborOptionTruncated
        /// A neighbour-discovery message that did not come from this link: its hop limit is not 255 (RFC 4861 §6.1).
        case hopLimit
        /// A code that the message's type does not have.
        case messageCode
        /// A source, destination or target address that the message may not have (RFC 4861 §6.1, §7.1).
        case messageAddress

        /// A stable name in lower_snake_case, for counters.
        public var name: String {
            switch self {
            case .truncated: "truncated"
            case .notVersion6: "not_version_6"
            case .payloadLength: "payload_length"
            case .tooManyExtensionHeaders: "too_many_extension_headers"
            case .hopByHopNotFirst: "hop_by_hop_not_first"
            case .extensionHeaderLength: "extension_header_length"
            case .optionLength: "option_length"
            case .unrecognizedOption: "unrecognized_option"
            case .homeAddressOptionLength: "home_address_option_length"
            case .homeAddressNotUnicast: "home_address_not_unicast"
            case .homeAddressOptionRepeated: "home_address_option_repeated"
            case .homeAddressOptionMisplaced: "home_address_option_misplaced"
            case .unrecognizedRoutingType: "unrecognized_routing_type"
            case .routingHeaderLength: "routing_header_length"
            case .routingHeaderSegmentsLeft: "routing_header_segments_left"
            case .routingHeaderAddressNotUnicast: "routing_header_address_not_unicast"
            case .routingHeaderRepeated: "routing_header_repeated"
            case .fragmented: "fragmented"
            case .unexpectedProtocol: "unexpected_protocol"
            case .checksum: "checksum"
            case .mobilityHeaderTruncated: "mobility_header_truncated"
            case .mobilityHeaderLength: "mobility_header_length"
            case .mobilityPayloadProtocol: "mobility_payload_protocol"
            case .mobilityOptionTruncated: "mobility_option_truncated"
            case .mobilityOptionLength: "mobility_option_length"
            case .messageLength: "message_length"
            case .neighborOptionZero: "neighbor_option_zero"
            case .neighborOptionTruncated: "neighbor_option_truncated"
            case .hopLimit: "hop_limit"
            case .messageCode: "message_code"
            case .messageAddress: "message_address"
            }
        }
    }
}

extension ParseError: CustomStringConvertible {
    public var description: String { "\(reason.name) at octet \(octet)" }
}
