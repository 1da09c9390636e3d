/// The clock on the wall, which people and time servers may set: for time stamps that leave the machine, never for
/// timers.
public enum WallClock {
    /// The time as a 64-bit NTP timestamp: seconds since 1900 and their fraction (RFC 5905 §6, as RFC 4285 §5 uses it).
    public static func ntp() -> UInt64 {
        let (seconds, nanoseconds) = Syscalls.wallClock()
        // 70 years with 17 leap days lie between the eras of NTP and of Unix.
        let since1900 = UInt64(truncatingIfNeeded: seconds &+ 2_208_988_800)
        let fraction = (UInt64(clamping: nanoseconds) << 32) / 1_000_000_000
        return since1900 << 32 | fraction
    }

    /// A time in seconds since 1970 as the clock on this wall shows it: `2026-11-26 20:05:09`, by the zone of `TZ` or
    /// of `/etc/localtime`.
    public static func text(_ seconds: Double) -> String { Syscalls.localTimeText(Int(seconds)) }

    /// Whether somebody keeps it right, a time server or a receiver of GPS, as far as the kernel was told. One that may be
    /// anything since a start without a battery is not.
    public static var isSynchronized: Bool { Syscalls.clockIsSynchronized() }

    /// Seconds since midnight of 1 January 1970 as the clock on this wall shows it, by the zone of `TZ` or of
    /// `/etc/localtime`.
    public static func localSeconds() -> Int64 {
        let seconds = Syscalls.wallClock().seconds
        return seconds + Syscalls.secondsEastOfGreenwich(at: Int(seconds))
    }

    /// Seconds since 1970, with a fraction.
    public static func seconds() -> Double {
        let (seconds, nanoseconds) = Syscalls.wallClock()
        return Double(seconds) + Double(nanoseconds) / 1_000_000_000
    }
}
