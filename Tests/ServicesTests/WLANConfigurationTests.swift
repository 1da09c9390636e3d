import Settings
import Testing

@testable import Services

@Suite("The configuration of wpa_supplicant and hostapd")
struct WLANConfigurationTests {
    private static let passphrase = WLANSecret(.passphrase(Array("a \"b\" #c \\ ".utf8)))
    private static let head = "# Made from shisa.conf by shisaconf; what is changed here is lost.\n"

    private func network(_ network: NetworkSettings, country: String? = nil) -> String {
        var uplink = UplinkSettings(interface: "wlan0", type: .wlan)
        uplink.networks = [network]
        uplink.country = country
        return WPASupplicantConfiguration(uplink).text
    }

    @Test("A network is joined by SAE with protected management frames, and roamed in")
    func safe() {
        let text = network(
            NetworkSettings(ssid: SSID(Array("Depot".utf8)), secret: Self.passphrase), country: "DE")
        #expect(
            text == Self.head + """
                ctrl_interface=/run/wpa_supplicant
                p2p_disabled=1
                sae_pwe=2
                country=DE
                network={
                \tssid=4465706f74
                \tkey_mgmt=FT-SAE SAE
                \tproto=RSN
                \tpairwise=CCMP
                \tgroup=CCMP
                \tpsk="a "b" #c \\ "
                \tieee80211w=2
                \tbgscan="simple:30:-65:300"
                }

                """)
    }

    @Test("Everything that can be said of a network is said")
    func everything() {
        let mixed = network(
            NetworkSettings(
                ssid: SSID([0x0a, 0x22]), security: .wpa2AndWPA3, secret: Self.passphrase, priority: 9, isHidden: true,
                bssid: [2, 0, 0x5e, 0, 0x53, 1]))
        for line in [
            "ssid=0a22", "key_mgmt=FT-SAE SAE FT-PSK WPA-PSK-SHA256 WPA-PSK", "ieee80211w=1", "priority=9",
            "scan_ssid=1", "bssid=02:00:5e:00:53:01",
        ] { #expect(mixed.contains("\n\t\(line)\n"), "\(line)") }
        let old = WLANSecret(.key([UInt8](repeating: 0x0f, count: 32)))
        let key = network(NetworkSettings(ssid: SSID([0x61]), security: .wpa2, secret: old))
        #expect(key.contains("\n\tpsk=" + String(repeating: "0f", count: 32) + "\n"))
        #expect(key.contains("\n\tkey_mgmt=FT-PSK WPA-PSK-SHA256 WPA-PSK\n"))
        let open = network(NetworkSettings(ssid: SSID([0x61]), security: .open))
        #expect(open.contains("\n\tkey_mgmt=NONE\n\tieee80211w=0\n"))
        #expect(!open.contains("psk="))
    }

    @Test("An access point lets in who does SAE with protected management frames")
    func accessPoint() {
        let settings = AccessPointSettings(ssid: SSID(Array("Bus 17".utf8)), secret: Self.passphrase)
        #expect(
            HostapdConfiguration(settings, on: "wlan1").text == Self.head + """
                interface=wlan1
                driver=nl80211
                ctrl_interface=/run/hostapd
                logger_stdout=0
                ssid2=427573203137
                max_num_sta=64
                channel=6
                ieee80211n=1
                wmm_enabled=1
                hw_mode=g
                auth_algs=1
                wpa=2
                wpa_key_mgmt=SAE
                rsn_pairwise=CCMP
                ieee80211w=2
                sae_require_mfp=1
                sae_pwe=2
                wpa_passphrase=a "b" #c \\\u{20}

                """)
    }

    @Test("Everything that can be said of an access point is said")
    func everyAccessPoint() {
        var settings = AccessPointSettings(
            ssid: SSID([0]), security: .wpa2AndWPA3, secret: Self.passphrase, band: .upper, channel: 44, country: "JP",
            isHidden: true, maxStations: 3)
        let text = HostapdConfiguration(settings, on: "wlan1").text
        for line in [
            "ssid2=00", "max_num_sta=3", "ignore_broadcast_ssid=1", "country_code=JP", "ieee80211d=1", "channel=44",
            "hw_mode=a", "ieee80211ac=1", "ieee80211h=1", "wpa_key_mgmt=SAE WPA-PSK WPA-PSK-SHA256", "ieee80211w=1",
        ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
        settings.security = .wpa2
        settings.secret = WLANSecret(.key([UInt8](repeating: 0xf0, count: 32)))
        let old = HostapdConfiguration(settings, on: "wlan1").text
        #expect(old.contains("\nwpa_key_mgmt=WPA-PSK WPA-PSK-SHA256\n"))
        #expect(old.contains("\nwpa_psk=" + String(repeating: "f0", count: 32) + "\n"))
        settings.security = .open
        settings.secret = nil
        let open = HostapdConfiguration(settings, on: "wlan1").text
        #expect(open.hasSuffix("\nauth_algs=1\nwpa=0\n"))
    }
}
