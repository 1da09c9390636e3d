import Testing

@testable import Settings

@Suite("WLANs in the configuration file")
struct WirelessSettingsTests {
    private static let secret = "the cat sat on the mat"

    private func uplink(_ members: String, type: String = "wlan") -> String {
        Sample.home.replacing("type = \"wlan\";", with: "type = \"\(type)\"; \(members)")
    }

    private func network(_ members: String) -> String { uplink("networks = ( { \(members) } );") }

    private func accessPoint(_ members: String) -> String {
        Sample.home.replacing("interface = \"lan0\";", with: "interface = \"wlan1\"; access_point = { \(members) };")
    }

    private func networks(_ text: String) throws -> [NetworkSettings] {
        try load(["shisa.conf": uplink("networks = ( \(text) );")]).get().uplinks[1].networks
    }

    private func accessPoint(of text: String) throws -> AccessPointSettings {
        try #require(try load(["shisa.conf": accessPoint(text)]).get().ingress[0].accessPoint)
    }

    @Test("A network with nothing optional is WPA3, and every value can be another")
    func values() throws {
        let found = try networks(
            """
            { ssid = "Depot"; psk = "\(Self.secret)"; },
            { ssid = "hex:00ff22"; psk = "\(Self.secret)"; security = "wpa2-wpa3"; priority = 255; hidden = true;
              bssid = "02:00:5E:00:53:01"; },
            { ssid = "Café"; security = "open"; },
            { ssid = "old"; security = "wpa2"; psk = "\(String(repeating: "0f", count: 32))"; }
            """)
        let passphrase = WLANSecret(.passphrase(Array(Self.secret.utf8)))
        try #require(found.count == 4)
        #expect(found[0] == NetworkSettings(ssid: SSID(Array("Depot".utf8)), security: .wpa3, secret: passphrase))
        #expect(found[0].priority == 0)
        #expect(
            found[1]
                == NetworkSettings(
                    ssid: SSID([0, 0xff, 0x22]), security: .wpa2AndWPA3, secret: passphrase, priority: 255,
                    isHidden: true,
                    bssid: [2, 0, 0x5e, 0, 0x53, 1]))
        #expect(found[2] == NetworkSettings(ssid: SSID(Array("Café".utf8)), security: .open))
        #expect(found[3].secret == WLANSecret(.key([UInt8](repeating: 0x0f, count: 32))))
    }

    @Test("An uplink without networks is joined by others, and a country is of the uplink")
    func country() throws {
        let settings = try load(["shisa.conf": uplink("country = \"JP\";")]).get()
        #expect(settings.uplinks[1].networks.isEmpty)
        #expect(settings.uplinks[1].country == "JP")
        #expect(settings.uplinks[0].country == nil)
    }

    @Test("An access point has a channel that fits its band")
    func channels() throws {
        let rest = "ssid = \"Bus 17\"; psk = \"\(Self.secret)\";"
        let plain = try accessPoint(of: rest)
        #expect(
            plain
                == AccessPointSettings(
                    ssid: SSID(Array("Bus 17".utf8)), security: .wpa3,
                    secret: WLANSecret(.passphrase(Array(Self.secret.utf8))), band: .lower, channel: 6))
        #expect(plain.maxStations == 64)
        let upper = try accessPoint(of: rest + "country = \"DE\"; channel = 100; hidden = true; max_stations = 7;")
        #expect(upper.band == .upper && upper.channel == 100 && upper.country == "DE")
        #expect(upper.isHidden && upper.maxStations == 7)
        #expect(try accessPoint(of: rest + "country = \"DE\"; band = \"5 GHz\";").channel == 36)
        #expect(try accessPoint(of: rest + "country = \"DE\"; channel = 13;").band == .lower)
        #expect(try accessPoint(of: "ssid = \"Bus\"; security = \"open\";").secret == nil)
    }

    static let networkRows: [(String, String)] = [
        ("psk = \"12345678\";", "uplinks.networks has no ssid, add ssid = \"Depot\";"),
        (
            "ssid = \"\"; psk = \"12345678\";",
            "uplinks.networks.ssid has 0 octets, should be the name of a WLAN, 1 to 32 octets long, or \"hex:\" and the "
                + "octets as pairs of hexadecimal digits"
        ),
        (
            "ssid = \"hex:0\"; psk = \"12345678\";",
            "uplinks.networks.ssid is \"hex:0\", behind \"hex:\" come pairs of hexadecimal digits"
        ),
        (
            "ssid = \"\\xff\"; psk = \"12345678\";",
            "uplinks.networks.ssid is \"\u{FFFD}\", which is not all text, write \"hex:\" and its octets"
        ),
        (
            "ssid = \"a\";",
            "uplinks.networks has no psk, add psk = \"file:keys/…\"; or, where everybody may join and listen, "
                + "security = \"open\";"
        ),
        (
            "ssid = \"a\"; security = \"open\"; psk = \"12345678\";",
            "uplinks.networks has psk and security = \"open\", choose one of them"
        ),
        (
            "ssid = \"a\"; security = \"wep\"; psk = \"12345678\";",
            "uplinks.networks.security is \"wep\", should be \"wpa3\" or \"wpa2-wpa3\" or \"wpa2\" or \"open\""
        ),
        (
            "ssid = \"a\"; psk = \"\(String(repeating: "0", count: 64))\";",
            "uplinks.networks.psk is a key, with which only security = \"wpa2\" does, write the passphrase"
        ),
        (
            "ssid = \"a\"; psk = \"12345678\"; priority = 256;",
            "uplinks.networks.priority is 256, should be a whole number from 0 to 255"
        ),
        (
            "ssid = \"a\"; psk = \"12345678\"; bssid = \"01:00:5e:00:53:01\";",
            "uplinks.networks.bssid is \"01:00:5e:00:53:01\", should be the address of an access point such as "
                + "\"02:00:5e:00:53:01\""
        ),
        (
            "ssid = \"a\"; psk = \"12345678\"; }, { ssid = \"hex:61\"; security = \"open\";",
            "uplinks.networks has the same network again, name it once"
        ),
    ]

    @Test("A network that is wrong is refused with what would be right", arguments: networkRows)
    func wrong(members: String, complaint: String) throws {
        #expect(try complaints(network(members)) == ["shisa.conf:7: " + complaint])
    }

    @Test(
        "No complaint shows a secret",
        arguments: ["secret!", "Motörhead!", String(repeating: "x", count: 64), "\\x1fsecret!"])
    func silent(text: String) throws {
        let wanted = "is not right, one has 8 to 63 printable ASCII characters or 64 hexadecimal digits"
        #expect(
            try complaints(network("ssid = \"a\"; psk = \"\(text)\";")) == [
                "shisa.conf:7: uplinks.networks.psk \(wanted)"
            ])
        #expect(
            try complaints(network("ssid = \"a\"; psk = 12345678;"))[0]
                .hasPrefix("shisa.conf:7: uplinks.networks.psk is not in quotes, write "))
        let settings = try networks("{ ssid = \"a\"; psk = \"\(Self.secret)\"; }")
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("cat") && !"\(settings)".contains("cat"))
        #expect(!dumped.contains("116") && !"\(settings)".contains("116"))
    }

    @Test("A secret's file may end in a line end, and every blank in it counts")
    func files() throws {
        func secret(_ content: String, mode: Int = 0o640) throws -> Result<ShisaSettings, SettingsError> {
            let folder = try Folder(["shisa.conf": network("ssid = \"a\"; psk = \"file:keys/a.psk\";")])
            try folder.write("keys/a.psk", content, mode: mode)
            return load(folder)
        }
        for end in ["", "\n", "\r\n"] {
            let read = try secret(" two blanks " + end).get().uplinks[1].networks[0].secret
            #expect(read == WLANSecret(.passphrase(Array(" two blanks ".utf8))))
        }
        #expect(throws: SettingsError.self) { try secret("two\nlines of text\n").get() }
        #expect(throws: SettingsError.self) { try secret("for everybody", mode: 0o644).get() }
        #expect(
            try complaints(network("ssid = \"a\"; psk = \"file:keys/a.psk\";"))
                == ["shisa.conf:7: uplinks.networks.psk: cannot read keys/a.psk: no such file"])
        // Who needs no key reads none.
        let files = ["shisa.conf": network("ssid = \"a\"; psk = \"file:keys/a.psk\";")]
        #expect(try load(files, keys: .leave).get().uplinks[1].networks[0].secret == WLANSecret(.passphrase([])))
    }

    @Test("A configuration file with a passphrase in it is for its owner and its group")
    func inside() throws {
        let text = network("ssid = \"a\"; psk = \"\(Self.secret)\";").replacing(
            "authentication = { spi = 256; key = \"hex:00112233445566778899aabbccddeeff\"; };", with: "insecure = true;"
        )
        let folder = try Folder()
        try folder.write("shisa.conf", text, mode: 0o644)
        #expect(
            complaints(folder) == [
                "shisa.conf:7: uplinks.networks.psk is in a file that everybody may read or write, run: "
                    + "chmod o= shisa.conf"
            ])
    }

    @Test("Networks are of WLANs, and of one country")
    func kinds() throws {
        #expect(
            try complaints(uplink("networks = ( ); country = \"DE\";", type: "ethernet")) == [
                "shisa.conf:7: uplinks.networks is there for type = \"ethernet\", write type = \"wlan\" or leave it out",
                "shisa.conf:7: uplinks.country is there for type = \"ethernet\", write type = \"wlan\" or leave it out",
                "shisa.conf:7: uplinks.networks is empty, name at least one or leave it out",
            ])
        #expect(
            try complaints(uplink("country = \"de\";")) == [
                "shisa.conf:7: uplinks.country is \"de\", should be the two capital letters of a country such as \"DE\""
            ])
        let many = (0...NetworkSettings.limit).map { "{ ssid = \"\($0)\"; security = \"open\"; }" }
        #expect(
            try complaints(uplink("networks = ( \(many.joined(separator: ", ")) );"))
                == ["shisa.conf:7: uplinks.networks has 65 networks, there may be 64"])
        let here = accessPoint("ssid = \"a\"; security = \"open\"; country = \"FR\";")
            .replacing("type = \"wlan\";", with: "type = \"wlan\"; country = \"DE\";")
        #expect(
            try complaints(here) == [
                "shisa.conf:8: ingress.access_point.country is \"FR\", and uplinks.country is \"DE\" (line 7), name the one "
                    + "country that the radios are in"
            ])
    }

    @Test("An access point keeps to what is allowed")
    func places() throws {
        func found(_ members: String) throws -> [String] {
            try complaints(accessPoint("ssid = \"a\"; security = \"open\"; " + members))
        }
        #expect(
            try found("channel = 12;") == [
                "shisa.conf:8: ingress.access_point has no country, which has to allow channel 12, add country = \"DE\";, or "
                    + "yours"
            ])
        #expect(try found("band = \"5 GHz\";").count == 1)
        let lower = "2.4 GHz has " + (1...13).map { "\($0)" }.joined(separator: ", ")
        #expect(
            try found("band = \"2.4 GHz\"; channel = 36; country = \"DE\";")
                == ["shisa.conf:8: ingress.access_point.channel is 36, \(lower)"])
        let unknown = try found("channel = 37; country = \"DE\";")
        #expect(unknown.count == 1 && unknown[0].contains("channel is 37, \(lower); 5 GHz has 36, 40, "))
        #expect(try found("max_stations = 0;").count == 1)
    }
}
