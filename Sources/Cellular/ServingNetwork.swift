/// The network that a modem is registered with, as far as it tells.
public struct ServingNetwork: Hashable, Sendable {
    /// The operator's name, or its number (MCC and MNC, 3GPP TS 23.003 §2.2) where it has none.
    public var operatorName: String?
    public var technology: AccessTechnology?

    public init(operatorName: String? = nil, technology: AccessTechnology? = nil) {
        // Who has no name is told by an empty one.
        self.operatorName = operatorName.flatMap { $0.isEmpty ? nil : $0 }
        self.technology = technology
    }
}

/// The generation of a mobile network.
public enum AccessTechnology: String, CaseIterable, Hashable, Sendable {
    case gsm
    case umts
    case lte
    case nr = "5g"

    /// From the words of qmicli and mbimcli; nil for others.
    init?(word: Substring) {
        switch word {
        case "gsm", "gprs", "edge": self = .gsm
        case "umts", "hsdpa", "hsupa", "td-scdma": self = .umts
        case "lte": self = .lte
        case "5gnr", "5g-nsa", "5g-sa": self = .nr
        default: return nil
        }
    }

    /// From the number that AT+COPS? has (3GPP TS 27.007 §7.3).
    init?(coded: Int) {
        switch coded {
        case 0, 1, 3, 8: self = .gsm
        case 2, 4, 5, 6: self = .umts
        case 7, 9, 10: self = .lte
        case 11, 12, 13: self = .nr
        default: return nil
        }
    }
}
