/// Paths that a configuration file names.
enum Path {
    /// A path as written in `file`: relative ones start from the folder of that file.
    static func resolve(_ path: String, besides file: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }
}
