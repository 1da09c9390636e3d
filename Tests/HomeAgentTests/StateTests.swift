import Foundation
import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Testing

@testable import HomeAgent

@Suite("What outlives had")
struct StateTests {
    private func path() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)/had.state").path
    }

    private func modified(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }

    /// A stage whose had took a Binding Update and wrote it down.
    private func written(_ path: String) throws {
        let stage = try Stage()
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 7)
        try stage.run { FileManager.default.fileExists(atPath: path) }
        withExtendedLifetime(had) {}
    }

    @Test("after a crash of all programs the file brings back bindings and sequence numbers")
    func crash() throws {
        let path = path()
        try written(path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let stage = try Stage()
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(stage.bindings.map(\.careOfAddress) == [Stage.careOf])
        #expect(stage.bindings.map(\.prefixes) == [[Stage.prefix]])
        #expect(stage.bindings.map(\.name) == ["bus-17"])
        #expect((580_000...600_000).contains(stage.bindings.first?.remainingMilliseconds ?? 0))
        stage.deliver(sequence: 7)
        try stage.run { stage.counter("acknowledgement_sent_sequence_number_out_of_window") == 1 }
        #expect(stage.counter("binding_restored") == 1)
        withExtendedLifetime(had) {}
    }

    @Test("of what the file and nemonetd remember of a binding the later one counts", arguments: [5, 100] as [UInt16])
    func later(sequence: UInt16) throws {
        let path = path()
        try written(path)
        let stage = try Stage()
        stage.settings.state = path
        var entry = stage.entry()
        entry.sequenceNumber = SequenceNumber(rawValue: sequence)
        entry.careOfAddress.low = 8
        stage.held = [.bindingAdd(entry)]
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(stage.bindings.last?.careOfAddress == (sequence == 100 ? entry.careOfAddress : Stage.careOf))
        withExtendedLifetime(had) {}
    }

    @Test("a damaged file is counted, and had goes on without it")
    func damaged() throws {
        let path = path()
        try written(path)
        var octets = try Data(contentsOf: URL(fileURLWithPath: path))
        octets[60] ^= 1
        try octets.write(to: URL(fileURLWithPath: path))
        let stage = try Stage()
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.counter("state_file_damaged") == 1 }
        #expect(stage.counter("state_file_damaged") == 1)
        #expect(stage.bindings.isEmpty)
        stage.deliver(sequence: 1)
        try stage.run { stage.sent.count == 1 }
        withExtendedLifetime(had) {}
    }

    @Test("what a had that was killed while it wrote has left does not count, and goes with the next write")
    func killed() throws {
        let path = path()
        try written(path)
        let half = try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(20)
        try half.write(to: URL(fileURLWithPath: path + "~"))
        let stage = try Stage()
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(stage.bindings.map(\.careOfAddress) == [Stage.careOf])
        #expect(had.counters["state_file_damaged"] == 0)
        stage.deliver(sequence: 8)
        try stage.run { !FileManager.default.fileExists(atPath: path + "~") }
        let folder = (path as NSString).deletingLastPathComponent
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["had.state"])
        withExtendedLifetime(had) {}
    }

    @Test("where the clock went back, had goes by the time that its nodes know from before")
    func clockWentBack() throws {
        let path = path()
        let stage = try Stage()
        let later = NTPTimestamp(rawValue: WallClock.ntp()) + .seconds(3600)
        let former = HomeAgentMachine(try HomeAgentConfiguration(stage.settings))
        let octets = BindingSnapshotWriter(former, wallClock: later, at: stage.loop.now).finish()
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(octets).write(to: URL(fileURLWithPath: path))
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(!later.isNewer(than: had.now))
        #expect(had.now.isClose(to: later, within: .seconds(60)))
    }

    @Test("an orderly end keeps the bindings in the file while nemonetd forgets them")
    func orderly() throws {
        let path = path()
        let stage = try Stage()
        stage.settings.state = path
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 7)
        try stage.run { stage.sent.count == 1 }
        var ended = false
        had.stop { ended = true }
        try stage.run { ended }
        #expect(stage.messages.contains(.bindingFlush))
        let snapshot = try BindingSnapshot(decoding: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(snapshot.bindings.map(\.binding.homeAddress) == [Stage.home])
    }

    @Test("many changes make few writes, and the last of them is written")
    func rate() throws {
        let path = path()
        let loop = try EventLoop()
        var value: UInt8 = 0
        let file = StateFile(path: path, advice: ("nothing is kept", "do something"), loop: loop, log: Logger()) {
            let octets = [value]
            return { { octets } }
        }
        let start = loop.now
        while loop.now < start + .milliseconds(1500) {
            value &+= 1
            file.noteChange()
            try loop.run(for: .milliseconds(2))
        }
        let patience = loop.now + .seconds(60)
        while file.read() != [value], loop.now < patience { try loop.run(for: .milliseconds(20)) }
        #expect(file.read() == [value])
        // What is written may not have been counted yet.
        let writes = Int64(file.writes)
        #expect((0...(loop.now - start).milliseconds / StateFile.leastInterval.milliseconds + 1).contains(writes))
    }

    @Test("where nothing can be written had works on")
    func unwritable() throws {
        let stage = try Stage()
        stage.settings.state = "/dev/null/had.state"
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 7)
        try stage.run { stage.sent.count == 1 }
        try stage.loop.run(for: .milliseconds(200))
        stage.deliver(sequence: 8)
        try stage.run { stage.sent.count == 2 }
        #expect(stage.sent.count == 2)
        withExtendedLifetime(had) {}
    }
}
