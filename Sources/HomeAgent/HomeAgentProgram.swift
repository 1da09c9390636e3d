import Console
import MobilityCore
import MobilitySocket
public import Platform
import Settings

/// had as a program.
public enum HomeAgentProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        HeapMemory.keepLargeBlocksApart()
        return DaemonRunner.run(arguments, description: .had, keys: .read) {
            (loop, options, settings, log) throws(DaemonError) in
            let client = MobilitySocketClient(
                loop: loop, path: options.socket,
                hello: Hello(role: .homeAgent, processIdentifier: ProcessIdentity.processIdentifier),
                subscriptions: [.mobility])
            let home = try HomeAgent.group(of: settings)
            do throws(MobilitySecurityAssociationError) {
                return try HomeAgent(loop: loop, client: client, settings: home, seed: seed(), log: log)
            } catch {
                throw DaemonError("the key of a node cannot be used: \(error)")
            }
        }
    }
}

extension HomeAgentProgram {
    /// Another one at every start; nothing secret hangs on it.
    private static func seed() -> UInt64 {
        let octets = (try? RandomBytes.make(8)) ?? []
        return octets.reduce(WallClock.ntp()) { $0 &* 257 ^ UInt64($1) }
    }
}

extension HomeAgent: Daemon {
    func start() throws(PlatformError) { connect() }

    func reload(_ settings: ShisaSettings) throws(DaemonError) {
        let group = try Self.group(of: settings)
        do throws(MobilitySecurityAssociationError) {
            try reload(group)
        } catch {
            throw DaemonError("the key of a node cannot be used: \(error)")
        }
    }

    static func group(of settings: ShisaSettings) throws(DaemonError) -> HomeAgentSettings {
        guard let group = settings.homeAgent else {
            throw DaemonError("had serves the group home_agent, which is missing; see shisa.conf(5)")
        }
        return group
    }
}
