/// The file in which keys are written themselves, looked at once for all that follow each other: a home agent has a million.
final class KeyHolder {
    private var file: String?

    /// Whether everybody may read or write `file`. True once, as one complaint is enough.
    func isExposed(_ file: String) -> Bool {
        guard file != self.file else { return false }
        self.file = file
        return File.isForEverybody(file)
    }
}
