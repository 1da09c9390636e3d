/// What came of a `ModemRequest`.
public enum ModemAnswer: Hashable, Sendable {
    case done
    /// With the program's own words, in one line.
    case failed(String)
    /// It was not asked, for a reason of our own: a program that is missing, a file that cannot be written.
    case notAsked(String)
    /// Nothing within the time that the request may take.
    case silence
    case card(CardState)
    case registration(RegistrationState, ServingNetwork = ServingNetwork())
    case connection(isUp: Bool)
    case signal(SignalStrength?)

    public enum CardState: Hashable, Sendable {
        case ready
        /// The PIN is asked for. How often it may be entered, where the modem tells.
        case locked(triesLeft: Int?)
        /// Only the operator's PUK unlocks it.
        case blocked
        case absent
        /// It may become ready by itself.
        case starting
    }

    public enum RegistrationState: Hashable, Sendable {
        case registered
        case searching
        case denied
        /// The radio is off.
        case off
    }
}
