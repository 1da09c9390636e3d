import Console
import MobilitySocket
public import Platform
import Settings

/// babymdd as a program.
public enum MovementDetectorProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .babymdd, keys: .leave) {
            (loop, options, settings, log) throws(DaemonError) in
            try MovementDetector.check(settings)
            let client = MobilitySocketClient(
                loop: loop, path: options.socket,
                hello: Hello(role: .detector, processIdentifier: ProcessIdentity.processIdentifier),
                subscriptions: [.scans])
            return MovementDetector(loop: loop, client: client, uplinks: settings.uplinks, log: log)
        }
    }
}
