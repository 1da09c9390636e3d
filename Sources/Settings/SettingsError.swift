/// Why a configuration file was refused: everything that is wrong with it, from top to bottom.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    public var complaints: [Complaint]

    public init(complaints: [Complaint]) { self.complaints = complaints }

    /// One complaint a line, as `file:line: what is wrong, what would be right`.
    public var description: String { complaints.map(\.description).joined(separator: "\n") }

    /// One thing that is wrong with a configuration file.
    public struct Complaint: Hashable, Sendable, CustomStringConvertible {
        public var file: String
        /// Counted from 1; nil when the complaint is about the file as a whole, which could not be read.
        public var line: Int?
        /// What is wrong, and what would be right.
        public var text: String

        public init(file: String, line: Int?, text: String) {
            self.file = file
            self.line = line
            self.text = text
        }

        public var description: String {
            guard let line else { return "\(file): \(text)" }
            return "\(file):\(line): \(text)"
        }
    }
}
