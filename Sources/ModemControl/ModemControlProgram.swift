import Console
public import Platform
import Settings

/// shisamodem as a program.
public enum ModemControlProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        // The kernel asks for this where links are set up and PPP is begun; modems' files are root's.
        DaemonRunner.run(
            arguments, description: .shisamodem, keys: .read, identity: .limited([.networkAdministration])
        ) { (loop, options, settings, log) throws(DaemonError) in
            ModemControl(
                loop: loop, socket: options.socket,
                folders: ModemFolders(
                    scripts: CellularSettings.runtimeFolder + "/private", state: options.state ?? "/var/lib/shisamodem",
                    reports: CellularSettings.reportFolder, log: log),
                settings: settings, log: log)
        }
    }
}
