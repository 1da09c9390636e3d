import Console
public import Platform
import Settings

/// shisahooks as a program.
public enum EventHooksProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .shisahooks, keys: .leave) {
            (loop, options, _, log) throws(DaemonError) in
            EventHooks(
                loop: loop, socket: options.socket, folder: options.hooks ?? DaemonOptions.defaultHooks, log: log)
        }
    }
}
