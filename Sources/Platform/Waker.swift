import Glibc

/// Wakes an event loop from another thread.
public final class Waker: Sendable {
    private let descriptor: Descriptor

    fileprivate init() throws(PlatformError) { descriptor = try Syscalls.eventDescriptor() }

    /// Makes the loop call the waker's handler soon; several calls may become one. Any thread may call this.
    public func wake() {
        var one: UInt64 = 1
        _ = write(descriptor.number, &one, 8)
    }

    fileprivate var number: Int32 { descriptor.number }

    fileprivate func drain() {
        var count: UInt64 = 0
        _ = read(descriptor.number, &count, 8)
    }
}

extension EventLoop {
    /// A waker that other threads may hold; `body` runs in this loop after each `wake()`.
    ///
    /// What the threads have to say goes through a queue of your own that both sides lock.
    public func makeWaker(_ body: @escaping () -> Void) throws(PlatformError) -> Waker {
        let waker = try Waker()
        try watch(
            waker.number,
            read: {
                waker.drain()
                body()
            })
        return waker
    }
}
