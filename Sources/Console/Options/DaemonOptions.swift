public import Logging
import Platform
public import Settings

/// The options that nemonetd, mrd, babymdd and had share.
public struct DaemonOptions: Hashable, Sendable {
    /// The configuration file.
    public var configuration: String
    /// Where the mobility socket is.
    public var socket: String
    /// Only check the configuration file.
    public var isCheck: Bool
    public var logLevel: LogLevel
    /// The account to run under; nil keeps the one that started the program.
    public var user: String?
    /// The folder of what the program keeps; nil for its own choice.
    public var state: String?

    /// The folder of hooks; nil for its usual place.
    public var hooks: String?

    public static let defaultHooks = "/etc/shisa/hooks.d"
    public static let defaultSocket = "/run/shisa/mobility.sock"
    static let logLevels = LogLevel.allCases.map(\.name)

    /// Takes them from a command line.
    public init(_ line: ParsedCommandLine) throws(UsageError) {
        if let word = line.words.first {
            // What has a folder or an ending is a file, and there is one that a person may mean.
            let isFile = !line.has("config") && !word.hasPrefix("-") && (word.contains("/") || word.contains("."))
            throw UsageError(
                "\(word) is one word too many, only options are known"
                    + (isFile ? "; for a configuration file write --config \(word)" : ""))
        }
        configuration = line.options["config"] ?? ShisaSettings.defaultPath
        socket = line.options["socket"] ?? Self.defaultSocket
        isCheck = line.has("check")
        user = line.options["user"]
        state = line.options["state"]
        hooks = line.options["hooks"]
        let level = line.options["log-level"] ?? "info"
        guard let logLevel = LogLevel(named: level) else {
            throw UsageError("--log-level \(level) is none of \(Self.logLevels.joined(separator: ", "))")
        }
        self.logLevel = logLevel
        let arguments = [
            ("config", configuration), ("socket", socket), ("user", user ?? "-"), ("state", state ?? "-"),
            ("hooks", hooks ?? "-"),
        ]
        for (name, value) in arguments where value.isEmpty {
            throw UsageError("--\(name) needs an argument that is not empty")
        }
    }

    /// What the program `program` was told. Answers `--help` and `--version` and ends then; ends with status 64 when the
    /// command line is wrong.
    ///
    /// - Parameter arguments: Without the name of the program.
    public static func parse(_ arguments: some Sequence<String>, for program: ProgramDescription) -> DaemonOptions {
        let line = program.parseOrExit(arguments)
        do throws(UsageError) {
            return try DaemonOptions(line)
        } catch {
            program.exit(with: error)
        }
    }

    /// The settings of the configuration file.
    ///
    /// Writes what is wrong with it to standard error and ends with status 78.
    public func settingsOrExit(keys: ShisaSettings.Keys = .read) -> ShisaSettings {
        do throws(SettingsError) {
            return try ShisaSettings.load(configuration, keys: isCheck ? .read : keys)
        } catch {
            StandardStreams.complain("\(error)\n")
            ExitStatus.configuration.exit()
        }
    }
}
