import Console
import MobilityCore
import MobilitySocket
public import Platform
import Settings

/// mrd as a program.
public enum MobileRouterProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .mrd, keys: .read) {
            (loop, options, settings, log) throws(DaemonError) in
            let home = try MobileRouter.home(of: settings)
            let client = MobilitySocketClient(
                loop: loop, path: options.socket,
                hello: Hello(role: .mobileRouter, processIdentifier: ProcessIdentity.processIdentifier),
                subscriptions: [.uplinks, .mobility])
            return MobileRouter(
                loop: loop, client: client, home: home, uplinks: settings.uplinks, bindings: settings.policy.bindings,
                log: log)
        }
    }
}

extension MobileRouter: Daemon {
    func start() throws(PlatformError) { connect() }

    func reload(_ settings: ShisaSettings) throws(DaemonError) {
        let home = try Self.home(of: settings)
        do throws(MobilitySecurityAssociationError) {
            try reload(home: home, uplinks: settings.uplinks, bindings: settings.policy.bindings)
        } catch {
            throw DaemonError("the key of home cannot be used: \(error)")
        }
    }

    static func home(of settings: ShisaSettings) throws(DaemonError) -> HomeSettings {
        guard let home = settings.home else { throw DaemonError("mrd serves the group home, which is missing") }
        return home
    }
}
