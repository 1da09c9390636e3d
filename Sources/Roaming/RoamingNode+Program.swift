public import Console
public import Logging
import MobilityCore
public import MobilitySocket
public import Platform
public import Settings

extension RoamingNode: Daemon {
    /// mrd or mnd, by its role.
    ///
    /// - Parameter furtherCounters: those of a companion.
    /// - Throws: what the settings lack for it.
    public convenience init(
        role: Role, loop: EventLoop, options: DaemonOptions, settings: ShisaSettings, furtherCounters: [String] = [],
        log: Logger
    ) throws(DaemonError) {
        let homes = try Self.homes(of: settings, for: role)
        let client = MobilitySocketClient(
            loop: loop, path: options.socket,
            hello: Hello(role: role, processIdentifier: ProcessIdentity.processIdentifier),
            subscriptions: [.uplinks, .usage, .mobility, .traffic])
        self.init(
            loop: loop, client: client, homes: homes, uplinks: settings.uplinks, ingress: settings.ingress,
            policy: settings.policy, furtherCounters: furtherCounters, log: log)
    }

    public func start() throws(PlatformError) { connect() }

    public func reload(_ settings: ShisaSettings) throws(DaemonError) {
        let homes = try Self.homes(of: settings, for: role)
        do throws(MobilitySecurityAssociationError) {
            try reload(
                homes: homes, uplinks: settings.uplinks, ingress: settings.ingress, policy: settings.policy)
        } catch {
            throw DaemonError("a key of home cannot be used: \(error)")
        }
        companion?.reload(settings)
    }

    public func publish(_ event: String, _ detail: String) { context.publish(event, detail) }

    private static func homes(of settings: ShisaSettings, for role: Role) throws(DaemonError) -> [HomeSettings] {
        guard settings.isMobile else {
            throw DaemonError("\(role.program) serves the group home, which is missing; see shisa.conf(5)")
        }
        switch role {
        case .mobileRouter where !settings.isMobileRouter:
            throw DaemonError("mrd serves mobile networks, and home has no prefixes; add them, or run mnd for a host")
        case .mobileRouter where settings.policy.routeOptimization != nil:
            throw DaemonError("mrd optimises no routes, take policy.route_optimization out")
        case .mobileNode where settings.isMobileRouter:
            throw DaemonError("mnd serves a mobile host, and home has prefixes; leave them out, or run mrd")
        default: return settings.homes
        }
    }
}
