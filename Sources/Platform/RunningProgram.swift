import CLinux
import Glibc
public import MobilityWire

/// Another program, run without waiting for it.
public final class RunningProgram {
    /// What came of it.
    public struct Outcome: Hashable, Sendable {
        /// The exit status, or 128 and the number of the signal that ended it.
        public var status: Int32
        /// What it wrote to standard error, and to standard output where that is not a line, up to 64 KiB.
        public var output: String
        /// Whether it was ended because it took too long.
        public var isOverdue: Bool
    }

    /// How long a program has for its farewell.
    private static let grace = Instant.Span.seconds(3)

    private let child: pid_t
    /// What signals are sent to: the program, or it and all that it started.
    private let addressee: pid_t
    private let handle: Descriptor
    private var words: ProgramOutput
    private var listening: EventLoop.Watch?
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    private var timer: EventLoop.Timer?
    private var isOverdue = false
    private var finished: ((Outcome) -> Void)?
    /// Itself, as long as it was abandoned and has not ended.
    private var abandoned: RunningProgram?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - name: Its name, looked for where system programs are, or its path.
    ///   - environment: `NAME=value`, besides PATH and LC_ALL.
    ///   - leadsGroup: Whether what it started is made to end with it.
    ///   - line: A terminal that is to be its standard input and output; else it has nothing to read.
    ///   - limit: After so long it is told to end, and soon after made to.
    ///   - finished: Called in the loop when it has ended, unless `abandon` was called before.
    public init(
        _ name: String, _ arguments: [String], environment: [String] = [], line: String? = nil,
        leadsGroup: Bool = false,
        limit: Instant.Span, on loop: EventLoop, finished: @escaping (Outcome) -> Void
    ) throws(PlatformError) {
        let path = name.hasPrefix("/") ? name : try Program.find(name)
        words = try ProgramOutput()
        if let line {
            // A line without a carrier would keep us waiting.
            let terminal = try Syscalls.open(line, O_RDWR | O_NOCTTY | O_NONBLOCK)
            let flags = fcntl(terminal.number, F_GETFL)
            try Syscalls.check("fcntl", "cannot use \(line)") { fcntl(terminal.number, F_SETFL, flags & ~O_NONBLOCK) }
            child = try Program.spawn(
                path, [name] + arguments, environment: environment, leadsGroup: leadsGroup, input: terminal.number,
                output: terminal.number, error: words.inlet)
        } else {
            let nothing = try Syscalls.open("/dev/null", O_RDONLY)
            child = try Program.spawn(
                path, [name] + arguments, environment: environment, leadsGroup: leadsGroup, input: nothing.number,
                output: words.inlet, error: words.inlet)
        }
        words.closeInlet()
        let child = child
        addressee = leadsGroup ? -child : child
        do throws(PlatformError) {
            handle = Descriptor(
                owning: try Syscalls.check("pidfd_open", "cannot watch \(name)") { linux_process_descriptor(child) })
        } catch {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            throw error
        }
        self.loop = loop
        self.finished = finished
        watch = try loop.watch(handle.number, read: { [unowned self] in end() })
        listening = try loop.watch(words.source, read: { [unowned self] in listen() })
        timer = loop.timer(after: limit) { [unowned self] in
            isOverdue = true
            kill(addressee, SIGTERM)
            timer = loop.timer(after: Self.grace) { [unowned self] in kill(addressee, SIGKILL) }
        }
    }

    /// Makes it end at once, and forgets it. Does not wait for that: who hangs in a driver ends only when the driver lets go.
    public func abandon() {
        guard watch != nil, abandoned == nil else { return }
        kill(addressee, SIGKILL)
        timer?.cancel()
        finished = nil
        abandoned = self
    }

    private func listen() {
        guard !words.take() else { return }
        listening?.cancel()
        listening = nil
    }

    private func clear() {
        watch?.cancel()
        watch = nil
        listening?.cancel()
        listening = nil
        timer?.cancel()
        finished = nil
        abandoned = nil
    }

    private func end() {
        var status: Int32 = 0
        guard waitpid(child, &status, WNOHANG) == child else { return }
        // It may have gone and left others.
        if isOverdue, addressee < 0 { kill(addressee, SIGKILL) }
        let signal = status & 0x7f
        // What is left. Others that it started may go on and on.
        _ = words.take()
        let outcome = Outcome(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: words.text, isOverdue: isOverdue)
        let finished = finished
        clear()
        finished?(outcome)
    }
}
