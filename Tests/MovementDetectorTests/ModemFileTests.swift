import Cellular
import Glibc
import Platform
import Testing

@testable import MovementDetector

@Suite("What shisamodem tells of a modem")
struct ModemFileTests {
    @Test("is read from the file of its uplink, and is nothing where there is none or where it makes no sense")
    func read() throws {
        let folder = "/tmp/shisa-modem-file-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeDirectory(folder)
        defer {
            unlink("\(folder)/wwan0")
            rmdir(folder)
        }
        #expect(ModemFile.read("wwan0", in: folder) == nil)
        let report = ModemReport(.connected, signal: SignalStrength(dBm: -95))
        try Files.writeAtomically("\(folder)/wwan0", Array(report.text.utf8))
        #expect(ModemFile.read("wwan0", in: folder) == report)
        try Files.writeAtomically("\(folder)/wwan0", Array(repeating: 0xff, count: 8192))
        #expect(ModemFile.read("wwan0", in: folder) == nil)
    }
}
