extension SettingReference {
    /// WLANs: those that uplinks join, and that of the router itself.
    static let wirelessSettings: [SettingReference] = [
        .init(
            "uplinks.country", .country, .optional, example: "\"DE\"",
            "With type = \"wlan\": the country whose rules the radio keeps to. Left out, it keeps to what is allowed everywhere, "
                + "which is few channels and little power."),
        .init(
            "uplinks.networks", .groups, .optional,
            "With type = \"wlan\": the networks that the uplink joins, at most \(NetworkSettings.limit). wpa_supplicant does it "
                + "with what \"shisaconf wpa_supplicant INTERFACE\" prints; the board runs it. Left out, the interface is "
                + "joined to a network by other means."),
        .init(
            "uplinks.networks.ssid", .ssid, .required, example: "\"Depot\"",
            "The name of the network. Where it is not text, or starts with \"hex:\", write its octets."),
        .init(
            "uplinks.networks.security", .oneOf(WLANSecurity.allCases.map(\.rawValue)),
            .defaultsTo("\"\(WLANSecurity.default.rawValue)\""), example: "\"wpa2-wpa3\"",
            "How it is protected. \"wpa3\" joins by SAE alone and with protected management frames, \"wpa2\" by a key in common, "
                + "\"wpa2-wpa3\" by what the access point has, the better first. \"open\" has neither a secret nor "
                + "encryption."),
        .init(
            "uplinks.networks.psk", .wirelessSecret, .optional, example: "\"file:keys/depot.psk\"",
            "The passphrase, or for \"wpa2\" also the key of 32 octets. Required but for \"open\". A file with a secret in it, "
                + "this one or the secret's own, is refused where everybody may read it. A relative path starts from the "
                + "folder of the file that it is written in."),
        .init(
            "uplinks.networks.priority", .integer(0...255), .defaultsTo("\(NetworkSettings.defaultPriority)"),
            example: "10",
            "Of the networks that are found the one of the highest priority is joined."),
        .init(
            "uplinks.networks.hidden", .flag, .defaultsTo("false"), example: "false",
            "True asks for the network by its name, for access points that do not tell it."),
        .init(
            "uplinks.networks.bssid", .bssid, .optional, example: "\"02:00:5e:00:53:01\"",
            "The one access point to join. Left out, the uplink roams among all of the network."),

        .init(
            "ingress.access_point", .group, .optional,
            "Makes the interface, which is a radio, an access point for hosts. hostapd does it with what \"shisaconf hostapd "
                + "INTERFACE\" prints; the board runs it."),
        .init(
            "ingress.access_point.ssid", .ssid, .required, example: "\"Bus 17\"",
            "The name of the network, as for an uplink."),
        .init(
            "ingress.access_point.security", .oneOf(WLANSecurity.allCases.map(\.rawValue)),
            .defaultsTo("\"\(WLANSecurity.default.rawValue)\""), example: "\"wpa2-wpa3\"",
            "How it is protected, as for an uplink: \"wpa2-wpa3\" lets hosts join that know only WPA2."),
        .init(
            "ingress.access_point.psk", .wirelessSecret, .optional, example: "\"file:keys/bus.psk\"",
            "The passphrase, as for an uplink. Required but for \"open\"."),
        .init(
            "ingress.access_point.band", .oneOf(AccessPointSettings.Band.allCases.map(\.rawValue)),
            .optional, example: "\"5 GHz\"",
            "The band. Left out, it is that of the channel, or 2.4 GHz where there is none either."),
        .init(
            "ingress.access_point.channel", .integer(1...165), .optional, example: "36",
            "The channel; left out, 6 or 36. Some of 5 GHz are listened to for radar first, which takes a minute and needs a "
                + "radio that can."),
        .init(
            "ingress.access_point.country", .country, .optional, example: "\"DE\"",
            "The country whose rules the radio keeps to, the same as for the uplinks. Required on 5 GHz and on the channels 12 and "
                + "13."),
        .init(
            "ingress.access_point.hidden", .flag, .defaultsTo("false"), example: "false",
            "True tells the name only to those who ask for it. It keeps nobody out."),
        .init(
            "ingress.access_point.max_stations", .integer(1...2007),
            .defaultsTo("\(AccessPointSettings.defaultMaxStations)"), example: "64",
            "How many hosts may be at it at a time."),
    ]
}
