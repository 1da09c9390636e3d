import CLinux
import Glibc

/// Hears that the machine has slept (suspend to memory or to disk).
public final class SleepMonitor {
    private let timer: Descriptor
    private var gauge: SleepGauge
    private var watch: EventLoop.Watch?

    /// Calls `body` in `loop` each time the machine wakes up.
    public init(on loop: EventLoop, _ body: @escaping () -> Void) throws(PlatformError) {
        let number = timerfd_create(CLOCK_REALTIME, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        timer = Descriptor(
            owning: try Syscalls.check("timerfd_create", "cannot hear of sleep") { number })
        gauge = SleepGauge(boot: Self.milliseconds(CLOCK_BOOTTIME), monotonic: Self.milliseconds(CLOCK_MONOTONIC))
        arm()
        watch = try loop.watch(
            number,
            read: { [weak self] in
                guard let self else { return }
                var expirations: UInt64 = 0
                _ = read(number, &expirations, 8)
                arm()
                let hasSlept = gauge.hasSlept(
                    boot: Self.milliseconds(CLOCK_BOOTTIME), monotonic: Self.milliseconds(CLOCK_MONOTONIC))
                if hasSlept { body() }
            })
    }

    deinit { watch?.cancel() }

    /// The kernel tells of every change of the clock on the wall that is not its running, of which waking up is one, by ending
    /// a timer of that clock that asks for it.
    private func arm() {
        var never = itimerspec()
        never.it_value.tv_sec = .max
        let flags = Int32(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)
        timerfd_settime(timer.number, flags, &never, nil)
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}

/// Tells sleep from other changes of the time: only while the machine sleeps does one clock run and the other stand still.
struct SleepGauge {
    private var asleep: Int64
    /// The two are not read in the same moment.
    private static let tolerance: Int64 = 500

    /// All in milliseconds: of `CLOCK_BOOTTIME`, which runs on in sleep, and of `CLOCK_MONOTONIC`.
    init(boot: Int64, monotonic: Int64) { asleep = boot - monotonic }

    /// Whether the machine has slept since the last call.
    mutating func hasSlept(boot: Int64, monotonic: Int64) -> Bool {
        let before = asleep
        asleep = boot - monotonic
        return asleep - before > Self.tolerance
    }
}
