/// How an uplink of the type cellular is connected: what shisamodem tells its modem.
public struct CellularSettings: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The access point name (3GPP TS 23.003 §9).
    public var accessPoint: String
    /// Of the SIM card; nil where it needs none. Empty when it is in a file and `ShisaSettings.load` was told to leave
    /// keys alone, as are user and password.
    public var pin: String?
    public var user: String?
    public var password: String?
    /// The serial line of a modem that makes no network interface of its own: the path of its file, or the USB interface
    /// that it belongs to, as the kernel calls it (`1-1.3:1.2`).
    public var device: String?

    /// Where shisamodem tells how each modem is, in a file under the name of the interface.
    public static let reportFolder = runtimeFolder + "/reports"
    /// Where shisamodem has what need not outlive the machine's power.
    public static let runtimeFolder = "/run/shisamodem"

    /// Octets of an access point name (3GPP TS 23.003 §9.1).
    static let accessPointLimit = 100
    /// Digits of a PIN (3GPP TS 31.101 §9.5.1).
    static let pinDigits = 4...8
    /// Octets of user and password: what the protocols of all modems have room for.
    static let credentialLimit = 127

    public init(
        accessPoint: String, pin: String? = nil, user: String? = nil, password: String? = nil, device: String? = nil
    ) {
        self.accessPoint = accessPoint
        self.pin = pin
        self.user = user
        self.password = password
        self.device = device
    }

    /// Whether a connection that these settings made is as the others want it. How the card was unlocked makes no difference.
    public func connectsLike(_ other: CellularSettings) -> Bool {
        accessPoint == other.accessPoint && user == other.user && password == other.password && device == other.device
    }

    /// Without the secrets, so that no log shows them.
    public var description: String { "access point \(accessPoint)" }
    /// Without the secrets, so that no dump shows them.
    public var customMirror: Mirror { Mirror(self, children: ["accessPoint": accessPoint]) }
}
