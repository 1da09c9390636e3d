import Console
import MobilityCore
import MobilitySocket
public import Platform
import RouteOptimization
import Settings

/// cnd as a program.
public enum CorrespondentNodeProgram {
    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Parameter arguments: Without the program's name.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        DaemonRunner.run(arguments, description: .cnd, keys: .leave) {
            (loop, options, settings, log) throws(DaemonError) in
            let configuration = try CorrespondentNode.configuration(of: settings)
            let client = MobilitySocketClient(
                loop: loop, path: options.socket,
                hello: Hello(role: .correspondentNode, processIdentifier: ProcessIdentity.processIdentifier),
                subscriptions: [.mobility])
            guard let octets = try? RandomBytes.make(NodeSecret.octetCount), let secret = try? NodeSecret(octets)
            else { throw DaemonError("the system has no randomness, without which nobody can be tested") }
            return CorrespondentNode(
                loop: loop, client: client, configuration: configuration, secret: secret, log: log)
        }
    }
}

extension CorrespondentNode: Daemon {
    func start() throws(PlatformError) { connect() }

    func reload(_ settings: ShisaSettings) throws(DaemonError) { reload(try Self.configuration(of: settings)) }

    static func configuration(of settings: ShisaSettings) throws(DaemonError) -> CorrespondentConfiguration {
        guard let group = settings.correspondent else {
            throw DaemonError("cnd serves the group correspondent, which is missing; write correspondent = { };")
        }
        return CorrespondentConfiguration(group, hasHomeAgent: settings.homeAgent != nil)
    }
}
