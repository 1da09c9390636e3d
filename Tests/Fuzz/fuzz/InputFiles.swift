import Glibc

/// Inputs, a file each.
enum InputFiles {
    private static let limit = 1 << 20

    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit, case let more = Glibc.read(descriptor, buffer.baseAddress! + count, limit - count),
                more > 0
            { count += more }
        }
    }

    /// All of a folder, in the order of their names, so that runs repeat; none where there is no such folder.
    static func all(in folder: String) -> [[UInt8]] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = Glibc.readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().compactMap { read("\(folder)/\($0)") }
    }
}
