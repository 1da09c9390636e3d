import Console
import Glibc
import Logging
public import Platform
import Settings

/// nemonetd: tunnels, routes and rules, Mobility Headers in and out.
public enum TunnelManagerProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        let description = ProgramDescription.nemonetd
        let options = DaemonOptions.parse(arguments, for: description)
        let settings = options.settingsOrExit(keys: .leave)
        Log.bootstrap(program: description.name, level: options.logLevel)
        let log = Logger(label: description.name)
        do throws(PlatformError) {
            try serve(options, settings, log)
            return .success
        } catch {
            log.critical("\(error)")
            return ExitStatus(error)
        }
    }

    private static func serve(
        _ options: DaemonOptions, _ settings: ShisaSettings, _ log: Logger
    ) throws(PlatformError) {
        var users: Set<UInt32> = [ProcessIdentity.user]
        if let user = options.user { users.insert(try Privileges.uid(ofUser: user)) }
        let loop = try EventLoop()
        for signal in [SIGTERM, SIGINT] { try loop.onSignal(signal) { loop.stop() } }
        let daemon = try Daemon(
            loop: loop, configuration: ManagerConfiguration(settings), protocolUsers: users,
            version: ShisaVersion.text, log: log)
        try loop.onSignal(SIGHUP) { reload(daemon, from: options.configuration, log) }
        try Privileges.limit(to: [.networkAdministration, .rawSockets], forChildren: true)
        // Whatever fails from here on, nothing of ours stays behind.
        defer { daemon.stop() }
        try daemon.start(socketPath: options.socket)
        try loop.run()
        log.info("ended by request")
    }

    private static func reload(_ daemon: Daemon, from path: String, _ log: Logger) {
        do throws(SettingsError) {
            daemon.reload(ManagerConfiguration(try ShisaSettings.load(path, keys: .leave)))
            log.notice("reloaded \(path)")
        } catch {
            log.error("kept the old settings: \(error)")
        }
    }
}
