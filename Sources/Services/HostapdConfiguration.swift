import Settings

/// What hostapd (2.10 or later) has to know to be the access point on an interface.
struct HostapdConfiguration: Hashable, Sendable {
    let accessPoint: AccessPointSettings
    let interface: String

    init(_ accessPoint: AccessPointSettings, on interface: String) {
        self.accessPoint = accessPoint
        self.interface = interface
    }
}

extension HostapdConfiguration {
    /// Where hostapd_cli reaches it.
    private static let controlFolder = "/run/hostapd"

    /// The file.
    var text: String {
        var lines = [
            "# Made from shisa.conf by shisaconf; what is changed here is lost.",
            "interface=\(interface)",
            "driver=nl80211",
            "ctrl_interface=\(Self.controlFolder)",
            // What it says to syslog it need not say twice.
            "logger_stdout=0",
            // In digits no octet has a meaning of its own.
            "ssid2=" + WLANText.hexadecimal(accessPoint.ssid.octets),
            "max_num_sta=\(accessPoint.maxStations)",
        ]
        if accessPoint.isHidden { lines.append("ignore_broadcast_ssid=1") }
        return (lines + radio + protection).map { $0 + "\n" }.joined()
    }

    private var radio: [String] {
        var lines: [String] = []
        if let country = accessPoint.country { lines += ["country_code=\(country)", "ieee80211d=1"] }
        lines += ["channel=\(accessPoint.channel)", "ieee80211n=1", "wmm_enabled=1"]
        switch accessPoint.band {
        case .lower: lines.append("hw_mode=g")
        // Radar is listened for where the country says so.
        case .upper: lines += ["hw_mode=a", "ieee80211ac=1", "ieee80211h=1"]
        }
        return lines
    }

    private var protection: [String] {
        guard let secret = accessPoint.secret else { return ["auth_algs=1", "wpa=0"] }
        let (methods, managementFrames): (String, Int) =
            switch accessPoint.security {
            case .wpa3: ("SAE", 2)
            case .wpa2AndWPA3: ("SAE WPA-PSK WPA-PSK-SHA256", 1)
            case .wpa2, .open: ("WPA-PSK WPA-PSK-SHA256", 1)
            }
        var lines = [
            "auth_algs=1", "wpa=2", "wpa_key_mgmt=\(methods)", "rsn_pairwise=CCMP", "ieee80211w=\(managementFrames)",
            // A station that does SAE protects its management frames, and both ways of SAE serve.
            "sae_require_mfp=1", "sae_pwe=2",
        ]
        switch secret.content {
        // All the rest of the line, blanks and all. SAE takes it, too; in sae_password a | would begin something else.
        case .passphrase(let octets): lines.append("wpa_passphrase=" + WLANText.printable(octets))
        case .key(let octets): lines.append("wpa_psk=" + WLANText.hexadecimal(octets))
        }
        return lines
    }
}
