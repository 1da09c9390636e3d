/// A link to the Internet: what the movement detector reports of it, and what its owner wants of it.
public struct Uplink: Hashable, Sendable {
    /// The interface's index; the uplink's identity for as long as the interface exists.
    public var index: UInt32
    /// The interface's name.
    public var name: String
    public var type: Kind
    /// Lowest is best.
    public var metric: UInt32
    /// Whether the link is up and running.
    public var hasCarrier: Bool
    public var router: RouterState
    /// In octets.
    public var mtu: UInt32
    public var candidates: [CareOfCandidate]
    /// As the radio tells it; absent on a cable.
    public var signal: Signal?
    public var terms: UplinkTerms

    public enum Kind: Hashable, Sendable {
        case ethernet, wlan, cellular
        case other(String)
    }

    /// The default router, by neighbour unreachability detection (RFC 4861 §7.3.2).
    public enum RouterState: Hashable, CaseIterable, Sendable {
        /// No router advertises itself.
        case absent
        /// It has answered since the link came up, and nothing speaks against it since.
        case reachable
        /// It was not asked yet, or has not answered yet: nothing speaks against it.
        case unconfirmed
        /// It does not answer any more.
        case unreachable
    }

    public var hasDefaultRouter: Bool {
        get { router == .reachable || router == .unconfirmed }
        set { router = newValue ? .reachable : .absent }
    }

    public init(
        index: UInt32, name: String, type: Kind = .ethernet, metric: UInt32, hasCarrier: Bool = true,
        hasDefaultRouter: Bool = true, mtu: UInt32 = 1500, candidates: [CareOfCandidate] = [], signal: Signal? = nil,
        terms: UplinkTerms = UplinkTerms()
    ) {
        self.index = index
        self.name = name
        self.type = type
        self.metric = metric
        self.hasCarrier = hasCarrier
        router = hasDefaultRouter ? .reachable : .absent
        self.mtu = mtu
        self.candidates = candidates
        self.signal = signal
        self.terms = terms
    }
}

extension Uplink.Kind {
    /// The word of the configuration file.
    public init(name: String) {
        self =
            switch name {
            case "ethernet": .ethernet
            case "wlan": .wlan
            case "cellular": .cellular
            default: .other(name)
            }
    }

    public var name: String {
        switch self {
        case .ethernet: "ethernet"
        case .wlan: "wlan"
        case .cellular: "cellular"
        case .other(let name): name
        }
    }
}
