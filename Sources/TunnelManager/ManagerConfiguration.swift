import Forwarding
import MobilityWire
import Settings

/// What nemonetd takes from the configuration file.
struct ManagerConfiguration: Hashable, Sendable {
    /// The TUN device of the engine.
    var device = "shisa0"
    /// Threads that forward in each direction; nil for as many as the processors are good for.
    var workers: Int?
    /// Whether the kernel is to forward, as long as it can.
    var wantsKernel = false
    /// For which connections segments are made to fit the tunnels.
    var clamp = SegmentClamp.translated
    /// The mobile network prefixes of this router.
    var mobilePrefixes: [IPv6Prefix] = []
    /// The home addresses of this node.
    var homeAddresses: [IPv6Address] = []
    /// The links behind the router.
    var ingress: [Ingress] = []
    var uplinks: [String] = []
    /// The addresses at which a home agent of ours serves.
    var homeAgentAddresses: [IPv6Address] = []
    /// The home network, and every prefix that a node may register: where no binding leads on, nobody is there.
    var homeAgentPrefixes: IPv6PrefixSet = []
    /// The prefixes of the home network.
    var homePrefixes: [IPv6Prefix] = []
    /// The interface of the home link; nil for a virtual home network.
    var homeLink: String?
    /// The nodes that may register at our home agent: home address and prefixes.
    var nodes: [Node] = []

    struct Node: Hashable, Sendable {
        var homeAddress: IPv6Address
        var prefixes: [IPv6Prefix]
    }

    struct Ingress: Hashable, Sendable {
        var interface: String
        var prefix: IPv6Prefix

        /// The router's own address on the link: the first one behind the prefix.
        var address: IPv6Address { IPv6Address(high: prefix.address.high, low: prefix.address.low | 1) }
    }

    /// The interface of the kernel's tunnels: a name has 15 octets at most.
    var tunnelInterface: String { String(decoding: device.utf8.prefix(14), as: UTF8.self) + "k" }
    var isMobile: Bool { !homeAddresses.isEmpty }
    /// Whether it is a mobile network's router, and not a host.
    var isMobileRouter: Bool { isMobile && !mobilePrefixes.isEmpty }
    /// Whether this machine passes on packets of others: all but mobile hosts do.
    var forwards: Bool { !isMobile || !mobilePrefixes.isEmpty || isHomeAgent }
    /// Whether what this machine sends itself is to come from the home address.
    var prefersHomeAddress: Bool { isMobile && mobilePrefixes.isEmpty }
    var isHomeAgent: Bool { !homeAgentAddresses.isEmpty }
    /// Where nobody is but by a binding, so that the engine has all that goes there.
    var engineNetworks: IPv6PrefixSet { homeLink == nil ? homeAgentPrefixes : [] }
    /// Where Dynamic Home Agent Address Discovery asks (RFC 6275 §10.5).
    var homeAgentAnycasts: [IPv6Address] { homePrefixes.compactMap(\.homeAgentsAnycast) }
}

extension ManagerConfiguration {
    init(_ settings: ShisaSettings) {
        device = settings.engine.device
        workers = settings.engine.workers.map { Int($0) }
        wantsKernel = settings.engine.plane == .kernel
        clamp = SegmentClamp(settings.engine.clampMSS)
        mobilePrefixes = settings.homes.flatMap(\.prefixes)
        homeAddresses = settings.homes.map(\.address)
        ingress = settings.ingress.map { Ingress(interface: $0.interface, prefix: $0.prefix) }
        uplinks = settings.uplinks.map(\.interface)
        if let agent = settings.homeAgent {
            homeAgentAddresses = agent.addresses
            homePrefixes = agent.prefixes
            homeLink = agent.link
            homeAgentPrefixes = IPv6PrefixSet(agent.prefixes + agent.nodes.flatMap(\.prefixes))
            nodes = agent.nodes.map { Node(homeAddress: $0.address, prefixes: $0.prefixes) }
        }
    }
}

extension SegmentClamp {
    fileprivate init(_ setting: EngineSettings.Clamp) {
        self =
            switch setting {
            case .off: .off
            case .auto: .translated
            case .on: .all
            }
    }
}
