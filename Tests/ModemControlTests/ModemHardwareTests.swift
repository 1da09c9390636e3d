import Cellular
import Foundation
import Testing

@testable import ModemControl

@Suite("Where a modem is")
struct ModemHardwareTests {
    /// As the kernel shows a stick in port 1-1.3: a network interface with a control file beside it, and serial lines.
    final class System {
        let path = NSTemporaryDirectory() + "shisa-modem-" + UUID().uuidString
        var stick: String { "\(path)/devices/usb1/1-1/1-1.3" }

        init(driver: String) throws {
            try make("\(stick)/1-1.3:1.4/net/wwan0", "\(stick)/1-1.3:1.4/usbmisc/cdc-wdm1", "\(path)/drivers/\(driver)")
            try make(
                "\(stick)/1-1.3:1.2/ttyUSB2", "\(path)/class/net/wwan0", "\(path)/class/tty/ttyUSB2", "\(path)/dev")
            for name in ["idVendor", "authorized"] {
                try Data("1".utf8).write(to: URL(fileURLWithPath: "\(stick)/\(name)"))
            }
            try link("\(path)/class/net/wwan0/device", to: "\(stick)/1-1.3:1.4")
            try link("\(stick)/1-1.3:1.4/driver", to: "\(path)/drivers/\(driver)")
            try link("\(path)/class/tty/ttyUSB2/device", to: "\(stick)/1-1.3:1.2/ttyUSB2")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func make(_ folders: String...) throws {
            for folder in folders {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
        }

        func link(_ path: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        }
    }

    @Test(
        "a modem is known by the driver behind its interface",
        arguments: [("qmi_wwan", ModemKind.qmi), ("cdc_mbim", .mbim)])
    func interface(driver: String, kind: ModemKind) throws {
        let system = try System(driver: driver)
        let found = ModemHardware.find(interface: "wwan0", device: nil, system: system.path)
        #expect(found?.kind == kind && found?.device == "/dev/cdc-wdm1")
        #expect(found?.usb?.hasSuffix("/devices/usb1/1-1/1-1.3") == true)
        #expect(ModemHardware.find(interface: "wwan1", device: nil, system: system.path) == nil)
    }

    @Test("a stick that looks like a network card is left alone")
    func card() throws {
        let system = try System(driver: "cdc_ncm")
        #expect(ModemHardware.find(interface: "wwan0", device: nil, system: system.path) == nil)
    }

    @Test("a place has the line that is there, whatever its number")
    func place() throws {
        let system = try System(driver: "option")
        try system.make("\(system.path)/bus/usb/devices", "\(system.stick)/1-1.3:1.0/tty/ttyACM4")
        for name in ["1-1.3:1.0", "1-1.3:1.2"] {
            try system.link("\(system.path)/bus/usb/devices/\(name)", to: "\(system.stick)/\(name)")
        }
        func find(_ place: String) -> ModemHardware? {
            ModemHardware.find(interface: "wwan0", device: place, system: system.path)
        }
        #expect(find("1-1.3:1.0")?.device == "/dev/ttyACM4" && find("1-1.3:1.2")?.device == "/dev/ttyUSB2")
        #expect(find("1-1.3:1.2")?.usb?.hasSuffix("/1-1.3") == true)
        #expect(find("1-1.4:1.0") == nil)
    }

    @Test("a serial line is a modem when it is there, and its power is that of the stick")
    func line() throws {
        let system = try System(driver: "option")
        let device = "\(system.path)/dev/ttyUSB2"
        #expect(ModemHardware.find(interface: "wwan0", device: device, system: system.path) == nil)
        try Data().write(to: URL(fileURLWithPath: device))
        let found = ModemHardware.find(interface: "wwan0", device: device, system: system.path)
        #expect(found?.kind == .serial && found?.device == device)
        let usb = try #require(found?.usb)
        #expect(usb.hasSuffix("/1-1.3"))
        #expect(ModemHardware.authorize(usb, false))
        #expect(try String(contentsOfFile: "\(usb)/authorized", encoding: .utf8) == "0")
    }
}
