import Console
import MobilitySocket
public import Platform
import Roaming
import Settings

/// mnd as a program.
public enum MobileNodeProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .mnd, keys: .read) {
            (loop, options, settings, log) throws(DaemonError) in
            try RoamingNode(role: .mobileNode, loop: loop, options: options, settings: settings, log: log)
        }
    }
}
