import Glibc

/// Why a program ended, in the numbers of sysexits.
public enum ExitStatus: Int32, Sendable {
    case success = 0
    /// There is nothing to do, which is no fault. (sysexits has no number for that; it is what grep and cmp say.)
    case nothing = 1
    /// The command line is wrong. `EX_USAGE`
    case usage = 64
    /// What came in is wrong. `EX_DATAERR`
    case data = 65
    /// A program or device that is needed is not there. `EX_UNAVAILABLE`
    case unavailable = 69
    /// A fault of our own. `EX_SOFTWARE`
    case software = 70
    /// The operating system refused. `EX_OSERR`
    case operatingSystem = 71
    /// An input or output failed. `EX_IOERR`
    case inputOutput = 74
    /// Try again later. `EX_TEMPFAIL`
    case temporary = 75
    /// A privilege is missing. `EX_NOPERM`
    case noPermission = 77
    /// The configuration is wrong. `EX_CONFIG`
    case configuration = 78

    /// The status for an error of the operating system.
    public init(_ error: PlatformError) {
        self = error.isPermission ? .noPermission : .operatingSystem
    }

    /// Ends the process. The corresponding C function is `exit`.
    public func exit() -> Never { Glibc.exit(rawValue) }
}
