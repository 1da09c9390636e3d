public import MobilityWire
public import Platform

/// A connection to nemonetd for a program that asks a question, waits and ends, such as shisactl.
public final class BlockingMobilitySocketClient {
    /// How long an answer may take.
    public static let patience = Instant.Span.seconds(5)

    private let loop: EventLoop
    private let role: Role
    private let connection: UnixSeqpacketConnection
    private var sequence: UInt32 = 0
    private var frames: [MobilitySocketFrame] = []
    private var notifications: [MobilitySocketMessage] = []
    private var hasSaidHello = false
    private var isClosed = false

    /// Connects and says hello. Throws `notConnected` when nemonetd does not run.
    public convenience init(path: String, role: Role = .monitor) throws(MobilitySocketError) {
        do throws(PlatformError) {
            try self.init(connection: try UnixSeqpacketConnection.connect(path: path), role: role)
        } catch {
            throw MobilitySocketError(.notConnected, "\(error)")
        }
    }

    /// Says hello on a connection that is there already. Throws the platform's error when no event loop can be made.
    public init(connection: UnixSeqpacketConnection, role: Role) throws(PlatformError) {
        loop = try EventLoop()
        self.connection = connection
        self.role = role
        try connection.start(
            on: loop, onMessage: { [unowned self] in receive($0) }, onClose: { [unowned self] in close() })
    }

    /// All entries of a table.
    public func dump(
        _ table: MobilitySocketMessage.Table
    ) throws(MobilitySocketError) -> [MobilitySocketMessage] {
        try sayHello()
        return try exchange(.dump(table))
    }

    /// Sends a request and waits until it is acknowledged; throws what nemonetd answers otherwise.
    public func request(_ message: MobilitySocketMessage) throws(MobilitySocketError) {
        try sayHello()
        _ = try exchange(message)
    }

    public func subscribe(_ tables: [MobilitySocketMessage.Table]) throws(MobilitySocketError) {
        try request(.subscribe(tables))
    }

    /// The next notification of what was subscribed to; nil when none came in time.
    ///
    /// - Parameter span: How long to wait; nil for ever.
    public func next(within span: Instant.Span? = nil) throws(MobilitySocketError) -> MobilitySocketMessage? {
        let deadline = span.map { loop.now + $0 }
        while true {
            for frame in frames {
                if case .message(let message) = frame.content { notifications.append(message) }
            }
            frames.removeAll(keepingCapacity: true)
            if !notifications.isEmpty { return notifications.removeFirst() }
            if let deadline, deadline <= loop.now { return nil }
            try wait(until: deadline)
        }
    }
}

extension BlockingMobilitySocketClient {
    private func sayHello() throws(MobilitySocketError) {
        guard !hasSaidHello else { return }
        _ = try exchange(.hello(Hello(role: role, processIdentifier: ProcessIdentity.processIdentifier)))
        hasSaidHello = true
    }

    private func exchange(_ message: MobilitySocketMessage) throws(MobilitySocketError) -> [MobilitySocketMessage] {
        sequence &+= 1
        connection.send(try MobilitySocketFrame.request(message, sequence: sequence).encoded())
        var entries: [MobilitySocketMessage] = []
        let deadline = loop.now + Self.patience
        while true {
            let arrived = frames
            frames = []
            for (index, frame) in arrived.enumerated() {
                guard frame.sequence == sequence else {
                    if case .message(let message) = frame.content { notifications.append(message) }
                    continue
                }
                switch frame.content {
                case .message(let entry): entries.append(entry)
                case .done, .acknowledgement:
                    frames = Array(arrived[(index + 1)...])
                    return entries
                case .refusal(let error), .malformed(let error): throw error
                case .overrun: break
                }
            }
            if loop.now >= deadline { throw MobilitySocketError(.timedOut, "nemonetd does not answer") }
            try wait(until: deadline)
        }
    }

    private func wait(until deadline: Instant?) throws(MobilitySocketError) {
        guard !isClosed else { throw MobilitySocketError(.notConnected, "nemonetd closed the connection") }
        do throws(PlatformError) {
            if let deadline {
                try loop.run(for: deadline - loop.now)
            } else {
                try loop.run()
            }
        } catch {
            throw MobilitySocketError(.notConnected, "\(error)")
        }
    }

    private func receive(_ packet: [UInt8]) {
        do throws(MobilitySocketError) {
            frames += try MobilitySocketFrame.decode(packet)
        } catch {
            close()
        }
        loop.stop()
    }

    private func close() {
        isClosed = true
        connection.close()
        loop.stop()
    }
}
