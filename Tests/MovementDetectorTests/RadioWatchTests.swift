import Glibc
import Logging
import MobilityWire
import Platform
import Testing

@testable import MovementDetector

@Suite("Radios that are watched")
struct RadioWatchTests {
    /// Interface 2 is a radio, and what is asked may fail first.
    private final class Air: Radios {
        var signalErrors: [Int32] = []
        var listenErrors: [Int32] = []
        var joined: ((UInt32) -> Void)?
        var asked = 0

        func signal(interface: UInt32) throws(PlatformError) -> Int32? {
            asked += 1
            if !signalErrors.isEmpty { throw error(signalErrors.removeFirst()) }
            guard interface == 2 else { throw error(ENODEV) }
            return -60
        }

        func networkName(interface: UInt32) throws(PlatformError) -> [UInt8]? { Array("Depot".utf8) }

        func watchAssociations(
            on loop: EventLoop, _ body: @escaping (UInt32) -> Void
        ) throws(PlatformError) -> RadioMonitor? {
            if !listenErrors.isEmpty { throw error(listenErrors.removeFirst()) }
            joined = body
            return nil
        }

        private func error(_ number: Int32) -> PlatformError {
            PlatformError(call: "nl80211", errno: number, detail: "a test")
        }
    }

    /// What is observed within a few looks.
    private func observed(_ air: Air, index: UInt32 = 2, looks: Int64 = 1) throws -> [LinkObservation] {
        let loop = try EventLoop()
        var found: [LinkObservation] = []
        let watch = RadioWatch(
            loop: loop, log: Logger(), open: { () throws(PlatformError) in air },
            observe: { found.append($0) })
        watch.watch([index])
        try loop.run(for: RadioWatch.interval * looks + .milliseconds(500))
        air.joined?(index)
        return found
    }

    @Test("a radio that could not be asked once is asked again")
    func transient() throws {
        for error in [ENOBUFS, EBUSY, ENOMEM] {
            let air = Air()
            air.signalErrors = [error, error]
            let found = try observed(air, looks: 2)
            #expect(found.contains { if case .signal(2, -60) = $0 { true } else { false } }, "\(error)")
        }
    }

    @Test("what is no radio is asked once")
    func other() throws {
        let air = Air()
        #expect(try observed(air, index: 3, looks: 2).isEmpty && air.asked == 1)
    }

    @Test("that associations could not be heard at first is no reason never to hear them, nor to hear no signal")
    func listening() throws {
        let air = Air()
        air.listenErrors = [ENOBUFS]
        let found = try observed(air)
        #expect(found.contains { if case .associated(2) = $0 { true } else { false } })
        #expect(found.contains { if case .signal(2, -60) = $0 { true } else { false } })
    }
}
