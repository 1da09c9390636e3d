import Glibc
import Logging
import Platform

/// The folder with the hooks: which of its files are to be run, and which are better not.
final class HookFolder {
    let path: String
    private let log: Logger
    /// What was said of files already, once each.
    private var told: Set<String> = []

    init(_ path: String, log: Logger) {
        self.path = path
        self.log = log
    }

    /// Paths of the hooks, in the order of their names. What nobody but root and whom we run as has written is a hook if it
    /// can be executed; anything else is refused, which is logged. A folder that is not there has none.
    var hooks: [String] {
        guard Files.exists(path) else { return [] }
        if let fault = Self.fault(path, S_IFDIR, "folder") {
            tell("\(path) \(fault): no hook is run")
            return []
        }
        return names.compactMap { name in
            let hook = "\(path)/\(name)"
            if let fault = Self.fault(hook, S_IFREG, "file") {
                tell("\(hook) \(fault): it is not run")
                return nil
            }
            if access(hook, X_OK) == 0 { return hook }
            tell("\(hook) cannot be executed, run: chmod +x \(hook): it is not run")
            return nil
        }
    }

    /// Says everything again that is wrong.
    func forget() { told = [] }

    /// Without what editors leave behind, and what is hidden.
    private var names: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { octets in
                String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), !name.hasSuffix("~") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Why a file is not to be trusted; nil where nothing speaks against it.
    private static func fault(_ path: String, _ kind: mode_t, _ noun: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return "cannot be looked at" }
        if status.st_mode & S_IFMT != kind { return "is no \(noun)" }
        if status.st_uid != 0, status.st_uid != geteuid() { return "belongs to somebody else, run: chown root \(path)" }
        return status.st_mode & 0o022 == 0 ? nil : "may be written by others, run: chmod go-w \(path)"
    }

    private func tell(_ text: String) {
        if told.insert(text).inserted { log.warning("\(text)") }
    }
}
