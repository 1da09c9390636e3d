import Console
import Logging
import MobilitySocket
public import Platform
import Settings

/// nemonetd as a program.
public enum TunnelManagerProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(
            arguments, description: .nemonetd, keys: .leave,
            identity: .privileged([.networkAdministration, .rawSockets])
        ) { (loop, options, settings, log) throws(DaemonError) in
            Nemonetd(loop: loop, options: options, settings: settings, log: log)
        }
    }
}

/// The program's life: what it makes in the system exists from `start` to `stop`.
private final class Nemonetd: Daemon {
    private let loop: EventLoop
    private let options: DaemonOptions
    private let settings: ShisaSettings
    private let log: Logger
    private var daemon: TunnelDaemon?

    init(loop: EventLoop, options: DaemonOptions, settings: ShisaSettings, log: Logger) {
        self.loop = loop
        self.options = options
        self.settings = settings
        self.log = log
    }

    func start() throws(PlatformError) {
        var users: Set<UInt32> = [ProcessIdentity.user]
        if let user = options.user { users.insert(try Privileges.uid(ofUser: user)) }
        let daemon = try TunnelDaemon(
            loop: loop, configuration: ManagerConfiguration(settings), protocolUsers: users,
            version: ShisaVersion.text, log: log)
        daemon.rereadConfiguration = { [unowned self] () throws(MobilitySocketError) in try reread() }
        do throws(PlatformError) {
            try daemon.start(socketPath: options.socket)
        } catch {
            // Nothing of ours stays behind.
            daemon.stop()
            throw error
        }
        self.daemon = daemon
    }

    func reload(_ settings: ShisaSettings) throws(DaemonError) { daemon?.reload(ManagerConfiguration(settings)) }

    func publish(_ event: String, _ detail: String) { daemon?.record(event, detail) }

    /// The home agent has read the file again.
    private func reread() throws(MobilitySocketError) {
        guard let daemon else { return }
        do throws(SettingsError) {
            var new = ManagerConfiguration(try ShisaSettings.load(options.configuration, keys: .leave))
            // Others are for the next start.
            new.device = daemon.configuration.device
            new.workers = daemon.configuration.workers
            if new != daemon.configuration {
                daemon.reload(new)
                log.notice("reloaded \(options.configuration), as had did")
                publish("configuration_read", options.configuration)
            }
        } catch {
            throw MobilitySocketError(.invalid, "\(error)")
        }
        HeapMemory.returnFreed()
    }

    func stop(_ finished: @escaping () -> Void) {
        daemon?.stop()
        daemon = nil
        finished()
    }
}
