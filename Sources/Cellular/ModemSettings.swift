/// What a modem has to know before it carries traffic.
public struct ModemSettings: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The access point name (3GPP TS 23.003 §9).
    public var accessPoint: String
    /// Of the SIM card; nil where it needs none.
    public var pin: String?
    public var user: String?
    public var password: String?

    public init(accessPoint: String, pin: String? = nil, user: String? = nil, password: String? = nil) {
        self.accessPoint = accessPoint
        self.pin = pin
        self.user = user
        self.password = password
    }

    /// Without the secrets, so that no log shows them.
    public var description: String { "access point \(accessPoint)" }
    /// Without the secrets, so that no dump shows them.
    public var customMirror: Mirror { Mirror(self, children: ["accessPoint": accessPoint]) }
}
