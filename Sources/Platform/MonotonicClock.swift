public import MobilityWire

/// The clock that nobody sets: what everything but people goes by.
public enum MonotonicClock {
    /// `CLOCK_MONOTONIC`.
    public static var now: Instant { Instant(milliseconds: Syscalls.monotonicMilliseconds()) }
}
