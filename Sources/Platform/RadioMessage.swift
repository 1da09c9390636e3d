/// The messages of nl80211 that tell of a link to an access point, and how the kernel is asked who nl80211 is: octets to
/// values. Contents are what follows the netlink header.
///
/// The numbers are those of `linux/genetlink.h` and `linux/nl80211.h`, which never change.
enum RadioMessage {
    /// The head of every message of generic netlink: `struct genlmsghdr`.
    static func head(_ command: UInt8, version: UInt8 = 0) -> UInt32 {
        UInt32(littleEndian: UInt32(command) | UInt32(version) << 8)
    }

    enum Control {
        /// `GENL_ID_CTRL`.
        static let family = 0x10
        /// `CTRL_CMD_GETFAMILY`.
        static let getFamily: UInt8 = 3
        /// `CTRL_ATTR_FAMILY_NAME`.
        static let familyName = 2
    }

    enum Command {
        /// `NL80211_CMD_GET_SCAN`, `NL80211_CMD_NEW_SCAN_RESULTS`.
        static let getScan: UInt8 = 32, newScanResults: UInt8 = 34
        /// `NL80211_CMD_GET_STATION`, `NL80211_CMD_NEW_STATION`, `NL80211_CMD_CONNECT`, `NL80211_CMD_ROAM`.
        static let getStation: UInt8 = 17, newStation: UInt8 = 19, connect: UInt8 = 46, roam: UInt8 = 47
    }

    enum Attribute {
        /// `NL80211_ATTR_IFINDEX`, `NL80211_ATTR_STA_INFO`, `NL80211_ATTR_BSS`.
        static let interface = 3, station = 21, accessPoint = 47
        /// Of a station: `NL80211_STA_INFO_SIGNAL`, `…_SIGNAL_AVG`, `…_STA_FLAGS`.
        static let signal = 7, averageSignal = 13, flags = 17
        /// Of an access point: `NL80211_BSS_INFORMATION_ELEMENTS`, `NL80211_BSS_STATUS`.
        static let elements = 6, status = 9
    }

    /// What the kernel calls nl80211 today: the type of its messages, and the group that hears of associations.
    struct Family: Hashable {
        var identifier: Int
        var associations: UInt32?

        init?(contents: UnsafeRawBufferPointer) {
            let attributes = NetlinkAttributes(contents, from: 4)
            // CTRL_ATTR_FAMILY_ID, CTRL_ATTR_MCAST_GROUPS; in each of these CTRL_ATTR_MCAST_GRP_NAME and …_ID.
            guard let identifier = attributes.uint16(1) else { return nil }
            self.identifier = Int(identifier)
            attributes.nested(7)?.forEach { _, contents in
                let group = NetlinkAttributes(contents)
                if group.string(1) == "mlme" { associations = group.uint32(2) }
            }
        }
    }

    /// What a station is received with, in dBm: the average where the driver has one; nil for what is no station, and for one
    /// that we talk to directly beside the access point (TDLS).
    static func signal(contents: UnsafeRawBufferPointer) -> Int32? {
        guard contents.first == Command.newStation,
            let station = NetlinkAttributes(contents, from: 4).nested(Attribute.station)
        else { return nil }
        // `struct nl80211_sta_flag_update`: a mask and the flags; NL80211_STA_FLAG_TDLS_PEER is number 6.
        if let flags: UInt32 = station[Attribute.flags]?.value(at: 4), flags & 1 << 6 != 0 { return nil }
        guard let level = station.uint8(Attribute.averageSignal) ?? station.uint8(Attribute.signal) else { return nil }
        return Int32(Int8(bitPattern: level))
    }

    /// The name of the network of an access point: 1 to 32 octets of any kind; nil for one that the interface is not
    /// connected to, for one that hides it, and for what is no access point.
    ///
    /// The interface's own message has it, too, but not with every kernel: 6.1 leaves it out.
    static func networkName(contents: UnsafeRawBufferPointer) -> [UInt8]? {
        guard contents.first == Command.newScanResults,
            let point = NetlinkAttributes(contents, from: 4).nested(Attribute.accessPoint),
            // NL80211_BSS_STATUS_ASSOCIATED
            point.uint32(Attribute.status) == 1, let elements = point[Attribute.elements]
        else { return nil }
        // IEEE 802.11 §9.4.2: a number, a length, and as many octets; number 0 is the SSID.
        var rest = elements[...]
        while rest.count >= 2 {
            let (number, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
            let octets = rest.dropFirst(2).prefix(length)
            guard octets.count == length else { return nil }
            if number == 0 { return (1...32).contains(length) && octets.contains { $0 != 0 } ? Array(octets) : nil }
            rest = rest.dropFirst(2 + length)
        }
        return nil
    }

    /// The interface that went from one access point to another, or was connected anew.
    static func associated(contents: UnsafeRawBufferPointer) -> UInt32? {
        guard let command = contents.first, command == Command.connect || command == Command.roam else { return nil }
        return NetlinkAttributes(contents, from: 4).uint32(Attribute.interface)
    }
}
