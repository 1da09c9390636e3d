import Glibc

/// Reading files whole, with reasons that a person can act on.
enum File {
    struct Failure: Error {
        /// Such as "no such file".
        var text: String
        /// Whether there is no such file at all.
        var isMissing = false
    }

    /// The octets of a regular file.
    ///
    /// - Parameter isSecret: refuse the file when everybody may read or write it.
    static func read(_ path: String, limit: Int, isSecret: Bool = false) throws(Failure) -> [UInt8] {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(text: reason(path), isMissing: errno == ENOENT) }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(text: reason(path)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(text: "not a file") }
        if isSecret, status.st_mode & 0o007 != 0 {
            throw Failure(text: "everybody may read or write it, run: chmod o= \(path)")
        }
        guard status.st_size <= limit else { throw Failure(text: "larger than \(limit) octets") }

        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while content.count <= limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(text: reason(path)) }
            if count == 0 { return content }
            content += buffer[..<count]
        }
        throw Failure(text: "larger than \(limit) octets")
    }

    /// Whether everybody may read or write the file; a secret must not be in such a one.
    static func isForEverybody(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o007 != 0
    }

    /// The names in a folder that end in `suffix` and do not start with a dot, sorted.
    static func names(in folder: String, endingIn suffix: String) throws(Failure) -> [String] {
        guard let directory = opendir(folder) else { throw Failure(text: reason(folder)) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    private static func reason(_ path: String) -> String {
        switch errno {
        case ENOENT: "no such file"
        // When it was started it could: a file may have been read with capabilities that the program has given up since.
        case EACCES where geteuid() == 0:
            "no permission to read it, for root without its capabilities reads what is root's, run: chown root \(path)"
        case EACCES: "no permission to read it"
        default: String(cString: strerror(errno))
        }
    }
}
