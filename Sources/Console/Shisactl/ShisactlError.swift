import MobilitySocket
import Platform

/// Why nothing, or nothing more, can be shown.
struct ShisactlError: Error, Hashable {
    var status: ExitStatus
    /// What is wrong and what to do.
    var text: String

    /// The socket cannot be reached.
    init(_ error: PlatformError, socket: String) {
        if error.isPermission {
            status = .noPermission
            text = "no permission to use \(socket): run as root or as a member of its group"
        } else if error.isAbsent {
            status = .unavailable
            text = "nemonetd is not running (no socket at \(socket)): start it or name its socket with --socket"
        } else if error.name == "ECONNREFUSED" {
            status = .unavailable
            text = "nemonetd is not running (nobody listens at \(socket)): start it or name its socket with --socket"
        } else {
            status = .unavailable
            text = "cannot reach nemonetd: \(error)"
        }
    }

    /// nemonetd answered with an error, or not at all.
    init(_ error: MobilitySocketError, socket: String) {
        switch error.code {
        case .notPermitted:
            status = .noPermission
            text = "\(error): run as root"
            return
        case .noSuchEntry:
            status = .unavailable
            text = error.reason
            return
        default: break
        }
        status = .unavailable
        text = error.code == .notConnected ? "nemonetd closed the connection: look at its log" : "nemonetd: \(error)"
    }
}
