import CLinux
import Glibc
import Testing

/// A network of its own for a test: empty but for the loopback interface.
///
/// A namespace belongs to a thread, and a test that does not await stays on its thread; so the others notice nothing.
enum NetworkNamespace {
    /// Why no test can have one here, or nil.
    static let hindrance: String? = {
        guard access("/usr/sbin/ip", X_OK) == 0 || access("/sbin/ip", X_OK) == 0 else {
            return "the program ip is not installed"
        }
        do {
            try run {}
            return nil
        } catch { return "needs root, for example in `unshare --user --map-root-user --net`: \(error)" }
    }()

    static var isPossible: Bool { hindrance == nil }
    static var reason: Comment { "\(hindrance ?? "")" }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs `body` in a new namespace.
    static func run(_ body: () throws -> Void) throws {
        let before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard before >= 0 else { throw Failure(description: "no /proc/thread-self/ns/net") }
        defer { close(before) }
        guard linux_unshare_network() == 0 else {
            throw Failure(description: "unshare: \(String(cString: linux_error_text(errno)))")
        }
        defer { if linux_set_network(before) != 0 { fatalError("cannot leave the namespace") } }
        try body()
    }

    /// Runs a command of iproute2, given as one line.
    static func ip(_ line: String) throws {
        let words = ["ip"] + line.split(separator: " ").map(String.init)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let path = access("/usr/sbin/ip", X_OK) == 0 ? "/usr/sbin/ip" : "/sbin/ip"
        let error = posix_spawn(&child, path, nil, nil, &arguments, environ)
        guard error == 0 else { throw Failure(description: "cannot start ip: \(error)") }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else { throw Failure(description: "ip \(line): status \(status)") }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that make interfaces and routes.
    static var needsNetwork: Self { .enabled(if: NetworkNamespace.isPossible, NetworkNamespace.reason) }
}
