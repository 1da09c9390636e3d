public import Logging
public import MobilityWire
import Synchronization

/// A file in which what a program knows outlives it: written soon after a change, whole and atomically. What to write is
/// gathered a little at a time and written on a thread of its own, so that no packet waits for it.
///
/// What changed in the last moment before a crash is lost: `gathering`, or after a write the pause that keeps writing
/// below a twentieth of the time.
public final class StateFile {
    /// The wait for more changes to write at once.
    public static let gathering = Instant.Span.milliseconds(50)
    /// The least time between two writes, which spares media that wear.
    public static let leastInterval = Instant.Span.seconds(1)
    /// The pause after a write is this many times as long as it took.
    private static let restFactor: Int64 = 20
    /// Holds two million bindings of a home agent.
    private static let sizeLimit = 1 << 29

    /// Makes the octets, on any thread.
    public typealias Octets = @Sendable () -> [UInt8]

    public let path: String
    /// What a failure means and how to get around it, for the log.
    private let advice: (loss: String, remedy: String)
    private let loop: EventLoop
    private let log: Logger
    /// Begins to gather what to write: each call takes some of it, until one gives what makes the octets.
    private let begin: () -> () -> Octets?
    private var timer: EventLoop.Timer?
    private var writer: Writer?
    private var waker: Waker?
    private var nextWrite: Instant
    /// Whether the last write failed, which was said once.
    private var hasFailed = false
    public private(set) var writes = 0

    private final class Writer: Sendable {
        let started: Instant
        let outcome = Mutex<Result<Void, PlatformError>?>(nil)
        let thread = Mutex<WorkerThread?>(nil)

        init(started: Instant) { self.started = started }
    }

    /// - Parameters:
    ///   - advice: What is lost while the file cannot be written, as a sentence without its end, and what to do then.
    ///   - begin: Begins to gather what to write: each call of what it gives takes some of it, until one gives what makes
    ///     the octets.
    public init(
        path: String, advice: (loss: String, remedy: String), loop: EventLoop, log: Logger,
        begin: @escaping () -> () -> Octets?
    ) {
        self.path = path
        self.advice = advice
        self.loop = loop
        self.log = log
        self.begin = begin
        nextWrite = loop.now
    }

    /// What the file holds; nil if there is none, or it cannot be read, which is logged.
    public func read() -> [UInt8]? {
        guard Files.exists(path) else { return nil }
        do throws(PlatformError) {
            return try Files.read(path, limit: Self.sizeLimit)
        } catch {
            log.warning("cannot read the state file, going on without it: \(error)")
            return nil
        }
    }

    /// Something changed that the file should have.
    public func noteChange() {
        guard timer == nil, writer == nil else {
            isStale = true
            return
        }
        timer = loop.timer(at: max(loop.now + Self.gathering, nextWrite)) { [weak self] in self?.write() }
    }

    /// Something changed while a write was on its way.
    private var isStale = false

    /// Writes what there is, and waits until it is written.
    public func finish() {
        timer?.cancel()
        timer = nil
        writer?.thread.withLock { $0 }?.join()
        writer = nil
        let gather = begin()
        while true {
            guard let octets = gather() else { continue }
            do throws(PlatformError) { try Self.write(octets(), to: path) } catch { complain(error) }
            return
        }
    }

    private func write() {
        timer = nil
        isStale = false
        let writer = Writer(started: loop.now)
        self.writer = writer
        gather(for: writer, begin())
    }

    private func gather(for writer: Writer, _ take: @escaping () -> Octets?) {
        if let octets = take() { return start(writer, octets) }
        // Packets that came meanwhile have their turn.
        timer = loop.timer(after: .milliseconds(1)) { [weak self] in self?.gather(for: writer, take) }
    }

    private func start(_ writer: Writer, _ octets: @escaping Octets) {
        timer = nil
        do throws(PlatformError) {
            let waker = try wakerOfWriter()
            let path = path
            let thread = try WorkerThread(name: "state file") {
                let outcome: Result<Void, PlatformError>
                do throws(PlatformError) {
                    try Self.write(octets(), to: path)
                    outcome = .success(())
                } catch {
                    outcome = .failure(error)
                }
                writer.outcome.withLock { $0 = outcome }
                waker.wake()
            }
            writer.thread.withLock { $0 = thread }
        } catch {
            self.writer = nil
            nextWrite = loop.now + .seconds(10)
            complain(error)
        }
    }

    private func wakerOfWriter() throws(PlatformError) -> Waker {
        if let waker { return waker }
        let made = try loop.makeWaker { [weak self] in self?.written() }
        waker = made
        return made
    }

    private func written() {
        guard let writer, let outcome = writer.outcome.withLock({ $0 }) else { return }
        writer.thread.withLock { $0 }?.join()
        self.writer = nil
        HeapMemory.returnFreed()
        let duration = loop.now - writer.started
        nextWrite = loop.now + max(Self.leastInterval, duration * Self.restFactor)
        switch outcome {
        case .success:
            writes += 1
            if hasFailed { log.notice("the state file \(path) is written again") }
            hasFailed = false
        case .failure(let error): complain(error)
        }
        if isStale { noteChange() }
    }

    private func complain(_ error: PlatformError) {
        if !hasFailed {
            log.error("\(advice.loss): \(error); \(advice.remedy)")
        }
        hasFailed = true
    }

    /// It is nobody else's business: the file is for its owner alone.
    private static func write(_ octets: [UInt8], to path: String) throws(PlatformError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try Files.makeDirectory(String(path[..<slash]), mode: 0o700)
        }
        try Files.writeAtomically(path, octets, mode: 0o600)
    }
}
