import Console
import MobilitySocket
public import Platform
import Roaming
import Settings

/// mrd as a program.
public enum MobileRouterProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .mrd, keys: .read) {
            (loop, options, settings, log) throws(DaemonError) in
            try RoamingNode(role: .mobileRouter, loop: loop, options: options, settings: settings, log: log)
        }
    }
}
