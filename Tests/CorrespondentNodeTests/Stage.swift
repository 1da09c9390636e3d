import Foundation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import RouteOptimization
import Settings

@testable import CorrespondentNode

/// cnd with a nemonetd that only listens, and a mobile node's messages made by hand, on one event loop and a real socket.
final class Stage {
    static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    static let careOf = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)
    static let correspondent = IPv6Address(high: 0x2001_0db8_000c_0000, low: 0xc)
    static let settings = CorrespondentSettings(addresses: [correspondent])

    let loop: EventLoop
    /// What nemonetd holds when it is asked.
    var held: [MobilitySocketMessage] = []
    /// What nemonetd answers to new bindings.
    var refusal: MobilitySocketError?
    private(set) var messages: [MobilitySocketMessage] = []
    private(set) var greeted: [Hello] = []
    private var server: MobilitySocketServer
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sock").path

    init() throws {
        loop = try EventLoop()
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        try listen()
    }

    deinit { server.close() }

    private func listen() throws {
        server.onHello = { [unowned self] client in
            greeted.append(client.hello)
            return nil
        }
        server.onRequest = { [unowned self] client, message in
            if case .dump = message { return .success(held) }
            if case .hello = message { greeted.append(client.hello) }
            messages.append(message)
            if case .bindingAdd = message, let refusal { return .failure(refusal) }
            return .success([])
        }
        try server.listen(path: path)
    }

    /// nemonetd dies and comes back.
    func restart() throws {
        server.close()
        try loop.run(for: .milliseconds(20))
        messages = []
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        try listen()
    }

    /// - Parameter hasHomeAgent: whether the file has a group home_agent, too.
    func cnd(
        _ settings: CorrespondentSettings = Stage.settings, hasHomeAgent: Bool = false
    ) throws -> CorrespondentNode {
        let client = MobilitySocketClient(
            loop: loop, path: path, hello: Hello(role: .correspondentNode, processIdentifier: 1),
            subscriptions: [.mobility])
        let cnd = CorrespondentNode(
            loop: loop, client: client, configuration: .init(settings, hasHomeAgent: hasHomeAgent),
            secret: try NodeSecret(RandomBytes.make(NodeSecret.octetCount)), log: Logger())
        try cnd.start()
        try run { messages.contains(.bindingSweep) }
        return cnd
    }

    func notify(_ message: MobilitySocketMessage) {
        for client in server.clients { server.send(message, to: client.identifier) }
    }

    func deliver(_ message: [UInt8], from source: IPv6Address, homeAddress: IPv6Address? = nil) {
        notify(
            .mobilityReceived(
                MobilityDatagram(
                    source: source, destination: Self.correspondent, homeAddressOption: homeAddress, message: message)))
    }

    /// What cnd last answered to `address`, and `pick` takes.
    private func answer<Value>(to address: IPv6Address, _ pick: (MobilityMessage) -> Value?) throws -> Value? {
        func find() -> Value? {
            for datagram in sent.reversed() where datagram.destination == address {
                if let message = try? MobilityHeader.parse(datagram.message.span.bytes), let value = pick(message) {
                    return value
                }
            }
            return nil
        }
        try run { find() != nil }
        return find()
    }

    struct Token {
        var index: UInt16
        var token: KeygenToken
    }

    /// A home or care-of test: the index and the token that came back.
    func test(_ address: IPv6Address, cookie: UInt64) throws -> Token? {
        let message: MobilityMessage =
            address == Self.home
            ? .homeTestInit(cookie: cookie, options: []) : .careOfTestInit(cookie: cookie, options: [])
        deliver(message.emit(), from: address)
        return try answer(to: address) { message in
            switch message {
            case .homeTest(let index, cookie, let token, _), .careOfTest(let index, cookie, let token, _):
                Token(index: index, token: KeygenToken(rawValue: token))
            default: nil
            }
        }
    }

    /// A whole exchange; gives the status of the acknowledgement.
    @discardableResult
    func register(
        sequence: UInt16, lifetime: Int64 = 420, flags: BindingUpdate.Flags = [.acknowledge]
    ) throws -> BindingStatus? {
        guard let home = try test(Self.home, cookie: UInt64(sequence)),
            let careOf = try test(Self.careOf, cookie: UInt64(sequence))
        else { return nil }
        let update = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: sequence), flags: flags,
                lifetime: BindingLifetime(seconds: lifetime),
                options: [.nonceIndices(home: home.index, careOf: careOf.index)]))
        let key = BindingManagementKey(homeToken: home.token, careOfToken: lifetime == 0 ? nil : careOf.token)
        deliver(
            key.seal(
                update, careOfAddress: lifetime == 0 ? Self.home : Self.careOf, correspondent: Self.correspondent),
            from: Self.careOf, homeAddress: Self.home)
        return try answer(to: Self.careOf) { message in
            guard case .bindingAcknowledgement(let answer) = message,
                answer.sequenceNumber.rawValue == sequence || answer.status == .sequenceNumberOutOfWindow
            else { return nil }
            return answer.status
        }
    }

    /// A binding that nemonetd holds from before.
    func entry(kind: BindingEntry.Kind = .correspondent) -> BindingEntry {
        var entry = BindingEntry(
            homeAddress: Self.home, careOfAddress: Self.careOf, homeAgentAddress: Self.correspondent, lifetime: 420,
            remainingMilliseconds: 300_000, sequenceNumber: SequenceNumber(rawValue: 100), prefixes: [], mode: .host)
        entry.kind = kind
        return entry
    }

    var bindings: [BindingEntry] { messages.compactMap { if case .bindingAdd(let entry) = $0 { entry } else { nil } } }
    var sent: [MobilityDatagram] {
        messages.compactMap { if case .mobilitySend(let datagram) = $0 { datagram } else { nil } }
    }
    var events: [String] { messages.compactMap { if case .event(let event) = $0 { event.event } else { nil } } }
    var removal: MobilitySocketMessage {
        .bindingDelete(homeAddress: Self.home, bindingIdentifier: nil, correspondent: Self.correspondent)
    }

    /// What the events of a name say.
    func details(_ name: String) -> [String] {
        messages.compactMap { if case .event(let event) = $0, event.event == name { event.detail } else { nil } }
    }
    /// What `shisactl timers` was told last.
    var timers: [String: UInt32] {
        for case .programState(let state) in messages.reversed() {
            return Dictionary(uniqueKeysWithValues: state.timers.map { ($0.name, $0.waiting) })
        }
        return [:]
    }

    func counter(_ name: String) -> UInt64? {
        for case .counters(_, let values) in messages.reversed() {
            return values.first { $0.name == name }?.value
        }
        return nil
    }

    func forget() { messages = [] }

    /// Turns the loop until `condition` holds, for ten seconds at most; tells whether it does.
    @discardableResult
    func run(until condition: () -> Bool) throws -> Bool {
        let deadline = loop.now + .seconds(10)
        while !condition(), loop.now < deadline { try loop.run(for: .milliseconds(2)) }
        return condition()
    }
}
