import Foundation
import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import RouteOptimization
import Settings

@testable import MobileNode
@testable import Roaming

/// mnd with a nemonetd that only listens, a home agent that says yes and a correspondent, on one event loop and a real
/// socket.
final class Stage {
    static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    static let agent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    static let peer = IPv6Address(high: 0x2001_0db8_000c_0000, low: 0xc)
    static let settings = HomeSettings(
        agents: [agent], address: home, prefixLength: 64, prefixes: [],
        authentication: AuthenticationSettings(spi: 256, key: Array(repeating: 7, count: 16)))
    static let uplinks = [
        UplinkSettings(interface: "eth0", metric: 10), UplinkSettings(interface: "wlan0", type: .wlan, metric: 20),
    ]

    let loop: EventLoop
    /// The routes that nemonetd holds when it is asked.
    var heldRoutes: [MobilitySocketMessage] = []
    /// Whether the correspondent answers.
    var peerAnswers = true
    private(set) var messages: [MobilitySocketMessage] = []
    private var reports: [String: UplinkReport] = [:]
    private var agent: HomeAgentMachine
    private(set) var correspondent: CorrespondentMachine
    private var server: MobilitySocketServer
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sock").path

    init(_ configuration: CorrespondentConfiguration = .init(addresses: [Stage.peer])) throws {
        loop = try EventLoop()
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        let association = try MobilitySecurityAssociation(
            securityParameterIndex: 256, key: try SharedKey(Array(repeating: 7, count: 16)))
        agent = HomeAgentMachine(
            HomeAgentConfiguration(
                addresses: [Self.agent], prefixes: [IPv6Prefix(Self.agent, length: 64)],
                nodes: [HomeNode(homeAddress: Self.home, prefixes: [], authentication: .association(association))]))
        correspondent = CorrespondentMachine(configuration, secret: try Self.secret())
        try listen()
    }

    deinit { server.close() }

    private static func secret() throws -> NodeSecret { try NodeSecret(RandomBytes.make(NodeSecret.octetCount)) }

    private func listen() throws {
        server.onRequest = { [unowned self] client, message in
            switch message {
            case .dump(.routes): return .success(heldRoutes)
            case .dump(.registrations): return .success([])
            case .dump(.uplinks): return .success(reports.values.map { .uplinkReport($0) })
            case .mobilitySend(let datagram): carry(datagram, from: client)
            default: break
            }
            messages.append(message)
            return .success([])
        }
        try server.listen(path: path)
    }

    /// Takes a Mobility Header to the home agent or the correspondent, and their answers back.
    private func carry(_ datagram: MobilityDatagram, from client: MobilitySocketServer.Client) {
        let envelope = MobilityEnvelope(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, message: datagram.message)
        if datagram.destination == Self.agent {
            let time = NTPTimestamp(rawValue: WallClock.ntp())
            for case .send(let answer) in agent.handle(.messageReceived(envelope, wallClock: time), at: loop.now) {
                notify(answer)
            }
        } else if peerAnswers {
            tellCorrespondent(.messageReceived(envelope))
        }
    }

    /// Lets something happen to the correspondent; its messages reach the mobile node.
    func tellCorrespondent(_ event: CorrespondentMachine.Event) {
        for action in correspondent.handle(event, at: loop.now) {
            switch action {
            case .send(let answer): notify(answer)
            case .drawSecret: if let secret = try? Self.secret() { tellCorrespondent(.secret(secret)) }
            default: break
            }
        }
    }

    /// The correspondent has forgotten everything.
    func restartCorrespondent() throws {
        correspondent = CorrespondentMachine(correspondent.configuration, secret: try Self.secret())
    }

    private func notify(_ envelope: MobilityEnvelope) {
        var datagram = MobilityDatagram(
            source: envelope.source, destination: envelope.destination, routingHeader: envelope.routingHeader,
            message: envelope.message)
        // Nothing but a Home Test goes to the home address while the node is away.
        datagram.throughTunnel = envelope.destination == Self.home
        notify(.mobilityReceived(datagram))
    }

    func notify(_ message: MobilitySocketMessage) {
        for client in server.clients { server.send(message, to: client.identifier) }
    }

