import CLinux
import Glibc

/// Small files, read and written whole.
public enum Files {
    /// The octets of the file at `path`. A file of more than `limit` octets is refused.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(PlatformError) -> [UInt8] {
        let file = try Syscalls.open(path, O_RDONLY)
        let contents = try Syscalls.readAll(file.number, limit: limit, path)
        guard contents.count <= limit else {
            throw PlatformError(
                call: "read", errno: 0, detail: "\(path) is larger than \(limit) octets; this cannot be the right file")
        }
        return contents
    }

    /// Replaces the file at `path`: whoever reads it, now or after a loss of power, finds the old octets or the new ones.
    ///
    /// Writes a file beside it, flushes it to the medium and renames it.
    public static func writeAtomically(
        _ path: String, _ contents: [UInt8], mode: UInt32 = 0o644
    ) throws(PlatformError) {
        // Always the same name: what a process that was killed meanwhile left is overwritten by the next one.
        let temporary = path + "~"
        do throws(PlatformError) {
            let file = try Syscalls.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode_t(mode))
            try Syscalls.check("fchmod", "cannot set the mode of \(path)") { fchmod(file.number, mode_t(mode)) }
            try Syscalls.writeAll(file.number, contents, temporary)
            try Syscalls.check("fsync", "cannot write \(path)") { fsync(file.number) }
            try Syscalls.check("rename", "cannot replace \(path)") { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let folder = try Syscalls.open(directory, O_RDONLY | O_DIRECTORY)
        // The rename itself survives a loss of power only when the directory is flushed; some file systems cannot.
        fsync(folder.number)
    }

    /// Removes the file at `path`; a file that is not there is no error.
    public static func remove(_ path: String) throws(PlatformError) {
        do throws(PlatformError) {
            try Syscalls.check("unlink", "cannot remove \(path)") { unlink(path) }
        } catch {
            if error.errno != ENOENT { throw error }
        }
    }

    /// Makes the directory at `path` and those above it; one that is there already is left as it is.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(PlatformError) {
        if mkdir(path, mode_t(mode)) == 0 || errno == EEXIST { return }
        let error = errno
        guard error == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw PlatformError(call: "mkdir", errno: error, detail: "cannot make the directory \(path)")
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else {
            throw PlatformError(call: "mkdir", errno: errno, detail: "cannot make the directory \(path)")
        }
    }

    /// Makes the directory at `path` for a user of `/etc/passwd` and the user's own group, others may look into it; one
    /// that is there already is left as it is.
    ///
    /// - Parameter owner: nil for whoever runs this.
    public static func makeDirectory(_ path: String, ownedBy owner: String?) throws(PlatformError) {
        guard !exists(path) else { return }
        let user: UserDatabase.User? = if let owner { try UserDatabase().user(named: owner) } else { nil }
        try makeDirectory(path)
        // What was made, and not what somebody has put in its place meanwhile.
        let folder = try Syscalls.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        // Whatever the umask was.
        try Syscalls.check("fchmod", "cannot set the mode of \(path)") { fchmod(folder.number, 0o755) }
        guard let user else { return }
        try Syscalls.check("fchown", "cannot give \(path) to \(user.name)") {
            fchown(folder.number, user.uid, user.gid)
        }
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether what is at `path` is lost with the machine's power, for it is in a file system of memory alone (tmpfs, ramfs).
    ///
    /// The corresponding C function is `statfs`.
    public static func isInMemory(_ path: String) -> Bool {
        linux_is_in_memory(path) != 0
    }
}

/// Octets that nobody can foresee.
public enum RandomBytes {
    /// `count` octets. The corresponding C function is `getrandom`.
    public static func make(_ count: Int) throws(PlatformError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try Syscalls.check("getrandom", "the kernel gives no random numbers") { linux_random(&bytes, count) }
        return bytes
    }
}
