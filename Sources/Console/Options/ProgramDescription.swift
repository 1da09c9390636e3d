/// What a person must know to call a program. Its parser, its `--help` and its manual page all follow from it.
public struct ProgramDescription: Sendable {
    public var name: String
    /// What it is, in half a line: `the mobile router`.
    public var summary: String
    /// Paragraphs of the manual page.
    public var description: [String]
    public var options: [ProgramOption]
    /// The words that may stand first; empty for a program that takes none.
    public var commands: [Command]
    public var files: [Note]
    public var exitStatuses: [Note]
    public var examples: [Note]
    /// Other manual pages, `mrd(8)`.
    public var seeAlso: [String]

    public init(
        name: String, summary: String, description: [String], options: [ProgramOption], commands: [Command] = [],
        files: [Note] = [], exitStatuses: [Note] = [], examples: [Note] = [], seeAlso: [String] = []
    ) {
        self.name = name
        self.summary = summary
        self.description = description
        self.options = options
        self.commands = commands
        self.files = files
        self.exitStatuses = exitStatuses
        self.examples = examples
        self.seeAlso = seeAlso
    }

    /// A word that tells a program what to do.
    public struct Command: Hashable, Sendable {
        public var name: String
        /// The words that go with it; empty if there are none.
        public var arguments: String
        public var text: String

        public init(_ name: String, arguments: String = "", _ text: String) {
            self.name = name
            self.arguments = arguments
            self.text = text
        }

        /// As a person would write it.
        public var spelling: String { arguments.isEmpty ? name : "\(name) \(arguments)" }
    }

    /// A term and what it means: a file, an exit status, a command line.
    public struct Note: Hashable, Sendable {
        public var term: String
        public var text: String

        public init(_ term: String, _ text: String) {
            self.term = term
            self.text = text
        }
    }
}

/// An option of a command line.
public struct ProgramOption: Hashable, Sendable {
    /// Without its two dashes.
    public var name: String
    public var letter: Character?
    /// What its argument is called, such as `FILE`; nil for an option without.
    public var argument: String?
    /// What holds when it is not given.
    public var fallback: String?
    public var text: String

    public init(
        _ name: String, letter: Character? = nil, argument: String? = nil, fallback: String? = nil, _ text: String
    ) {
        self.name = name
        self.letter = letter
        self.argument = argument
        self.fallback = fallback
        self.text = text
    }

    /// Every program has these.
    static let help = ProgramOption("help", letter: "h", "Tell how to call the program, and end.")
    static let version = ProgramOption("version", letter: "V", "Tell the version, and end.")
}
