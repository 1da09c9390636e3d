import CLinux
import Glibc

/// Asks the radios of wireless interfaces (nl80211). Needs no privileges.
public final class RadioNetlink {
    private let socket: NetlinkSocket
    private let family: RadioMessage.Family

    /// Throws `ENOENT` where no driver of a radio is there yet.
    public init() throws(PlatformError) {
        socket = try NetlinkSocket(bus: NETLINK_GENERIC, tables: "radios")
        var found: RadioMessage.Family?
        try socket.transact(
            RadioMessage.Control.family, "CTRL_CMD_GETFAMILY", "there are no radios",
            build: {
                $0.fixed(RadioMessage.head(RadioMessage.Control.getFamily, version: 1))
                $0.put(RadioMessage.Control.familyName, name: "nl80211")
            },
            each: { _, contents in found = RadioMessage.Family(contents: contents) })
        guard let found else {
            throw PlatformError(call: "CTRL_CMD_GETFAMILY", errno: ENOENT, detail: "there are no radios")
        }
        family = found
    }

    /// What the access point of an interface is received with, in dBm; nil while there is none, and where the driver does not
    /// tell. Throws for an interface that is no radio.
    public func signal(interface: UInt32) throws(PlatformError) -> Int32? {
        try first(RadioMessage.Command.getStation, "NL80211_CMD_GET_STATION", of: interface, RadioMessage.signal)
    }

    /// The name of the network that an interface is in, as its octets; nil while it is in none, and where that hides it. Reads
    /// all that the radio has heard of, which may be much. Throws for an interface that is no radio.
    public func networkName(interface: UInt32) throws(PlatformError) -> [UInt8]? {
        try first(RadioMessage.Command.getScan, "NL80211_CMD_GET_SCAN", of: interface, RadioMessage.networkName)
    }

    /// The first thing that `parse` finds in a table of an interface.
    private func first<Element>(
        _ command: UInt8, _ name: String, of interface: UInt32, _ parse: (UnsafeRawBufferPointer) -> Element?
    ) throws(PlatformError) -> Element? {
        try socket.dump(
            family.identifier, name, "cannot ask the radio of interface \(interface)",
            build: {
                $0.fixed(RadioMessage.head(command))
                $0.put(RadioMessage.Attribute.interface, interface)
            }, parse: { _, contents in parse(contents) }
        ).first
    }

    /// Calls `body` in `loop` with the index of each interface that is connected to an access point, or goes to another one.
    public func watchAssociations(
        on loop: EventLoop, _ body: @escaping (UInt32) -> Void
    ) throws(PlatformError) -> RadioMonitor? {
        guard let group = family.associations else { return nil }
        return try RadioMonitor(family: family.identifier, group: group, on: loop, body)
    }
}
