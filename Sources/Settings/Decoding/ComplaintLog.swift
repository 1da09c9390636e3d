/// Collects complaints while a file is read, so that a person sees them all at once.
final class ComplaintLog {
    private(set) var complaints: [SettingsError.Complaint] = []

    /// A file with more mistakes than this has one mistake that causes them; the rest would only hide it.
    static let limit = 50

    func add(_ location: Location, _ text: String) {
        add(file: location.file, line: location.line, text)
    }

    func add(file: String, line: Int? = nil, _ text: String) {
        guard complaints.count < Self.limit else { return }
        complaints.append(.init(file: file, line: line, text: text))
    }
}
