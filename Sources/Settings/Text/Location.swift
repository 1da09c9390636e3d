/// A place in a configuration file, for complaints.
struct Location: Hashable, Sendable {
    /// The file as a person would name it: as given on the command line, or joined to its folder.
    var file: String
    /// Counted from 1.
    var line: Int
}

extension Location {
    /// For a complaint about a place in the same or another file.
    func text(from other: Location) -> String { file == other.file ? "line \(line)" : "\(file):\(line)" }
}
