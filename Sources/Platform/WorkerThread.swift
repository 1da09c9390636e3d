import CLinux
import Glibc

/// A thread of the operating system, for an event loop or a packet queue of its own.
public final class WorkerThread: Sendable {
    private let thread: pthread_t

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts `body` in a new thread, which receives no signals. `name` is what `ps` and `top` show, up to 15 octets.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(PlatformError) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var everything = sigset_t()
        var before = sigset_t()
        sigfillset(&everything)
        pthread_sigmask(SIG_BLOCK, &everything, &before)
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                linux_set_thread_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard error == 0 else {
            start.release()
            throw PlatformError(call: "pthread_create", errno: error, detail: "cannot start thread \(name)")
        }
        self.thread = thread
    }

    /// Waits until the thread has ended. Call it once at most.
    public func join() { pthread_join(thread, nil) }

    /// How many processors this program may use, at least one.
    public static var processors: Int { max(1, Int(linux_usable_processors())) }

    /// Lets the calling thread rest for about so many microseconds. The corresponding C function is `usleep`.
    public static func rest(microseconds: UInt32) { usleep(microseconds) }
}
