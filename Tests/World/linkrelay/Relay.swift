import CLinux
import Glibc
import LinkModel

/// Moves frames between two ends, each direction through its own `LinkModel`.
struct Relay {
    private let ends: [LinkEnd]
    private let control: ControlSocket
    /// `directions[0]` goes from the first end to the second.
    private var directions: [LinkModel<[UInt8]>]
    private var carrier = [true, true]
    /// Rings when the next frame is due; poll(2) alone counts in whole milliseconds.
    private let timer = timerfd_create(CLOCK_MONOTONIC, 0)

    init(first: LinkEnd, second: LinkEnd, control: ControlSocket, seed: UInt64) {
        ends = [first, second]
        self.control = control
        directions = [LinkModel(seed: seed), LinkModel(seed: seed ^ 0x5555_5555)]
    }

    /// Runs until the process is ended.
    mutating func run() -> Never {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        while true {
            armTimer()
            var waiting = [ends[0].descriptor, ends[1].descriptor, control.descriptor, timer].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&waiting, nfds_t(waiting.count), -1)
            if waiting[2].revents != 0 { serveControl() }
            for from in 0...1 where waiting[from].revents != 0 { readFrames(from: from, buffer: buffer) }
            deliver()
        }
    }

    private func armTimer() {
        var setting = itimerspec()
        if let due = directions.compactMap(\.nextDue).min() {
            // Zero would disarm the timer; a time gone by rings at once.
            let due = max(due, 1)
            setting.it_value = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        }
        timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    /// Takes up to 64 frames, so that one busy direction cannot starve the other.
    private mutating func readFrames(from: Int, buffer: UnsafeMutableRawBufferPointer) {
        for _ in 0..<64 {
            guard let count = ends[from].receive(into: buffer) else { return }
            guard carrier[0], carrier[1] else { continue }
            directions[from].offer(Array(buffer[0..<count]), octets: count, at: Self.now())
        }
    }

    private mutating func deliver() {
        let now = Self.now()
        for from in 0...1 {
            while let frame = directions[from].take(at: now) { ends[1 - from].send(frame) }
        }
    }

    private mutating func serveControl() {
        var relay = self
        control.serve { relay.answer($0) }
        self = relay
    }

    /// `set both|up|down name=number…`, `carrier 0|1 on|off`, `stats`. "up" is from the first end to the second.
    private mutating func answer(_ request: String) -> String {
        let words = request.split(whereSeparator: \.isWhitespace)
        switch (words.first, words.count) {
        case ("set", 2...):
            let chosen: [Int]
            switch words[1] {
            case "both": chosen = [0, 1]
            case "up": chosen = [0]
            case "down": chosen = [1]
            default: return "error: \(words[1]): both, up or down"
            }
            do throws(LinkSettings.WordError) {
                for index in chosen { try directions[index].settings.apply(words: words.dropFirst(2)) }
            } catch {
                return "error: \(error)"
            }
            return "ok"
        case ("carrier", 3):
            guard let end = Int(words[1]), carrier.indices.contains(end) else { return "error: which end?" }
            carrier[end] = words[2] == "on"
            ends[end].setCarrier(carrier[end])
            if !carrier[end] {
                directions[0].clear()
                directions[1].clear()
            }
            return "ok"
        case ("stats", 1):
            return zip(["up", "down"], directions).map { name, link in
                "\(name) passed=\(link.counters.passed) lost=\(link.counters.lost) "
                    + "overflowed=\(link.counters.overflowed)"
            }.joined(separator: " ")
        default:
            return "error: set, carrier or stats"
        }
    }

    /// The monotonic clock in nanoseconds.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
