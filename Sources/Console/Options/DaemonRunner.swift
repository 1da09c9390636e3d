import Glibc
public import Logging
public import Platform
public import Settings

/// A program that runs until it is told to end, as `DaemonRunner` sees it.
public protocol Daemon: AnyObject {
    /// Starts to connect and to work.
    func start() throws(PlatformError)
    /// New settings, already checked. Throws why they cannot be used; then the old ones stay.
    func reload(_ settings: ShisaSettings) throws(DaemonError)
    /// Tells monitors what happened to the program itself.
    func publish(_ event: String, _ detail: String)
    /// Leaves in an orderly way and calls `finished` then, within a few seconds; more than one call does no harm.
    func stop(_ finished: @escaping () -> Void)
}

/// Why a program cannot run with its settings.
public struct DaemonError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what would be right.
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// The frame of a program: command line, settings, log, user, signals, exit status.
public enum DaemonRunner {
    /// As whom a program runs.
    public enum Identity: Sendable {
        /// As the user of `--user`, without any privilege.
        case unprivileged
        /// As the user of `--user`, or else as whoever started it, with these privileges and no others. The folder of
        /// the socket is made for that user.
        case privileged(Set<Privileges.Capability>)
        /// As whoever started it, with these privileges and no others: for a program that root's files are for.
        case limited(Set<Privileges.Capability>)
    }

    /// Runs the program until SIGTERM or SIGINT; SIGHUP reloads its settings.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - description: The program.
    ///   - keys: Whether it needs the keys of the configuration file.
    ///   - identity: As whom it runs.
    ///   - make: Makes the program. Throws what its settings lack.
    public static func run(
        _ arguments: some Sequence<String>, description: ProgramDescription, keys: ShisaSettings.Keys,
        identity: Identity = .unprivileged,
        make: (EventLoop, DaemonOptions, ShisaSettings, Logger) throws(DaemonError) -> any Daemon
    ) -> ExitStatus {
        let options = DaemonOptions.parse(arguments, for: description)
        let settings = options.settingsOrExit(keys: keys)
        let log = Log.bootstrap(program: description.name, level: options.logLevel)
        do throws(PlatformError) {
            let loop = try EventLoop()
            switch identity {
            case _ where options.isCheck: break
            case .unprivileged: if let user = options.user { try Privileges.drop(toUser: user) }
            case .limited(let capabilities): try Privileges.limit(to: capabilities, forChildren: true)
            case .privileged(let capabilities):
                // Where no init prepares it: what is done as root has to be done before root is given up.
                if let slash = options.socket.lastIndex(of: "/"), slash != options.socket.startIndex {
                    try Files.makeDirectory(String(options.socket[..<slash]), ownedBy: options.user)
                }
                // Root without capabilities still owns files that lead back to all of them, such as the kernel's
                // core_pattern.
                if let user = options.user {
                    try Privileges.drop(toUser: user, keeping: capabilities, forChildren: true)
                } else {
                    try Privileges.limit(to: capabilities, forChildren: true)
                }
            }
            let daemon: any Daemon
            do throws(DaemonError) {
                daemon = try make(loop, options, settings, log)
            } catch {
                StandardStreams.complain("\(options.configuration): \(error)\n")
                return .configuration
            }
            if options.isCheck {
                _ = StandardStreams.write("\(options.configuration): no faults\n")
                return .success
            }
            try serve(daemon, on: loop, options, keys, log)
            return .success
        } catch {
            log.critical("\(error)")
            return ExitStatus(error)
        }
    }

    private static func serve(
        _ daemon: any Daemon, on loop: EventLoop, _ options: DaemonOptions, _ keys: ShisaSettings.Keys, _ log: Logger
    ) throws(PlatformError) {
        for signal in [SIGTERM, SIGINT] {
            try loop.onSignal(signal) { daemon.stop { loop.stop() } }
        }
        try loop.onSignal(SIGHUP) { reload(daemon, options, keys, log) }
        try daemon.start()
        HeapMemory.returnFreed()
        try loop.run()
        log.info("ended by request")
    }

    private static func reload(
        _ daemon: any Daemon, _ options: DaemonOptions, _ keys: ShisaSettings.Keys, _ log: Logger
    ) {
        defer { HeapMemory.returnFreed() }
        let complaint: String
        var place = options.configuration
        do throws(SettingsError) {
            let settings = try ShisaSettings.load(options.configuration, keys: keys)
            do throws(DaemonError) {
                try daemon.reload(settings)
                log.notice("reloaded \(options.configuration)")
                daemon.publish("configuration_read", options.configuration)
                return
            } catch {
                complaint = "\(options.configuration): \(error)"
            }
        } catch {
            complaint = "\(error)"
            // Everybody may hear of events, and a complaint may quote what is not for everybody.
            if let first = error.complaints.first {
                place = first.file + (first.line.map { ":\($0)" } ?? "")
                if error.complaints.count > 1 { place += " and \(error.complaints.count - 1) more" }
            }
        }
        for line in complaint.split(separator: "\n") { log.error("\(line)") }
        log.error("the old settings stay")
        daemon.publish("configuration_refused", "\(place): the old settings stay, and the log says what is wrong")
    }
}
