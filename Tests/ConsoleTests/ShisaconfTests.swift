import Foundation
import Platform
import Services
import Testing

@testable import Console

@Suite("shisaconf, the configuration of other programs")
struct ShisaconfTests {
    private func answer(_ arguments: [String]) throws -> (status: Platform.ExitStatus, text: String, complaint: String)
    {
        try Shisaconf(ProgramDescription.shisaconf.parse(arguments)).answer()
    }

    /// Calls `body` with a file of this content.
    private func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let path = NSTemporaryDirectory() + "shisaconf-" + UUID().uuidString
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    private func router(_ ingress: String) -> String {
        """
        home = { agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ];
          authentication = { spi = 256; key = "file:not-there"; }; };
        uplinks = ( { interface = "eth0"; } );
        ingress = ( \(ingress) );
        """
    }

    @Test("It prints the configuration of a program, without the keys")
    func text() throws {
        try withFile(router("{ interface = \"lan0\"; }")) { path in
            let (status, text, complaint) = try answer(["dnsmasq", "--config", path])
            #expect(status == .success)
            #expect(text.contains("\ninterface=lan0\n"))
            #expect(complaint == "")
        }
    }

    @Test("It tells by its status that there is nothing to do, and why")
    func nothing() throws {
        for ingress in ["", "{ interface = \"lan0\"; autoconfiguration = \"off\"; }"] {
            try withFile(router(ingress)) { path in
                let (status, text, complaint) = try answer(["dnsmasq", "--config", path])
                #expect(status == .nothing)
                #expect(text == "")
                #expect(complaint.hasPrefix("\(path): nothing to do for dnsmasq: "))
            }
        }
    }

    @Test("Of a program for each interface it names those, and prints the configuration of one with its secret")
    func interfaces() throws {
        let text = """
            home = { agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ];
              insecure = true; };
            uplinks = ( { interface = "eth0"; }, { interface = "wlan0"; type = "wlan"; },
              { interface = "wlan1"; type = "wlan"; networks = ( { ssid = "Depot"; psk = "file:not-there"; } ); },
              { interface = "wlan2"; type = "wlan"; networks = ( { ssid = "Café"; security = "open"; } ); } );
            ingress = ( { interface = "lan0"; } );
            """
        try withFile(text) { path in
            let list = try answer(["wpa_supplicant", "--config", path])
            #expect(list.text == "wlan1\nwlan2\n")
            let none = try answer(["hostapd", "--config", path])
            #expect(none.status == .nothing)
            // The secret is not there.
            let unreadable = try answer(["wpa_supplicant", "wlan1", "--config", path])
            #expect(unreadable.status == .configuration)
        }
        try withFile(text.replacingOccurrences(of: "file:not-there", with: "in plain sight")) { path in
            chmod(path, 0o600)
            let whole = try answer(["wpa_supplicant", "wlan1", "--config", path])
            #expect(whole.text.contains("psk=\"in plain sight\""))
            for name in ["eth0", "wlan0", "lan0"] {
                let (status, text, complaint) = try answer(["wpa_supplicant", name, "--config", path])
                #expect(status == .nothing)
                #expect(text == "")
                #expect(complaint.hasPrefix("\(path): nothing to do for wpa_supplicant: \(name) "))
            }
        }
    }

    @Test("A file that is wrong is complained about, by line or as a whole")
    func wrong() throws {
        try withFile(router("{ interfaec = \"lan0\"; }")) { path in
            let (status, text, complaint) = try answer(["dnsmasq", "--config", path])
            #expect(status == .configuration)
            #expect(text == "")
            #expect(complaint.contains("\(path):4: unknown name interfaec"))
        }
        try withFile(router("{ interface = \"lán\"; }")) { path in
            let (status, _, complaint) = try answer(["dnsmasq", "--config", path])
            #expect(status == .configuration)
            #expect(complaint.hasPrefix("\(path): ingress has \"lán\""))
        }
    }

    @Test("A command line that is wrong says what would be right")
    func usage() {
        let names = Service.all.map(\.name).joined(separator: ", ")
        #expect(throws: UsageError("name the program to configure: \(names)")) { try answer([]) }
        #expect(throws: UsageError("unknown program dnsmask, did you mean dnsmasq?")) { try answer(["dnsmask"]) }
        #expect(throws: UsageError("unknown program foobar, there are \(names)")) { try answer(["foobar"]) }
        #expect(throws: UsageError("lan0 is one word too many")) { try answer(["dnsmasq", "lan0"]) }
        #expect(throws: UsageError("wlan1 is one word too many")) { try answer(["hostapd", "wlan0", "wlan1"]) }
    }

    @Test("Every program that it configures has a row of its own, and help names it")
    func rows() {
        #expect(Set(Service.all.map(\.name)).count == Service.all.count)
        for service in Service.all { #expect(ProgramDescription.shisaconf.help.contains(service.name)) }
    }
}
