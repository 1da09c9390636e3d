/// What names a connection of a QMI modem.
public struct QMISession: Hashable, Sendable {
    /// The client identifier, which the modem gave to our first call.
    public var client: UInt32
    /// The packet data handle; nil while nothing is connected.
    public var handle: UInt32?

    public init(client: UInt32, handle: UInt32? = nil) {
        self.client = client
        self.handle = handle
    }

    /// From what `text` gives.
    public init?(text: String) {
        let words = text.split(separator: " ")
        guard let first = words.first, let client = UInt32(first) else { return nil }
        self.init(client: client, handle: words.count > 1 ? UInt32(words[1]) : nil)
    }

    /// For a file.
    public var text: String { handle.map { "\(client) \($0)" } ?? "\(client)" }
}
