import Settings

extension ProgramDescription {
    /// Parses arguments as glibc's `getopt_long` does: options may stand anywhere, long ones may be shortened as long as
    /// they stay clear, `--name=value` and `--name value`, `-nvalue` and `-n value` are the same, and `--` ends them.
    ///
    /// - Parameter arguments: Without the name of the program.
    public func parse(_ arguments: some Sequence<String>) throws(UsageError) -> ParsedCommandLine {
        var result = ParsedCommandLine()
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                result.words += rest
                break
            } else if argument.hasPrefix("--") {
                try parseLong(argument.dropFirst(2), &rest, &result)
            } else if argument.hasPrefix("-"), argument != "-" {
                try parseLetters(argument.dropFirst(), &rest, &result)
            } else {
                result.words.append(argument)
            }
        }
        return result
    }

    private func parseLong(
        _ text: Substring, _ rest: inout ArraySlice<String>, _ result: inout ParsedCommandLine
    ) throws(UsageError) {
        let equals = text.firstIndex(of: "=")
        let name = equals.map { text[..<$0] } ?? text
        let value = equals.map { String(text[text.index(after: $0)...]) }
        let option = try option(named: String(name))
        if option.argument == nil {
            guard value == nil else { throw UsageError("--\(option.name) takes no argument") }
            result.options[option.name] = ""
        } else {
            let argument: String
            if let value { argument = value } else { argument = try next(&rest, for: "--\(option.name)", option) }
            result.options[option.name] = argument
        }
    }

    private func parseLetters(
        _ text: Substring, _ rest: inout ArraySlice<String>, _ result: inout ParsedCommandLine
    ) throws(UsageError) {
        var letters = text
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.letter == letter }) else {
                throw UsageError("unknown option -\(letter)")
            }
            guard option.argument != nil else {
                result.options[option.name] = ""
                continue
            }
            result.options[option.name] = letters.isEmpty ? try next(&rest, for: "-\(letter)", option) : String(letters)
            return
        }
    }

    private func next(
        _ rest: inout ArraySlice<String>, for spelling: String, _ option: ProgramOption
    ) throws(UsageError) -> String {
        guard let value = rest.popFirst() else {
            throw UsageError("\(spelling) needs an argument: \(spelling) \(option.argument ?? "")")
        }
        return value
    }

    private func option(named name: String) throws(UsageError) -> ProgramOption {
        if let exact = options.first(where: { $0.name == name }) { return exact }
        let matching = name.isEmpty ? [] : options.filter { $0.name.hasPrefix(name) }
        switch matching.count {
        case 1: return matching[0]
        case 0:
            let nearest = NameSuggestion.nearest(to: name, among: options.map(\.name))
            throw UsageError("unknown option --\(name)" + (nearest.map { ", did you mean --\($0)?" } ?? ""))
        default:
            let names = matching.map { "--\($0.name)" }.joined(separator: " or ")
            throw UsageError("--\(name) may be \(names), write more of it")
        }
    }
}
