import Console
import Glibc
import Logging
import MobilitySocket
import MobilityWire
import Platform
import Settings

/// Runs the hooks for what happens: a monitor on the mobility socket, so that none of the programs that parse what
/// strangers send runs others.
///
///     events → queue → one hook after another, with SHISA_EVENT, SHISA_UPLINK, SHISA_DETAIL and more
final class EventHooks: Daemon {
    /// Events that wait for the hooks of those before them; what comes on top is left out.
    static let queueLimit = 64
    /// How long a hook may take.
    static let timeLimit = Instant.Span.seconds(10)

    /// Characters of what a hook prints that go to the log.
    private static let wordsLimit = 200

    /// Events that were left out, all in all.
    private(set) var dropped = 0

    /// Events that hooks were looked for, all in all.
    private(set) var taken = 0

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let folder: HookFolder
    private let limit: Instant.Span
    private let log: Logger
    private var queue: [EventRecord] = []
    /// Left out since the last event that was taken.
    private var missing = 0
    /// What is under way: an event, and the hooks that have not had it.
    private var current: (event: EventRecord, missing: Int, hooks: [String])?
    private var running: RunningProgram?

    init(
        loop: EventLoop, socket: String, folder: String, limit: Instant.Span = EventHooks.timeLimit, log: Logger
    ) {
        self.loop = loop
        self.log = log
        self.limit = limit
        self.folder = HookFolder(folder, log: log)
        client = MobilitySocketClient(
            loop: loop, path: socket,
            hello: Hello(
                role: .monitor, processIdentifier: ProcessIdentity.processIdentifier,
                name: ProgramDescription.shisahooks.name),
            subscriptions: [.events])
        client.onMessage = { [unowned self] in if case .event(let event) = $0 { take(event) } }
        client.onConnected = { [unowned self] in self.log.info("connected to nemonetd") }
        client.onDisconnected = { [unowned self] in self.log.warning("nemonetd is gone; waiting for it") }
        client.onUnreachable = { [unowned self] in
            self.log.notice("nemonetd cannot be reached, waiting for it: \($0)")
        }
        client.onRefused = { [unowned self] in self.log.error("nemonetd refused: \($0)") }
        client.onOverrun = { [unowned self] in drop() }
    }

    func start() throws(PlatformError) {
        let count = folder.hooks.count
        log.info("\(count) \(count == 1 ? "hook" : "hooks") in \(folder.path)")
        client.start()
    }

    func reload(_ settings: ShisaSettings) throws(DaemonError) { folder.forget() }

    func publish(_ event: String, _ detail: String) { client.tell(event, detail) { [log] in log.info("\($0)") } }

    /// A hook that runs is ended.
    func stop(_ finished: @escaping () -> Void) {
        queue = []
        current = nil
        running?.abandon()
        running = nil
        client.stop()
        finished()
    }

    private func take(_ event: EventRecord) {
        guard queue.count < Self.queueLimit else { return drop() }
        queue.append(event)
        if current == nil { next() }
    }

    private func drop() {
        if missing == 0 { log.warning("hooks are slower than what happens: events are left out") }
        missing += 1
        dropped += 1
    }

    /// The next hook of this event, or the first of the next event.
    private func next() {
        running = nil
        while current?.hooks.isEmpty ?? true {
            guard !queue.isEmpty else {
                current = nil
                return
            }
            // Looked at anew each time: a hook that was put there a moment ago is wanted.
            current = (queue.removeFirst(), missing, folder.hooks)
            missing = 0
            taken += 1
        }
        guard var work = current else { return }
        let hook = work.hooks.removeFirst()
        current = work
        do throws(PlatformError) {
            running = try RunningProgram(
                hook, [], environment: environment(of: work.event, missing: work.missing), leadsGroup: true,
                limit: limit, on: loop
            ) { [unowned self] in
                tell(hook, $0)
                next()
            }
        } catch {
            log.warning("\(hook) cannot be run: \(error)\(Self.advice(error))")
            loop.soon { [weak self] in self?.next() }
        }
    }

    /// What to do about a script that the kernel does not run. One that an editor of Windows wrote names a program whose
    /// name ends in a carriage return, which is not there either.
    private static func advice(_ error: PlatformError) -> String {
        switch error.errno {
        case ENOEXEC: "; a script begins with #!/bin/sh"
        case ENOENT: "; the program that its first line names has to be there, and no carriage return behind it"
        default: ""
        }
    }

    private func environment(of event: EventRecord, missing: Int) -> [String] {
        // The clock on the wall may have been set since: what counts is how long ago it was.
        let age = Double(max(0, (loop.now - event.time).milliseconds)) / 1000
        return [
            "SHISA_EVENT=\(event.event)", "SHISA_PROGRAM=\(event.program)", "SHISA_UPLINK=\(event.uplink)",
            "SHISA_TIME=\(Int64(WallClock.seconds() - age))", "SHISA_UPTIME=\(event.time.milliseconds)",
            "SHISA_DETAIL=\(event.detail)", "SHISA_DROPPED=\(missing)",
        ]
    }

    private func tell(_ hook: String, _ outcome: RunningProgram.Outcome) {
        let words =
            outcome.output.split(separator: "\n").last.map { String($0.prefix(Self.wordsLimit)) } ?? "it says nothing"
        if outcome.isOverdue {
            log.warning("\(hook) took longer than \(limit.milliseconds / 1000) s and was ended: \(words)")
        } else if outcome.status != 0 {
            log.warning("\(hook) ended with status \(outcome.status): \(words)")
        } else {
            log.debug("\(hook): \(words)")
        }
    }
}
