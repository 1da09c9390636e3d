import Testing

@testable import Settings

@Suite("What a modem is told")
struct CellularSettingsTests {
    private func folder(_ members: String, type: String = "cellular") throws -> Folder {
        let uplink = "{ interface = \"wwan0\"; type = \"\(type)\"; \(members) }"
        let folder = try Folder(["shisa.conf": Sample.home.replacing("uplinks = (", with: "uplinks = ( \(uplink), ")])
        try folder.write("pin", "4711\n")
        try folder.write("password", "p w\n")
        try folder.write("long", "123456789\n")
        try folder.write("open", "4711\n", mode: 0o644)
        return folder
    }

    private func read(_ folder: Folder, keys: ShisaSettings.Keys = .read) throws -> CellularSettings? {
        try ShisaSettings.load(folder["shisa.conf"], keys: keys).uplinks[0].cellular
    }

    @Test("an access point is enough, and without one the modem is left to others")
    func least() throws {
        #expect(try read(folder("apn = \"internet\";")) == CellularSettings(accessPoint: "internet"))
        #expect(try read(folder("")) == nil)
    }

    @Test("secrets stand in the file or in files of their own, which a program without need for them leaves alone")
    func secrets() throws {
        let members = "apn = \"web.example\"; user = \"me\"; device = \"/dev/ttyUSB2\";"
        let here = try folder(members + " pin = \"4711\"; password = \"p w\";")
        let files = try folder(members + " pin = \"file:pin\"; password = \"file:password\";")
        let all = CellularSettings(
            accessPoint: "web.example", pin: "4711", user: "me", password: "p w", device: "/dev/ttyUSB2")
        #expect(try read(here) == all)
        #expect(try read(files) == all)
        let left = try read(files, keys: .leave)
        #expect(left?.pin == "" && left?.password == "")
        #expect("\(all)" == "access point web.example" && !String(reflecting: all).contains("4711"))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var members: String
        var type = "cellular"
        var complaint: String
        var testDescription: String { members }
    }

    @Test(
        "what is wrong is told, and never the secret",
        arguments: [
            Row(
                members: "apn = \"internet\";", type: "wlan",
                complaint: "uplinks.apn is of use only to a modem, leave it out or add type = \"cellular\";"),
            Row(
                members: "pin = \"4711\";",
                complaint: "uplinks.pin does nothing without apn, add apn = \"internet\";, or your operator's"),
            Row(
                members: "apn = \"inter net\";",
                complaint: "uplinks.apn is \"inter net\", an access point name has letters, digits, - and ."),
            Row(members: "apn = \"a\"; pin = \"471\";", complaint: "uplinks.pin is not right, one has 4 to 8 digits"),
            Row(members: "apn = \"a\"; pin = \"47a1\";", complaint: "uplinks.pin is not right, one has 4 to 8 digits"),
            Row(
                members: "apn = \"a\"; pin = 4711;", complaint: "uplinks.pin is not in quotes, write text in quotes, or"
            ),
            Row(members: "apn = \"a\"; pin = \"file:none\";", complaint: "uplinks.pin: cannot read "),
            Row(members: "apn = \"a\"; pin = \"file:long\";", complaint: "uplinks.pin: what is in "),
            Row(
                members: "apn = \"a\"; pin = \"file:open\";",
                complaint: "everybody may read or write it, run: chmod o= "),
            Row(
                members: "apn = \"a\"; user = \"it's me\";",
                complaint: "uplinks.user is \"it's me\", one has 1 to 127 printable ASCII characters"),
            Row(
                members: "apn = \"a\"; password = \"x\";",
                complaint: "uplinks has a password but no user, add user, or leave the password out"),
            Row(
                members: "apn = \"a\"; device = \"ttyUSB2\";",
                complaint:
                    "uplinks.device is \"ttyUSB2\", write the path of a serial line such as \"/dev/ttyUSB2\", or its place"
            ),
        ])
    func wrong(row: Row) throws {
        let found = complaints(try folder(row.members, type: row.type))
        #expect(found.count == 1 && found[0].contains(row.complaint), "\(found)")
    }

    @Test("a PIN in a file that everybody may read is complained about, and not shown")
    func exposed() throws {
        let text = Sample.home.replacing("key = \"hex:00112233445566778899aabbccddeeff\"", with: "key = \"file:key\"")
            .replacing(
                "uplinks = (",
                with: "uplinks = ( { interface = \"wwan0\"; type = \"cellular\"; apn = \"a\"; pin = \"4711\"; },")
        let folder = try Folder(["key": "00112233445566778899aabbccddeeff"])
        try folder.write("shisa.conf", text, mode: 0o644)
        let found = complaints(folder)
        #expect(found.count == 1)
        #expect(
            found.first?.contains("uplinks.pin is in a file that everybody may read or write, run: chmod o=") == true)
    }
}
