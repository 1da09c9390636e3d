import MobilityWire
public import Platform

/// A program's connection to nemonetd, kept up by the event loop.
///
/// It connects, says hello and subscribes; when nemonetd goes away it tries again until it is back, and says hello anew.
/// The owner announces all that it has in `onConnected`, each time: nothing is kept here across connections.
public final class MobilitySocketClient {
    /// What may wait for a nemonetd that does not read, in octets; beyond it the connection is given up and made anew.
    public static let queueLimit = 64 << 20

    /// Said on every connection. To tell new addresses at once, change it and call `sayHello()`.
    public var hello: Hello
    /// Joined on every connection.
    public let subscriptions: [MobilitySocketMessage.Table]

    /// nemonetd has accepted hello and subscriptions. Whatever this side has is to be announced now.
    public var onConnected: () -> Void = {}
    /// A notification.
    public var onMessage: (MobilitySocketMessage) -> Void = { _ in }
    /// nemonetd dropped notifications since this side was too slow: dump what matters.
    public var onOverrun: () -> Void = {}
    /// The connection that `onConnected` told of is lost.
    public var onDisconnected: () -> Void = {}
    /// nemonetd refused the hello or a subscription, for another reason than the time before, or a message whose sender
    /// asked for no answer.
    public var onRefused: (MobilitySocketError) -> Void = { _ in }
    /// An attempt to connect failed, and for another reason than the one before; for the log.
    public var onUnreachable: (PlatformError) -> Void = { _ in }

    /// Whether hello was accepted; messages sent before it are lost.
    public var isConnected: Bool { connectedAt != nil }

    private let loop: EventLoop
    private let path: String
    private var connection: UnixSeqpacketConnection?
    private var retry: EventLoop.Timer?
    private(set) var pace = RetryPace()
    private var connectedAt: Instant?
    /// Why the last attempt that failed did, as `errno`.
    private var unreachableFor: Int32?
    /// Why nemonetd refused the last hello or subscription: it is asked again every second, and said once.
    private var rejectedFor: MobilitySocketError?
    private var isStopped = true
    private var sequence: UInt32 = 0
    private var waiting: [UInt32: Waiting] = [:]
    /// What leaves when the present handler has returned.
    private var gathered = GatheredFrames()
    private var refusals = RefusalQueue()

    private enum Waiting {
        case acknowledgement((MobilitySocketError?) -> Void)
        case dump([MobilitySocketMessage], (Result<[MobilitySocketMessage], MobilitySocketError>) -> Void)
    }

    public init(
        loop: EventLoop, path: String, hello: Hello, subscriptions: [MobilitySocketMessage.Table] = []
    ) {
        self.loop = loop
        self.path = path
        self.hello = hello
        self.subscriptions = subscriptions
    }

    /// Connects now, and again whenever the connection is lost.
    public func start() {
        isStopped = false
        connect()
    }

    /// Closes the connection for good. Answers that are still out are not called.
    public func stop() {
        isStopped = true
        retry?.cancel()
        flush()
        connection?.close()
        connection = nil
        connectedAt = nil
        waiting = [:]
        refusals = RefusalQueue()
    }

    /// Sends a message; without a connection it is lost and `answer` gets `notConnected`.
    ///
    /// - Parameter answer: Called once, with nil when nemonetd did what was asked. Without it only errors are told, to
    ///   `onRefused`.
    public func send(_ message: MobilitySocketMessage, answer: ((MobilitySocketError?) -> Void)? = nil) {
        guard isConnected else {
            answer?(MobilitySocketError(.notConnected, "not connected to nemonetd"))
            return
        }
        transmit(message, answer: answer)
    }

    /// Tells of something that has happened now to this program itself.
    ///
    /// - Parameter refused: Called when nemonetd does not take it, as from a monitor that has no name there.
    public func tell(_ event: String, _ detail: String, refused: @escaping (MobilitySocketError) -> Void) {
        send(.event(EventRecord(time: loop.now, program: hello.program, event: event, detail: detail))) {
            if let refusal = $0 { refused(refusal) }
        }
    }

    /// Sends a message of which only a refusal matters. Unlike an answer to each, that costs next to nothing however many
    /// there are: one acknowledgement tells of all that were sent together.
    ///
    /// - Parameter refused: Called when nemonetd does not do what was asked; not when the connection is lost, after which
    ///   all is announced anew.
    public func sendInBulk(_ message: MobilitySocketMessage, refused: @escaping (MobilitySocketError) -> Void) {
        guard isConnected else { return }
        sequence &+= 1
        var frame = MobilitySocketFrame.request(message, sequence: sequence)
        frame.flags = .request
        refusals.append(frame.sequence, refused)
        transmit(frame, isGuarded: true)
    }

    /// Asks for all entries of a table.
    public func dump(
        _ table: MobilitySocketMessage.Table,
        answer: @escaping (Result<[MobilitySocketMessage], MobilitySocketError>) -> Void
    ) {
        guard isConnected else {
            answer(.failure(MobilitySocketError(.notConnected, "not connected to nemonetd")))
            return
        }
        sequence &+= 1
        waiting[sequence] = .dump([], answer)
        transmit(.request(.dump(table), sequence: sequence))
    }

    /// Says hello again on the present connection, with what `hello` is now.
    public func sayHello(answer: ((MobilitySocketError?) -> Void)? = nil) { send(.hello(hello), answer: answer) }

    /// Whether everything sent has left this process; at the end of a program worth waiting for.
    public var isFlushed: Bool { connection.map { gathered.isEmpty && $0.queuedOctets == 0 } ?? true }

    /// What waits for nemonetd to read it, in octets.
    public var queuedOctets: Int { connection?.queuedOctets ?? 0 }

