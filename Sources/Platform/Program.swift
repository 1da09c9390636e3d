import CLinux
import Glibc

/// Other programs, run to their end.
enum Program {
    /// Where system programs are; the caller's PATH does not count, because we may run with privileges.
    static let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    struct Outcome {
        /// The exit status, or 128 and the number of the signal that ended it.
        var status: Int32
        /// What it wrote to standard error and standard output, up to 64 KiB.
        var output: String
    }

    /// The program's path, or an error that says what to install.
    static func find(_ name: String) throws(PlatformError) -> String {
        for directory in directories where access("\(directory)/\(name)", X_OK) == 0 { return "\(directory)/\(name)" }
        throw PlatformError(
            call: "posix_spawn", errno: ENOENT,
            detail: "the program \(name) is in none of \(directories.joined(separator: ", ")); install it")
    }

    /// Runs a program with `input` as its standard input and waits for its end.
    static func run(_ name: String, _ arguments: [String], input: String) throws(PlatformError) -> Outcome {
        let path = try find(name)
        // A file in memory instead of a pipe: neither side can wait for the other, whatever the sizes.
        let source = try memoryFile("input")
        try Syscalls.writeAll(source.number, Array(input.utf8), "the input of \(name)")
        try Syscalls.check("lseek", "cannot prepare the input of \(name)") { lseek(source.number, 0, SEEK_SET) }
        var words = try ProgramOutput()
        let child = try spawn(path, [name] + arguments, input: source.number, output: words.inlet, error: words.inlet)
        words.closeInlet()
        while words.take(waiting: true) {}
        var status: Int32 = 0
        try Syscalls.check("waitpid", "cannot wait for \(name)") { waitpid(child, &status, 0) }
        let signal = status & 0x7f
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: words.text)
    }

    private static func memoryFile(_ name: String) throws(PlatformError) -> Descriptor {
        Descriptor(owning: try Syscalls.check("memfd_create", "no memory for a file") { linux_memory_file(name) })
    }

    static func spawn(
        _ path: String, _ words: [String], environment further: [String] = [], leadsGroup: Bool = false, input: Int32,
        output: Int32, error: Int32
    ) throws(PlatformError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The event loop blocks signals that the program must be able to receive.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | (leadsGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0))
        let settings = ["PATH=" + directories.joined(separator: ":"), "LC_ALL=C"] + further
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, path, &actions, &attributes, &arguments, &environment)
        guard failure == 0 else {
            throw PlatformError(call: "posix_spawn", errno: failure, detail: "cannot start \(path)")
        }
        return child
    }
}
