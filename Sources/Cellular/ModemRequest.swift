/// What a modem is asked or told. One at a time, each answered by one `ModemAnswer`.
public enum ModemRequest: Hashable, CaseIterable, Sendable {
    /// Whether the SIM card is there and unlocked. Answered by `card`.
    case card
    /// To unlock it. Answered by `done`, or `failed` where the PIN is wrong.
    case enterPIN
    /// To switch the radio on. Answered by `done`.
    case radioOn
    /// Whether a network has taken it. Answered by `registration`.
    case registration
    /// To attach to the packet service. Answered by `done`.
    case attach
    /// To connect with the access point. Answered by `done`.
    case connect
    /// Whether it is connected. Answered by `connection`.
    case connection
    /// How strong the network is. Answered by `signal`.
    case signal
    /// To give the connection up. Answered by `done`.
    case disconnect
    /// To start itself again. Answered by `done`; the device then vanishes for some seconds.
    case reset
}
