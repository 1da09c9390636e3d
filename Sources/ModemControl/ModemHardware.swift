import Cellular
import Glibc
import Platform

/// What the kernel knows of a modem.
struct ModemHardware: Hashable {
    var kind: ModemKind
    /// The file that requests go to: `/dev/cdc-wdm0`, `/dev/ttyUSB2`.
    var device: String
    /// The folder of the USB device below /sys; nil where it hangs on something else.
    var usb: String?

    /// The modem behind a network interface, or behind the serial line or the USB interface `device`; nil while there is none.
    ///
    /// - Parameter system: Where the kernel's files of its devices are.
    static func find(interface: String, device: String?, system: String = "/sys") -> ModemHardware? {
        if let device {
            guard device.hasPrefix("/") else {
                let folder = "\(system)/bus/usb/devices/\(device)"
                // cdc_acm puts its line into a folder tty, drivers of serial ports below a port of that name.
                guard
                    let line = names(in: "\(folder)/tty").last ?? names(in: folder).last(where: { $0.hasPrefix("tty") })
                else { return nil }
                return ModemHardware(kind: .serial, device: "/dev/\(line)", usb: usbFolder(of: folder))
            }
            guard Files.exists(device) else { return nil }
            let name = device.split(separator: "/").last.map(String.init) ?? ""
            return ModemHardware(
                kind: .serial, device: device, usb: usbFolder(of: "\(system)/class/tty/\(name)/device"))
        }
        let folder = "\(system)/class/net/\(interface)/device"
        guard let driver = resolved("\(folder)/driver")?.split(separator: "/").last else { return nil }
        let kinds: [Substring: ModemKind] = ["qmi_wwan": .qmi, "cdc_mbim": .mbim]
        guard let kind = kinds[driver],
            let control = names(in: "\(folder)/usbmisc").filter({ $0.hasPrefix("cdc-wdm") }).min()
        else { return nil }
        return ModemHardware(kind: kind, device: "/dev/\(control)", usb: usbFolder(of: folder))
    }

    /// Packets of an interface since it appeared: received, sent.
    static func traffic(of interface: String) -> (received: UInt64, sent: UInt64)? {
        func count(_ name: String) -> UInt64? {
            guard let text = try? Files.read("/sys/class/net/\(interface)/statistics/\(name)", limit: 64) else {
                return nil
            }
            return UInt64(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self))
        }
        guard let received = count("rx_packets"), let sent = count("tx_packets") else { return nil }
        return (received, sent)
    }

    /// Takes the USB device from its drivers, or gives it back, as if its plug were pulled: on hubs that can, the kernel
    /// then also switches the power of the port.
    static func authorize(_ usb: String, _ isAllowed: Bool) -> Bool {
        let file = open("\(usb)/authorized", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return write(file, isAllowed ? "1" : "0", 1) == 1
    }

    /// The nearest folder above that is a USB device and no interface of one.
    private static func usbFolder(of path: String) -> String? {
        guard var folder = resolved(path) else { return nil }
        while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            if Files.exists("\(folder)/idVendor"), Files.exists("\(folder)/authorized") { return folder }
            folder = String(folder[..<slash])
        }
        return nil
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }
}
