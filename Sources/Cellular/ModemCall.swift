public import MobilityWire

/// One run of another program.
public struct ModemCall: Hashable, Sendable {
    /// Its name; where it is knows whoever runs it.
    public var program: String
    public var arguments: [String]
    /// To be written before, readable by root alone, as the program needs them: path and content.
    public var files: [File]
    /// Whether its standard input and output are the modem's serial line.
    public var usesLine: Bool
    /// How long it may take.
    public var limit: Instant.Span
    /// Whether the calls after it are made whatever comes of it.
    public var mayFail: Bool

    public struct File: Hashable, Sendable {
        public var path: String
        public var content: String
    }

    init(
        _ program: String, _ arguments: [String], files: [File] = [], usesLine: Bool = false,
        limit: Instant.Span = .seconds(20), mayFail: Bool = false
    ) {
        self.program = program
        self.arguments = arguments
        self.files = files
        self.usesLine = usesLine
        self.limit = limit
        self.mayFail = mayFail
    }
}
