import MobilityWire
public import Platform

/// The listening side of the mobility socket, in nemonetd.
///
/// It introduces clients, checks what they may say, answers requests, keeps subscriptions and never waits for a slow
/// reader. What the messages mean is up to the closures, which are called on the event loop's thread.
public final class MobilitySocketServer {
    /// Names one connection for as long as the server lives.
    public struct ClientIdentifier: Hashable, Sendable {
        let number: UInt64
    }

    /// A client that has said hello.
    public struct Client: Sendable {
        public let identifier: ClientIdentifier
        /// The process at the other end, from the kernel.
        public let peer: UnixSeqpacketConnection.Peer
        public let hello: Hello
        public var role: Role { hello.role }
    }

    /// Connections at one time. A node has at most six programs; the rest are consoles.
    public static let connectionLimit = 64
    /// Connections of users that can only be monitors: they cannot keep the protocol's programs out.
    public static let monitorLimit = 32

    /// A client said hello, or said it again (with other addresses after a reload): from now on it announces what it
    /// has. An error refuses it.
    public var onHello: (Client) -> MobilitySocketError? = { _ in nil }
    /// A request that the sender may make: the entries of a dump; nothing for every other message.
    public var onRequest: (Client, MobilitySocketMessage) -> Result<[MobilitySocketMessage], MobilitySocketError> = {
        _, _ in .failure(MobilitySocketError(.notSupported, ""))
    }
    /// Whether a request is dealt with when everything else has been that came in the same packet.
    public var comesLast: (MobilitySocketMessage, Role) -> Bool = { _, _ in false }
    /// A client that had said hello has gone.
    public var onGone: (Client) -> Void = { _ in }
    /// For the log: a refused request and its sender's role, if it has one.
    public var onRefused: (Role?, MobilitySocketError) -> Void = { _, _ in }
    /// For the counters: a client was too slow, and what waited for it was dropped.
    public var onOverrun: (Role) -> Void = { _ in }

    private let loop: EventLoop
    private let permissions: Permissions
    private var listener: UnixSeqpacketListener?
    private var sessions: [ClientIdentifier: ClientSession] = [:]
    private var lastIdentifier: UInt64 = 0

    /// - Parameter protocolUsers: The users (numbers) besides root that may play a role of the protocol; include the
    ///   daemon's own.
    public init(loop: EventLoop, protocolUsers: Set<UInt32> = []) {
        self.loop = loop
        permissions = Permissions(protocolUsers: protocolUsers.union([0]))
    }

    /// Listens at `path`. Everybody may connect and look unless `mode` says otherwise.
    public func listen(path: String, mode: UInt32 = 0o666) throws(PlatformError) {
        let listener = try UnixSeqpacketListener(path: path, mode: mode)
        try listener.start(on: loop) { [weak self] in self?.accept($0) }
        self.listener = listener
    }

    /// Ends every connection and removes the socket's file.
    public func close() {
        listener?.close()
        listener = nil
        for session in sessions.values {
            session.flush()
            session.connection.close()
        }
        sessions = [:]
    }

    /// Those that have said hello, in the order in which they connected.
    public var clients: [Client] {
        sessions.values.compactMap(\.client).sorted { $0.identifier.number < $1.identifier.number }
    }

    /// Sends a notification to every subscriber of the table.
    ///
    /// - Parameter sender: The client whose request caused it, which knows already.
    public func broadcast(
        _ message: MobilitySocketMessage, to table: MobilitySocketMessage.Table, except sender: ClientIdentifier? = nil
    ) {
        let listeners = sessions.values.filter { $0.subscriptions.contains(table) && $0.identifier != sender }
        guard !listeners.isEmpty, let octets = encode(.notification(message)) else { return }
        for session in listeners { notify(session, octets) }
    }

    /// Whether anybody hears of changes of one of the tables.
    public func hasSubscribers(of tables: Set<MobilitySocketMessage.Table>) -> Bool {
        sessions.values.contains { !$0.subscriptions.isDisjoint(with: tables) }
    }

    /// Sends a message to one client; it is lost if the client has gone.
    public func send(_ message: MobilitySocketMessage, to identifier: ClientIdentifier) {
        guard let session = sessions[identifier], let octets = encode(.notification(message)) else { return }
        notify(session, octets)
    }

    private func notify(_ session: ClientSession, _ octets: [UInt8]) {
        let overruns = session.queue.overruns
        session.queue.append(notification: octets)
        if session.queue.overruns != overruns, let role = session.hello?.role { onOverrun(role) }
        if session.queue.isWorthAPacket { return session.flush() }
        // What else the present handler has to tell goes into the same packet.
        guard !session.isToBeFlushed else { return }
        session.isToBeFlushed = true
        loop.soon { [weak session] in session?.flush() }
    }

