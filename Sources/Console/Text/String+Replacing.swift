extension String {
    /// The text with every `character` replaced.
    ///
    /// The standard library's method of this name would bring its regular expressions along: a megabyte on the board.
    func replacing(_ character: Character, with replacement: String) -> String {
        var result = ""
        for each in self {
            if each == character {
                result += replacement
            } else {
                result.append(each)
            }
        }
        return result
    }
}
