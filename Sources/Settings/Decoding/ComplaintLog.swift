/// Collects complaints while a file is read, so that a person sees them all at once.
final class ComplaintLog {
    private(set) var complaints: [SettingsError.Complaint] = []

    /// A file with more mistakes than this has one mistake that causes them; the rest would only hide it.
    static let limit = 50

    /// What was found. In one file, from top to bottom; what is wrong on one line in the order in which it was found.
    var error: SettingsError {
        guard Set(complaints.map(\.file)).count == 1 else { return SettingsError(complaints: complaints) }
        let ordered = complaints.enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        return SettingsError(complaints: ordered.map(\.element))
    }

    func add(_ location: Location, _ text: String) {
        add(file: location.file, line: location.line, text)
    }

    func add(file: String, line: Int? = nil, _ text: String) {
        guard complaints.count < Self.limit else { return }
        complaints.append(.init(file: file, line: line, text: text))
    }
}
