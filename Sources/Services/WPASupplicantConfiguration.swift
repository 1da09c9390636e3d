import Settings

/// What wpa_supplicant (2.10 or later) has to know to join the networks of an uplink.
///
/// On which interface it does and by which driver is for the command line.
struct WPASupplicantConfiguration: Hashable, Sendable {
    let networks: [NetworkSettings]
    let country: String?

    init(_ uplink: UplinkSettings) {
        networks = uplink.networks
        country = uplink.country
    }
}

extension WPASupplicantConfiguration {
    /// Where wpa_cli reaches it.
    private static let controlFolder = "/run/wpa_supplicant"
    /// Below this signal, in dBm, another access point is looked for every half minute, above it every five: below -65 the rate
    /// falls, and somebody in motion will soon have less.
    private static let roaming = "simple:30:-65:300"

    /// The file.
    var text: String {
        var lines = [
            "# Made from shisa.conf by shisaconf; what is changed here is lost.",
            "ctrl_interface=\(Self.controlFolder)",
            // No protocol here but WLAN.
            "p2p_disabled=1",
            // SAE by hash to element where the access point has it, else by hunting and pecking.
            "sae_pwe=2",
        ]
        if let country { lines.append("country=\(country)") }
        for network in networks { lines += ["network={"] + Self.members(of: network).map { "\t" + $0 } + ["}"] }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func members(of network: NetworkSettings) -> [String] {
        // In digits no octet has a meaning of its own.
        var lines = ["ssid=" + WLANText.hexadecimal(network.ssid.octets)]
        lines += protection(network)
        lines.append("bgscan=\"\(roaming)\"")
        if network.priority != 0 { lines.append("priority=\(network.priority)") }
        if network.isHidden { lines.append("scan_ssid=1") }
        if let bssid = network.bssid { lines.append("bssid=" + WLANText.address(bssid)) }
        return lines
    }

    private static func protection(_ network: NetworkSettings) -> [String] {
        // Those with FT are IEEE 802.11r; wpa_supplicant leaves them out where the driver cannot.
        let preShared = ["FT-PSK", "WPA-PSK-SHA256", "WPA-PSK"]
        let simultaneous = ["FT-SAE", "SAE"]
        let (methods, managementFrames): ([String], Int) =
            switch network.security {
            case .wpa3: (simultaneous, 2)
            case .wpa2AndWPA3: (simultaneous + preShared, 1)
            case .wpa2: (preShared, 1)
            case .open: (["NONE"], 0)
            }
        var lines = ["key_mgmt=" + methods.joined(separator: " ")]
        if let secret = network.secret {
            lines += ["proto=RSN", "pairwise=CCMP", "group=CCMP"]
            switch secret.content {
            // It ends with the last quotation mark of the line, and no character before that has a meaning of its own.
            case .passphrase(let octets): lines.append("psk=\"" + WLANText.printable(octets) + "\"")
            case .key(let octets): lines.append("psk=" + WLANText.hexadecimal(octets))
            }
        }
        return lines + ["ieee80211w=\(managementFrames)"]
    }
}
