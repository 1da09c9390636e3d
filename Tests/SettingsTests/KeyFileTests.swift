import Testing

@testable import Settings

@Suite("Key files")
struct KeyFileTests {
    private static let digits = "00112233445566778899aabbccddeeff"

    private func complaintsAbout(key: String, mode: Int, name: String = "file:home.key") throws -> [String] {
        let folder = try Folder(["shisa.conf": Sample.home.replacing("hex:\(Self.digits)", with: name)])
        try folder.write("home.key", key, mode: mode)
        return complaints(folder)
    }

    @Test("A key file for its owner and its group is read, with blanks around the key")
    func read() throws {
        #expect(try complaintsAbout(key: "  \(Self.digits)\r\n\n", mode: 0o600) == [])
        #expect(try complaintsAbout(key: Self.digits, mode: 0o640) == [])
    }

    @Test("A key file that everybody may read or write is refused", arguments: [0o644, 0o604, 0o602, 0o666])
    func open(mode: Int) throws {
        #expect(
            try complaintsAbout(key: Self.digits, mode: mode) == [
                "shisa.conf:5: home.authentication.key: cannot read home.key: everybody may read or write it, run: "
                    + "chmod o= home.key"
            ])
    }

    @Test("A configuration file that holds a key itself is for its owner and its group too", arguments: [0o644, 0o602])
    func inside(mode: Int) throws {
        let folder = try Folder()
        try folder.write("shisa.conf", Sample.homeAgent, mode: mode)
        let wanted =
            "shisa.conf:6: home_agent.nodes.authentication.key is in a file that everybody may read or write, run: "
            + "chmod o= shisa.conf"
        #expect(complaints(folder) == [wanted])
        // Who needs no key does not look.
        #expect(throws: Never.self) { try load(folder, keys: .leave).get() }
        try folder.write("shisa.conf", Sample.homeAgent, mode: 0o640)
        #expect(complaints(folder) == [])
    }

    @Test(
        "A file that holds no key is refused without showing what it holds",
        arguments: ["", "\n", "0011", digits + "00", digits + " " + digits, "zz112233445566778899aabbccddeeff"])
    func content(key: String) throws {
        #expect(
            try complaintsAbout(key: key, mode: 0o600) == [
                "shisa.conf:5: home.authentication.key: home.key holds no key, a key has 32 hexadecimal digits"
            ])
    }

    @Test("A key file that is a folder or longer than any key is refused")
    func kind() throws {
        #expect(
            try complaintsAbout(key: Self.digits, mode: 0o600, name: "file:.")
                == ["shisa.conf:5: home.authentication.key: cannot read .: not a file"])
        #expect(
            try complaintsAbout(key: String(repeating: "0", count: 5000), mode: 0o600)
                == ["shisa.conf:5: home.authentication.key: cannot read home.key: larger than 4096 octets"])
    }
}