    func hint(_ peer: IPv6Address = Stage.peer) { notify(.routeHint(homeAddress: Self.home, peer: peer)) }

    /// nemonetd dies and comes back.
    func restart() throws {
        server.close()
        try loop.run(for: .milliseconds(20))
        messages = []
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        try listen()
    }

    func mnd(
        _ settings: RouteOptimizationSettings = .init(), _ bindings: PolicySettings.Bindings = .single
    ) throws -> RoamingNode {
        let client = MobilitySocketClient(
            loop: loop, path: path, hello: Hello(role: .mobileNode, processIdentifier: 1),
            subscriptions: [.uplinks, .mobility])
        let node = RoamingNode(
            loop: loop, client: client, homes: [Self.settings], uplinks: Self.uplinks,
            policy: PolicySettings(bindings: bindings),
            furtherCounters: RouteOptimizationCounter.allCases.map(\.rawValue), log: Logger())
        node.companion = RouteOptimizer(
            settings, secret: try CookieSecret(RandomBytes.make(CookieSecret.octetCount)), context: node.context)
        try node.start()
        return node
    }

    /// mnd with a route to the peer over eth0.
    func optimised(
        _ settings: RouteOptimizationSettings = .init(), _ bindings: PolicySettings.Bindings = .single
    ) throws -> RoamingNode {
        report("eth0", .up)
        let mnd = try mnd(settings, bindings)
        try run { isRegistered }
        hint()
        try run { direct.count == 1 }
        return mnd
    }

    static func careOf(_ index: UInt32) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_00a0_0000 + UInt64(index) << 16, low: 7)
    }

    /// The detector reports: eth0 has index 1, wlan0 index 2. On the home link it has an address of there.
    func report(_ name: String, _ state: UplinkReport.State, atHome: Bool = false) {
        let index: UInt32 = name == "eth0" ? 1 : 2
        var address = Self.careOf(index)
        if atHome { address = IPv6Address(high: Self.home.high, low: 0x77) }
        let report = UplinkReport(
            interfaceIndex: index, name: name, type: "ethernet", state: state,
            careOfCandidates: [
                .init(address: address, prefixLength: 64, flags: [], preferredLifetime: 600, validLifetime: 600)
            ], mtu: 1500, metric: 0)
        reports[name] = report
        server.broadcast(.uplinkReport(report), to: .uplinks)
    }

    var isRegistered: Bool {
        messages.contains { message in
            if case .registrationAdd(let entry) = message {
                entry.state == .registered && entry.forwards
            } else {
                false
            }
        }
    }

    /// What nemonetd was told last of each peer.
    var routes: [IPv6Address: RouteEntry] {
        var entries: [IPv6Address: RouteEntry] = [:]
        for message in messages {
            switch message {
            case .routeAdd(let entry): entries[entry.peer] = entry
            case .routeDelete(_, let peer): entries[peer] = nil
            case .routeFlush: entries = [:]
            default: break
            }
        }
        return entries
    }

    /// Those of them that it is to send by.
    var direct: [IPv6Address: RouteEntry] { routes.filter(\.value.forwards) }

    /// The peers that are left alone, as nemonetd was told.
    var rests: [IPv6Prefix: RestingPeerEntry.Reason] {
        var entries: [IPv6Prefix: RestingPeerEntry.Reason] = [:]
        for message in messages {
            switch message {
            case .restingPeer(let entry): entries[entry.prefix] = entry.reason
            case .restingPeerDelete(let prefix): entries[prefix] = nil
            default: break
            }
        }
        return entries
    }

    /// What was sent to the peer, in order.
    var sent: [MobilityDatagram] {
        messages.compactMap { if case .mobilitySend(let datagram) = $0 { datagram } else { nil } }
            .filter { $0.destination == Self.peer }
    }
    var updates: [BindingUpdate] {
        sent.compactMap { datagram in
            guard case .bindingUpdate(let update)? = try? MobilityHeader.parse(datagram.message.span.bytes) else {
                return nil
            }
            return update
        }
    }
    var events: [String] { messages.compactMap { if case .event(let event) = $0 { event.event } else { nil } } }

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
