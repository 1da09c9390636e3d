/// Everything that a configuration file says, checked.
///
/// Every program loads the whole file and reads the groups that concern it. A file with an error is refused whole.
public struct ShisaSettings: Hashable, Sendable {
    /// The home addresses of a mobile router or mobile host; empty at a node that is none.
    public var homes: [HomeSettings]
    /// The first of them.
    public var home: HomeSettings? { homes.first }
    /// Whether the node moves.
    public var isMobile: Bool { !homes.isEmpty }
    /// Whether it moves with a network.
    public var isMobileRouter: Bool { homes.contains(where: \.isRouter) }
    /// In the order of the file. Empty at a node that does not move.
    public var uplinks: [UplinkSettings]
    /// In the order of the file. Empty without a mobile network.
    public var ingress: [IngressSettings]
    /// Nil where the hosts of the mobile network ask somebody else for names.
    public var dns: DNSSettings?
    /// Nil where the clock is somebody else's business.
    public var time: TimeSettings?
    public var policy: PolicySettings
    /// Nil at a node that is no home agent.
    public var homeAgent: HomeAgentSettings?
    /// Nil at a node that optimises no routes for others.
    public var correspondent: CorrespondentSettings?
    public var engine: EngineSettings

    public init(
        homes: [HomeSettings] = [], uplinks: [UplinkSettings] = [], ingress: [IngressSettings] = [],
        dns: DNSSettings? = nil, time: TimeSettings? = nil, policy: PolicySettings = PolicySettings(),
        homeAgent: HomeAgentSettings? = nil, correspondent: CorrespondentSettings? = nil,
        engine: EngineSettings = EngineSettings()
    ) {
        self.homes = homes
        self.uplinks = uplinks
        self.ingress = ingress
        self.dns = dns
        self.time = time
        self.policy = policy
        self.homeAgent = homeAgent
        self.correspondent = correspondent
        self.engine = engine
    }

    /// Where the file is when nobody says otherwise.
    public static let defaultPath = "/etc/shisa/shisa.conf"

    /// Reads and checks the configuration file at `path`.
    ///
    /// - Parameter keys: `.leave` for programs that authenticate nothing and may lack the permission to read keys.
    /// - Throws: everything that is wrong with the file, as `file:line: what is wrong, what would be right`.
    public static func load(_ path: String, keys: Keys = .read) throws(SettingsError) -> ShisaSettings {
        let log = ComplaintLog()
        let source = SourceText(path: path, log: log)
        guard log.complaints.isEmpty, let root = Libconfig.parse(source, log: log) else {
            throw log.error
        }
        let settings = Decoder(log: log, keys: keys).shisa(root)
        guard log.complaints.isEmpty, let settings else { throw log.error }
        return settings
    }

    /// What to do about key files.
    public enum Keys: Sendable {
        /// Read them; one that cannot be read is an error.
        case read
        /// Leave them alone: every `AuthenticationSettings.key` from a file is empty.
        case leave
    }
}
