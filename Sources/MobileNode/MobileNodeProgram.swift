import Console
import MobilityCore
import MobilitySocket
public import Platform
import Roaming
import RouteOptimization
import Settings

/// mnd as a program.
public enum MobileNodeProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .mnd, keys: .read) {
            (loop, options, settings, log) throws(DaemonError) in
            let node = try RoamingNode(
                role: .mobileNode, loop: loop, options: options, settings: settings,
                furtherCounters: RouteOptimizationCounter.allCases.map(\.rawValue), log: log)
            guard let octets = try? RandomBytes.make(CookieSecret.octetCount), let secret = try? CookieSecret(octets)
            else { throw DaemonError("the system has no randomness, without which no peer can be tested") }
            node.companion = RouteOptimizer(
                settings.policy.routeOptimization ?? RouteOptimizationSettings(), secret: secret, context: node.context)
            return node
        }
    }
}