    /// Uses a connection that something else made, in place of connecting; tests use a pair.
    public func use(_ connection: UnixSeqpacketConnection) {
        isStopped = false
        begin(connection)
    }
}

// MARK: - The connection

extension MobilitySocketClient {
    private func connect() {
        guard !isStopped, connection == nil else { return }
        do throws(PlatformError) {
            begin(try UnixSeqpacketConnection.connect(path: path, queueLimit: Self.queueLimit))
        } catch {
            tellUnreachable(error)
            retryLater()
        }
    }

    private func tellUnreachable(_ error: PlatformError) {
        guard unreachableFor != error.errno else { return }
        unreachableFor = error.errno
        onUnreachable(error)
    }

    private func retryLater() {
        guard !isStopped else { return }
        retry?.cancel()
        retry = loop.timer(after: pace.next()) { [weak self] in self?.connect() }
    }

    private func begin(_ connection: UnixSeqpacketConnection) {
        self.connection = connection
        do throws(PlatformError) {
            try connection.start(
                on: loop, onMessage: { [weak self] in self?.receive($0) }, onClose: { [weak self] in self?.lose() })
        } catch {
            tellUnreachable(error)
            lose()
            return
        }
        transmit(.hello(hello)) { [weak self] in self?.introduced($0) }
    }

    /// nemonetd has answered hello.
    private func introduced(_ refusal: MobilitySocketError?) {
        guard refusal == nil, !subscriptions.isEmpty else { return begun(refusal) }
        transmit(.subscribe(subscriptions)) { [weak self] in self?.begun($0) }
    }

    private func begun(_ refusal: MobilitySocketError?) {
        if let refusal {
            pace.slowDown()
            if rejectedFor != refusal { onRefused(refusal) }
            rejectedFor = refusal
            lose()
            return
        }
        rejectedFor = nil
        connectedAt = loop.now
        onConnected()
    }

    private func lose() {
        guard let connection else { return }
        connection.close()
        self.connection = nil
        let wasConnected = isConnected
        if let connectedAt { pace.lost(after: loop.now - connectedAt) }
        connectedAt = nil
        let orphans = waiting
        waiting = [:]
        gathered = GatheredFrames()
        refusals = RefusalQueue()
        let error = MobilitySocketError(.notConnected, "nemonetd closed the connection")
        // What was waiting for hello would only repeat this.
        if wasConnected {
            for (_, waiting) in orphans.sorted(by: { $0.key < $1.key }) {
                switch waiting {
                case .acknowledgement(let answer): answer(error)
                case .dump(_, let answer): answer(.failure(error))
                }
            }
            onDisconnected()
        }
        retryLater()
    }
}

// MARK: - Frames

extension MobilitySocketClient {
    private func transmit(_ message: MobilitySocketMessage, answer: ((MobilitySocketError?) -> Void)?) {
        sequence &+= 1
        var frame = MobilitySocketFrame.request(message, sequence: sequence)
        if let answer {
            waiting[sequence] = .acknowledgement(answer)
        } else {
            frame.flags = .request
        }
        transmit(frame)
    }

    /// Puts a frame to those that leave next. All of one handler's leave together: a system call for each would cost more
    /// than making them.
    private func transmit(_ frame: MobilitySocketFrame, isGuarded: Bool = false) {
        guard connection != nil else { return }
        do throws(MobilitySocketError) {
            let octets = try frame.encoded()
            if gathered.isEmpty { loop.soon { [weak self] in self?.flush() } }
            gathered.append(octets, isGuarded: isGuarded)
            if gathered.isFull { flush() }
        } catch {
            finish(frame.sequence, with: error)
        }
    }

    private func flush() {
        guard let packet = gathered.takePacket(), let connection, connection.send(packet) == .full else { return }
        // nemonetd has stood still for very long. A new connection starts with all announced anew; not from inside the
        // owner's call.
        loop.soon { [weak self, weak connection] in
            if let self, self.connection === connection { self.lose() }
        }
    }

    private func receive(_ packet: [UInt8]) {
        do throws(MobilitySocketError) {
            let current = connection
            for frame in try MobilitySocketFrame.decode(packet) {
                handle(frame)
                // A handler may have stopped the client or lost the connection.
                guard connection === current else { return }
            }
        } catch {
            onRefused(error)
            lose()
        }
    }

    private func handle(_ frame: MobilitySocketFrame) {
        switch frame.content {
        case .message(let message):
            guard frame.flags.contains(.multipart) else { return onMessage(message) }
            guard case .dump(var entries, let answer)? = waiting.removeValue(forKey: frame.sequence) else { return }
            // Out of the dictionary while it grows, or every entry would copy the array.
            entries.append(message)
            waiting[frame.sequence] = .dump(entries, answer)
        case .acknowledgement: finish(frame.sequence, with: nil)
        case .refusal(let error): finish(frame.sequence, with: error)
        case .done:
            if case .dump(let entries, let answer)? = waiting.removeValue(forKey: frame.sequence) {
                answer(.success(entries))
            }
        case .overrun: onOverrun()
        case .malformed(let error): onRefused(error)
        }
    }

    private func finish(_ sequence: UInt32, with error: MobilitySocketError?) {
        switch waiting.removeValue(forKey: sequence) {
        case .acknowledgement(let answer): answer(error)
        case .dump(_, let answer): answer(.failure(error ?? MobilitySocketError(.invalid, "a dump acknowledged")))
        case nil:
            guard let error else { return refusals.settle(upTo: sequence) }
            if let refused = refusals.take(sequence) { refused(error) } else { onRefused(error) }
        }
    }
}
