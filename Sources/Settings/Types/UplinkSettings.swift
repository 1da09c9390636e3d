/// One of the group `uplinks`: an interface towards the Internet.
public struct UplinkSettings: Hashable, Sendable {
    public var interface: String
    public var type: Kind
    /// Lowest is best; of equal ones the first of the file.
    public var metric: UInt32

    public static let defaultMetric: UInt32 = 100

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
