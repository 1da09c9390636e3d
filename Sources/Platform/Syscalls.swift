import CLinux
import Glibc

/// The general calls of the C library: each in one place, repeated when a signal interrupts it, and with a typed error.
///
/// Calls that belong to one concern stand beside it: `Syscalls+Sockets.swift`, `Syscalls+Files.swift`,
/// `Syscalls+Packets.swift`.
enum Syscalls {
    /// Repeats `call` while a signal interrupts it; -1 becomes an error with what `detail` says.
    @discardableResult
    static func check<Result: FixedWidthInteger & SignedInteger>(
        _ name: String, _ detail: @autoclosure () -> String, _ call: () -> Result
    ) throws(PlatformError) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            let error = errno
            if error != EINTR { throw PlatformError(call: name, errno: error, detail: detail()) }
        }
    }

    /// Like `check`, but "would block" is nil.
    static func checkNonBlocking<Result: FixedWidthInteger & SignedInteger>(
        _ name: String, _ detail: @autoclosure () -> String, _ call: () -> Result
    ) throws(PlatformError) -> Result? {
        while true {
            let result = call()
            if result != -1 { return result }
            let error = errno
            if error == EAGAIN || error == EWOULDBLOCK { return nil }
            if error != EINTR { throw PlatformError(call: name, errno: error, detail: detail()) }
        }
    }

    static func monotonicMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }

    /// Seconds and nanoseconds since 1970.
    static func wallClock() -> (seconds: Int64, nanoseconds: Int64) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }

    /// A time in seconds since 1970 as people of this place write it.
    static func localTimeText(_ seconds: Int) -> String {
        var (time, local) = (time_t(seconds), tm())
        // Only this looks whether the zone has become another.
        tzset()
        guard localtime_r(&time, &local) != nil else { return "-" }
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &local)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How far the clock on the wall here is ahead of universal time, summer time included.
    static func secondsEastOfGreenwich(at seconds: Int) -> Int64 {
        var (time, local) = (time_t(seconds), tm())
        tzset()
        guard localtime_r(&time, &local) != nil else { return 0 }
        return Int64(local.tm_gmtoff)
    }

    static func clockIsSynchronized() -> Bool { linux_clock_is_synchronized() != 0 }

    // MARK: Event loop

    static func epollCreate() throws(PlatformError) -> Descriptor {
        Descriptor(
            owning: try check("epoll_create1", "cannot make an event loop") {
                epoll_create1(Int32(EPOLL_CLOEXEC))
            })
    }

    static func epollControl(
        _ epoll: Int32, _ operation: Int32, _ descriptor: Int32, events: UInt32, token: UInt64
    ) throws(PlatformError) {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        try check("epoll_ctl", "cannot watch descriptor \(descriptor)") {
            epoll_ctl(epoll, operation, descriptor, &event)
        }
    }

    /// Waits for events; an interruption by a signal counts as none.
    static func epollWait(
        _ epoll: Int32, into events: UnsafeMutableBufferPointer<epoll_event>, timeout: Int32
    ) throws(PlatformError) -> Int {
        // Some C libraries declare the array as never null, others leave it open.
        guard let first = events.baseAddress else { return 0 }
        let count = epoll_wait(epoll, first, Int32(events.count), timeout)
        if count >= 0 { return Int(count) }
        if errno == EINTR { return 0 }
        throw PlatformError(call: "epoll_wait", errno: errno, detail: "cannot wait for events")
    }

    static func eventDescriptor() throws(PlatformError) -> Descriptor {
        Descriptor(
            owning: try check("eventfd", "cannot make an event descriptor") {
                eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
            })
    }

    /// A descriptor that reports `signals`, which no longer interrupt the calling thread and the threads that it starts.
    static func signalDescriptor(_ signals: Set<Int32>, replacing old: Int32) throws(PlatformError) -> Int32 {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        return try check("signalfd", "cannot receive signals") {
            signalfd(old, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        }
    }

    static func unblock(_ signals: Set<Int32>) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// The next signal out of a `signalDescriptor`, or nil when there is none.
    static func readSignal(_ descriptor: Int32) throws(PlatformError) -> Int32? {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        let count = try checkNonBlocking("read", "cannot read a signal") { read(descriptor, &information, size) }
        return count == size ? Int32(information.ssi_signo) : nil
    }
}
