import MobilityWire
import Platform

@testable import MobilitySocket

/// A server and clients on one event loop, joined by pairs of sockets.
final class Bench {
    let loop: EventLoop
    let server: MobilitySocketServer
    var requests: [(role: Role, message: MobilitySocketMessage)] = []
    var greeted: [Hello] = []
    var gone: [Role] = []
    var refused: [MobilitySocketError] = []

    init() throws {
        loop = try EventLoop()
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        server.onHello = { [unowned self] client in
            greeted.append(client.hello)
            return nil
        }
        server.onRequest = { [unowned self] client, message in
            requests.append((client.role, message))
            return .success([])
        }
        server.onGone = { [unowned self] in gone.append($0.role) }
        server.onRefused = { [unowned self] _, error in refused.append(error) }
    }

    /// A client whose other end the server has accepted.
    func client(
        _ role: Role, name: String? = nil, subscriptions: [MobilitySocketMessage.Table] = []
    ) throws -> MobilitySocketClient {
        let (near, far) = try UnixSeqpacketConnection.pair()
        server.accept(far)
        let client = MobilitySocketClient(
            loop: loop, path: "/nonexistent", hello: Hello(role: role, processIdentifier: 1, name: name),
            subscriptions: subscriptions)
        client.use(near)
        return client
    }

    /// A bare connection to the server, to send it what no client would.
    func connection() throws -> UnixSeqpacketConnection {
        let (near, far) = try UnixSeqpacketConnection.pair()
        server.accept(far)
        return near
    }

    /// Turns the loop until `condition` holds, for ten seconds at most; tells whether it does.
    @discardableResult
    func run(until condition: () -> Bool) throws -> Bool {
        let deadline = loop.now + .seconds(10)
        while !condition(), loop.now < deadline { try loop.run(for: .milliseconds(2)) }
        return condition()
    }
}
