/// What a node does with an IPv6 option that it does not recognize: the two highest bits of the type (RFC 8200 §4.2).
public enum OptionAction: Hashable, Sendable {
    /// 00
    case skip
    /// 01
    case discard
    /// 10: and report, whatever the destination.
    case discardAndReport
    /// 11: and report if the destination is not a multicast address.
    case discardAndReportUnicast

    public init(type: UInt8) {
        switch type >> 6 {
        case 0: self = .skip
        case 1: self = .discard
        case 2: self = .discardAndReport
        default: self = .discardAndReportUnicast
        }
    }
}
