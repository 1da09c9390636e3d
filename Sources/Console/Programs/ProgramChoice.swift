import Settings

/// Which of the programs in the one executable a command line asks for.
public enum ProgramChoice: Hashable, Sendable {
    /// The program of this name, with the arguments that remain.
    case program(String, [String])
    /// Text to print: a manual page, a list of them, a page of documentation.
    case print(String)

    /// Chooses by the name that the executable was started under, or, where that is none of a program's, by the first
    /// argument, as busybox does.
    ///
    /// - Parameter commandLine: With the name of the executable.
    public init(_ commandLine: [String]) throws(UsageError) {
        let programs = ProgramDescription.all.map(\.name).filter { $0 != ProgramDescription.shisa.name }
        let path = commandLine.first ?? ""
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if programs.contains(name) {
            self = .program(name, Array(commandLine.dropFirst()))
            return
        }
        guard commandLine.count > 1 else {
            throw UsageError("name the program to run: \(programs.joined(separator: ", "))")
        }
        let word = commandLine[1]
        let rest = Array(commandLine.dropFirst(2))
        if programs.contains(word) {
            self = .program(word, rest)
        } else if word == "man" {
            self = .print(try Self.manual(rest))
        } else if word == "document" {
            self = .print(try Self.document(rest))
        } else if word.hasPrefix("-") {
            self = .program(ProgramDescription.shisa.name, Array(commandLine.dropFirst()))
        } else {
            let nearest = NameSuggestion.nearest(to: word, among: programs)
            throw UsageError(
                "unknown program \(word), "
                    + (nearest.map { "did you mean \($0)?" } ?? "there are " + programs.joined(separator: ", ")))
        }
    }

    /// `man` lists the files of the manual pages, `man mrd` or `man mrd.8` prints one.
    private static func manual(_ arguments: [String]) throws(UsageError) -> String {
        guard let page = arguments.first else { return Manual.all.map { $0.file + "\n" }.joined() }
        guard let manual = Manual.all.first(where: { $0.name == page || $0.file == page }) else {
            throw UsageError("there is no manual page \(page)")
        }
        return manual.text
    }

    /// `document` lists the pages that are made from the program itself, `document configuration` prints one.
    private static func document(_ arguments: [String]) throws(UsageError) -> String {
        guard let name = arguments.first else { return Document.all.map { $0.name + "\n" }.joined() }
        guard let document = Document.all.first(where: { $0.name == name }) else {
            throw UsageError("there is no document \(name)")
        }
        return document.text
    }
}
