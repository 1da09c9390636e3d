import Glibc
import Testing

@testable import Settings

@Suite("The table of settings and what is read from a file")
struct ReferenceTests {
    /// The path of every value, without the groups around it.
    static let leaves = SettingReference.all.filter { $0.kind != .group && $0.kind != .groups }.map(\.path)

    /// A file with every setting of the table, each with its example; one of them with another value.
    private func file(replacing changed: String? = nil, by value: String = "") -> String {
        let modemSettings: Set = ["apn", "pin", "user", "password", "device"]
        func members(of group: String, only: Set<String>? = nil, without: Set<String> = []) -> String {
            SettingReference.all.filter { row in
                row.group == group && only?.contains(row.name) ?? !without.contains(row.name)
            }.map { row in
                let inner: String
                switch row.kind {
                case .group: inner = "{ \(members(of: row.path)) }"
                // What a modem needs is of no use to another uplink.
                case .groups where row.path == "uplinks":
                    let modem = "interface = \"wwan0\"; type = \"cellular\";"
                    inner =
                        "( { \(members(of: row.path, without: modemSettings)) }, { \(modem) \(members(of: row.path, only: modemSettings)) } )"
                case .groups: inner = "( { \(members(of: row.path)) } )"
                default: inner = row.path == changed ? value : row.example
                }
                // Key or no key: a file can show only one of them.
                if row.name == "insecure", row.path != changed { return "" }
                return "\(row.name) = \(inner);"
            }.joined(separator: "\n")
        }
        return members(of: "")
    }

    private func folder(_ text: String) throws -> Folder {
        let folder = try Folder(["shisa.conf": text])
        try folder.write("keys/home.key", "00112233445566778899aabbccddeeff")
        try folder.write("keys/bus-17.key", "00112233445566778899aabbccddeeff")
        try folder.write("keys/modem.pin", "1234\n")
        try folder.write("keys/modem.password", "secret\n")
        try folder.write("keys/depot.psk", "the cat sat on the mat")
        try folder.write("keys/bus.psk", "the cat sat on the mat")
        try folder.write("nodes.d/readme", "")
        return folder
    }

    @Test("The examples of all settings together make a file that is right")
    func examples() throws {
        #expect(complaints(try folder(file())) == [])
    }

    @Test("Every setting is read: a value of the wrong kind is complained about under its own name", arguments: leaves)
    func read(path: String) throws {
        let found = complaints(try folder(file(replacing: path, by: "( 1.5 )")))
        #expect(found.contains { $0.contains(": \(path) ") }, "\(found)")
    }

    @Test("Every setting has an example to show and a sentence that says what it does", arguments: leaves)
    func documented(path: String) throws {
        let row = try #require(SettingReference.all.first { $0.path == path })
        #expect(!row.example.isEmpty)
        #expect(row.text.hasSuffix("."))
    }

    @Test("A file larger than any configuration is refused before it is read")
    func size() throws {
        let folder = try Folder(["shisa.conf": ""])
        #expect(truncate(folder["shisa.conf"], SourceText.sizeLimit + 1) == 0)
        #expect(complaints(folder) == ["shisa.conf: larger than \(SourceText.sizeLimit) octets"])
    }
}
