/// A manual page of this package.
public struct Manual: Hashable, Sendable {
    public var name: String
    public var section: Int
    /// In mdoc.
    public var text: String

    /// The name of its file, `mrd.8`.
    public var file: String { "\(name).\(section)" }

    public static let all: [Manual] =
        ProgramDescription.all.map { Manual(name: $0.name, section: 8, text: $0.manual) } + [.configuration]
}