    /// Takes a connection that something else accepted; tests use a pair.
    public func accept(_ connection: UnixSeqpacketConnection) {
        guard sessions.count < Self.connectionLimit, admits(user: connection.peer.uid) else {
            connection.close()
            return
        }
        lastIdentifier += 1
        let session = ClientSession(identifier: ClientIdentifier(number: lastIdentifier), connection: connection)
        do throws(PlatformError) {
            try connection.start(
                on: loop,
                onMessage: { [weak self, weak session] packet in
                    if let self, let session { self.receive(packet, from: session) }
                },
                onClose: { [weak self, weak session] in
                    if let self, let session { self.remove(session) }
                })
        } catch {
            connection.close()
            return
        }
        connection.onDrained = { [weak session] in session?.flush() }
        sessions[session.identifier] = session
    }
}

// MARK: - Requests

extension MobilitySocketServer {
    private func admits(user: UInt32) -> Bool {
        if permissions.mayPlay(.detector, user: user) { return true }
        let monitors = sessions.values.count { !permissions.mayPlay(.detector, user: $0.connection.peer.uid) }
        return monitors < Self.monitorLimit
    }

    private func receive(_ packet: [UInt8], from session: ClientSession) {
        let frames: [MobilitySocketFrame]
        do throws(MobilitySocketError) {
            frames = try MobilitySocketFrame.decode(packet)
        } catch {
            // Without frames there is nobody to answer, and what follows would be no better.
            onRefused(session.hello?.role, error)
            session.connection.close()
            remove(session)
            return
        }
        var last: [MobilitySocketFrame] = []
        for frame in frames where session.connection.isOpen {
            if case .message(let message) = frame.content, let role = session.hello?.role, comesLast(message, role) {
                last.append(frame)
            } else {
                handle(frame, from: session)
            }
        }
        for frame in last where session.connection.isOpen { handle(frame, from: session) }
        session.flush()
    }

    private func handle(_ frame: MobilitySocketFrame, from session: ClientSession) {
        switch frame.content {
        case .message(let message): answer(frame, with: perform(message, for: session), to: session)
        case .malformed(let error): answer(frame, with: .failure(error), to: session)
        // A client has nothing to acknowledge.
        case .acknowledgement, .refusal, .done, .overrun: break
        }
    }

    private func perform(
        _ message: MobilitySocketMessage, for session: ClientSession
    ) -> Result<[MobilitySocketMessage], MobilitySocketError> {
        if let refusal = permissions.refusal(
            of: message, from: session.hello, user: session.connection.peer.uid)
        {
            return .failure(refusal)
        }
        switch message {
        case .hello(var hello):
            if !permissions.mayBeNamed(user: session.connection.peer.uid) { hello.name = nil }
            let client = Client(identifier: session.identifier, peer: session.connection.peer, hello: hello)
            if let refusal = onHello(client) { return .failure(refusal) }
            session.hello = hello
            return .success([])
        case .subscribe(let tables):
            session.subscriptions.formUnion(tables)
            return .success([])
        default:
            guard let client = session.client else { return .failure(MobilitySocketError(.notPermitted, "")) }
            return onRequest(client, message)
        }
    }

    private func answer(
        _ request: MobilitySocketFrame, with result: Result<[MobilitySocketMessage], MobilitySocketError>,
        to session: ClientSession
    ) {
        switch result {
        case .success(let entries):
            if case .message(.dump) = request.content {
                session.queue.append(dump: entries, sequence: request.sequence)
            } else if request.flags.contains(.acknowledge),
                let octets = encode(
                    MobilitySocketFrame(sequence: request.sequence, flags: .capped, content: .acknowledgement))
            {
                session.queue.append(answer: octets)
            }
        case .failure(let error):
            onRefused(session.hello?.role, error)
            // As in netlink, an error is told whether or not an acknowledgement was asked for.
            if let octets = encode(MobilitySocketFrame(sequence: request.sequence, content: .refusal(error))) {
                session.queue.append(answer: octets)
            }
        }
    }

    private func encode(_ frame: MobilitySocketFrame) -> [UInt8]? {
        do throws(MobilitySocketError) {
            return try frame.encoded()
        } catch {
            onRefused(nil, error)
            return nil
        }
    }

    private func remove(_ session: ClientSession) {
        guard sessions.removeValue(forKey: session.identifier) != nil else { return }
        if let client = session.client { onGone(client) }
    }
}
