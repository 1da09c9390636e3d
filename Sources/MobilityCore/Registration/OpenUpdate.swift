import MobilityWire

/// A Binding Update whose acknowledgement is still believed.
protocol OpenUpdate {
    var sequenceNumber: SequenceNumber { get }
    /// Its Mesg-ID, if it had one.
    var timestamp: NTPTimestamp? { get }
}

/// Which Binding Update an acknowledgement answers.
enum AcknowledgementMatch<Update> {
    case answers(Update)
    case unmatched
    /// The number is right and the Mesg-ID is not (RFC 4285 §6).
    case timestampMismatch
}

extension Array where Element: OpenUpdate {
    /// The Binding Update that this acknowledgement answers, if it is one of these.
    func match(_ acknowledgement: BindingAcknowledgement) -> AcknowledgementMatch<Element> {
        let answer = acknowledgement.options.messageIdentifier
        let found = last { update in
            switch acknowledgement.status {
            case .sequenceNumberOutOfWindow:
                // Its number is the last one that the home agent accepted; only the timestamp tells which it answers.
                update.timestamp == nil || update.timestamp == answer
            default:
                update.sequenceNumber == acknowledgement.sequenceNumber
            }
        }
        guard let found else { return .unmatched }
        guard let sent = found.timestamp else { return .answers(found) }
        // A refused timestamp comes back with the home agent's seconds over our fraction (RFC 4285 §6).
        let matches =
            acknowledgement.status == .mobilityIdentifierMismatch ? answer?.fraction == sent.fraction : answer == sent
        return matches ? .answers(found) : .timestampMismatch
    }
}
