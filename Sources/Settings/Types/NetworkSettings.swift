/// One of the list `uplinks.networks`: a WLAN that the uplink joins where it finds it.
public struct NetworkSettings: Hashable, Sendable {
    public var ssid: SSID
    public var security: WLANSecurity
    /// Nil only for an open one.
    public var secret: WLANSecret?
    /// Of those that are found the one of the highest is joined; of equal ones the best protected and strongest.
    public var priority: UInt8
    /// Whether its access points tell its name only to those who ask for it.
    public var isHidden: Bool
    /// The 6 octets of the one access point that is meant; nil for any.
    public var bssid: [UInt8]?

    /// What a file may have of them at an uplink.
    public static let limit = 64
    public static let defaultPriority: UInt8 = 0

    public init(
        ssid: SSID, security: WLANSecurity = .default, secret: WLANSecret? = nil,
        priority: UInt8 = NetworkSettings.defaultPriority, isHidden: Bool = false, bssid: [UInt8]? = nil
    ) {
        self.ssid = ssid
        self.security = security
        self.secret = secret
        self.priority = priority
        self.isHidden = isHidden
        self.bssid = bssid
    }
}
