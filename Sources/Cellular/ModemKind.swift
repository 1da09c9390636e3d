/// How a modem is spoken to.
public enum ModemKind: String, CaseIterable, Hashable, Sendable {
    /// Qualcomm's protocol, through `qmicli` (kernel driver qmi_wwan).
    case qmi
    /// The USB forum's Mobile Broadband Interface Model, through `mbimcli` (cdc_mbim).
    case mbim
    /// AT commands and PPP over a serial line, through `chat` and `pppd`.
    case serial
}
