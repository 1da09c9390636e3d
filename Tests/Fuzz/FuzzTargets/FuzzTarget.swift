/// A part of the programs that reads what others wrote, and what holds whatever they wrote.
public struct FuzzTarget: Sendable {
    /// After what it reads, and its folder in the corpus.
    public let name: String
    /// The longest input that makes sense, in octets.
    public let limit: Int
    /// Reads one input, and ends the process where something does not hold. Inputs know nothing of each other.
    public let read: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ name: String, limit: Int = 4096, _ read: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.limit = limit
        self.read = read
    }

    public static let all: [FuzzTarget] = [
        inbound, outbound, tunnelErrors, signalling, mobilityPackets, mobilityMessages, icmpv6, selectors, socketFrames,
        netlink,
        settings, modems, reports, stateFiles,
    ]

    public static func named(_ name: String) -> FuzzTarget? { (all + planted).first { $0.name == name } }
}

/// Ends the process unless the condition is true.
func hold(
    _ condition: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    if !condition { fatalError("does not hold: \(what())", file: file, line: line) }
}
