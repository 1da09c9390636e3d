/// One of the group `uplinks`: an interface towards the Internet.
public struct UplinkSettings: Hashable, Sendable {
    public var interface: String
    public var type: Kind
    /// Lowest is best; of equal ones the first of the file.
    public var metric: UInt32
    /// Its part of the flows with the strategy `balance`, in relation to the others'.
    public var weight = UplinkSettings.defaultWeight
    /// Whether addresses are asked for by DHCPv6 where the routers say that they come that way.
    public var asksForAddresses = true
    /// Octets cost something.
    public var isMetered = false
    /// What probes may cost, in octets a day; nil where the file says nothing.
    public var probeLimit: UInt64?
    /// Octets in and out that are included in a month; nil where nobody counts.
    public var monthlyLimit: UInt64?
    /// The day on which the month begins, 1 to 31.
    public var billingDay: UInt32 = 1
    /// The received power in dBm below which its signal is a warning, and from which on it is none any more; nil where the file
    /// says nothing.
    public var signalWeak: Int32?
    public var signalGood: Int32?
    /// When it may be used; empty for always.
    public var schedule: [ScheduleWindow] = []
    /// What its modem has to be told; nil where nothing, or where others tell it.
    public var cellular: CellularSettings?
    /// The WLANs that it joins, in the order of the file; none where another program does that.
    public var networks: [NetworkSettings] = []
    /// The country whose rules its radio keeps to, two letters; nil where it keeps to what is allowed everywhere.
    public var country: String?

    public static let defaultMetric: UInt32 = 100

    public static let defaultWeight: UInt32 = 1

    /// Where babymdd names the uplinks whose routers say that addresses come by DHCPv6, if there is such a folder: a file of
    /// the interface's name for each, in which its index stands.
    public static let managedFolder = "/run/shisa/managed"

    public enum Kind: String, CaseIterable, Hashable, Sendable {
        case ethernet
        case wlan
        case cellular
    }

    public init(interface: String, type: Kind = .ethernet, metric: UInt32 = UplinkSettings.defaultMetric) {
        self.interface = interface
        self.type = type
        self.metric = metric
    }
}
