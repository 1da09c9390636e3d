import MobilityWire

/// The monotonic clock of one machine: it starts anywhere and runs too fast or too slow.
struct DriftingClock: Sendable {
    /// Milliseconds at the beginning of the world.
    private let offset: Int64
    /// Parts in a million.
    private let drift: Int64

    init(offset: Int64, drift: Int64) {
        self.offset = offset
        self.drift = drift
    }

    /// What the clock shows at a time of the world.
    func local(_ time: Int64) -> Instant { Instant(milliseconds: offset + time + time * drift / 1_000_000) }

    /// The first time of the world at which the clock shows `local` or more.
    func time(of local: Instant) -> Int64 {
        let elapsed = local.milliseconds - offset
        guard elapsed > 0 else { return 0 }
        // A far deadline is as good as none.
        guard elapsed < 1 << 40 else { return 1 << 40 }
        var time = elapsed * 1_000_000 / (1_000_000 + drift)
        while self.local(time) < local { time += 1 }
        while time > 0, self.local(time - 1) >= local { time -= 1 }
        return time
    }
}
