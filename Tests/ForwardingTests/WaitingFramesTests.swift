import MobilityWire
import Testing

@testable import Forwarding

@Suite("Packets that wait for a way")
struct WaitingFramesTests {
    private let start = Instant(milliseconds: 1000)

    private func add(_ number: Int, size: Int = 1, to frames: inout WaitingFrames, at now: Instant) -> Bool {
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size).withUnsafeBytes {
            frames.add($0, since: now)
        }
    }

    @Test("come out in the order in which they came in, with their times")
    func order() {
        var frames = WaitingFrames()
        for number in 0..<5 { #expect(add(number, to: &frames, at: start + .milliseconds(Int64(number)))) }
        let all = frames.takeAll()
        #expect(all.map(\.octets) == (0..<5).map { [$0] })
        #expect(all.map(\.since) == (0..<5).map { start + .milliseconds($0) })
        #expect(frames.isEmpty && frames.octets == 0 && frames.nextDeadline == nil)
    }

    @Test("the newest is refused when there is no more room, and taken again when there is")
    func room() {
        var frames = WaitingFrames()
        let size = 1500
        let room = WaitingFrames.octetLimit / (size + WaitingFrames.overhead)
        for number in 0..<room { #expect(add(number, size: size, to: &frames, at: start)) }
        #expect(!add(room, size: size, to: &frames, at: start))
        #expect(frames.octets <= WaitingFrames.octetLimit)
        #expect(frames.expire(at: start + WaitingFrames.timeLimit) == room)
        #expect(frames.isEmpty && add(room, size: size, to: &frames, at: start))
    }

    @Test("those that have waited long enough go, the others stay")
    func time() {
        var frames = WaitingFrames()
        for number in 0..<10 { #expect(add(number, to: &frames, at: start + .seconds(Int64(number)))) }
        #expect(frames.nextDeadline == start + WaitingFrames.timeLimit)
        #expect(frames.expire(at: start + WaitingFrames.timeLimit - .milliseconds(1)) == 0)
        #expect(frames.expire(at: start + WaitingFrames.timeLimit + .seconds(6)) == 7)
        #expect(frames.nextDeadline == start + .seconds(7) + WaitingFrames.timeLimit)
        #expect(frames.takeAll().map(\.octets) == [[7], [8], [9]])
    }

    @Test("a stream that waits for ever keeps no more than its time's worth")
    func stream() {
        var frames = WaitingFrames()
        var most = 0
        for number in 0..<20_000 {
            let now = start + .milliseconds(Int64(number) * 10)
            _ = frames.expire(at: now)
            #expect(add(number, to: &frames, at: now))
            most = max(most, frames.octets)
        }
        #expect(most == 500 * (1 + WaitingFrames.overhead))
        #expect(frames.takeAll().map(\.octets).first == [UInt8(truncatingIfNeeded: 19_500)])
    }
}
