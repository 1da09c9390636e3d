/// The group `ingress.access_point`: the interface is a radio, and hosts join it as a WLAN.
public struct AccessPointSettings: Hashable, Sendable {
    public var ssid: SSID
    public var security: WLANSecurity
    /// Nil only for an open one.
    public var secret: WLANSecret?
    /// One of `band`.
    public var channel: UInt8
    public var band: Band
    /// Two letters; nil where the radio keeps to what is allowed everywhere.
    public var country: String?
    /// Whether its name is told only to those who ask for it.
    public var isHidden: Bool
    /// How many may be at it at a time.
    public var maxStations: UInt32

    public static let defaultMaxStations: UInt32 = 64

    public enum Band: String, CaseIterable, Hashable, Sendable {
        case lower = "2.4 GHz"
        case upper = "5 GHz"

        /// Those that Europe, America and Asia have, each with 20 MHz (IEEE 802.11 Annex E).
        var channels: [UInt8] {
            switch self {
            case .lower: Array(1...13)
            case .upper:
                [36, 40, 44, 48, 52, 56, 60, 64]
                    + [100, 104, 108, 112, 116, 120, 124, 128, 132, 136, 140, 144, 149, 153, 157, 161, 165]
            }
        }

        /// One that needs no listening for radar and that every station knows.
        public var defaultChannel: UInt8 { self == .lower ? 6 : 36 }

        /// Whether a radio that knows no country may begin to send on a channel.
        func isAllowedEverywhere(_ channel: UInt8) -> Bool { self == .lower && channel <= 11 }
    }

    public init(
        ssid: SSID, security: WLANSecurity = .default, secret: WLANSecret? = nil, band: Band = .lower,
        channel: UInt8? = nil, country: String? = nil, isHidden: Bool = false,
        maxStations: UInt32 = AccessPointSettings.defaultMaxStations
    ) {
        self.ssid = ssid
        self.security = security
        self.secret = secret
        self.band = band
        self.channel = channel ?? band.defaultChannel
        self.country = country
        self.isHidden = isHidden
        self.maxStations = maxStations
    }
}
