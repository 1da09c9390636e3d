import Foundation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings

@testable import HomeAgent

/// had with a nemonetd that only listens, on one event loop and a real socket.
final class Stage {
    static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    static let agent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    static let careOf = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)
    static let prefix = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)
    static let settings = HomeAgentSettings(
        addresses: [agent], prefixes: [IPv6Prefix(agent, length: 64)],
        nodes: [HomeAgentNode(address: home, prefixes: [prefix], name: "bus-17")])

    let loop: EventLoop
    var settings = Stage.settings
    /// What nemonetd holds when it is asked.
    var held: [MobilitySocketMessage] = []
    /// What nemonetd answers to new bindings.
    var refusal: MobilitySocketError?
    /// What it answers when it is to read the file again.
    var refusalOfConfiguration: MobilitySocketError?
    let log = LogRecorder()
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
        server.onRequest = { [unowned self] _, message in
            if case .dump = message { return .success(held) }
            messages.append(message)
            if case .bindingAdd = message, let refusal { return .failure(refusal) }
            if message == .configurationChanged, let refusalOfConfiguration { return .failure(refusalOfConfiguration) }
            return .success([])
        }
        try server.listen(path: path)
    }

    /// nemonetd dies and comes back.
    func restart(meanwhile: () throws -> Void = {}) throws {
        server.close()
        try loop.run(for: .milliseconds(20))
        try meanwhile()
        messages = []
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        try listen()
    }

    func had() throws -> HomeAgent {
        let client = MobilitySocketClient(
            loop: loop, path: path, hello: Hello(role: .homeAgent, processIdentifier: 1), subscriptions: [.mobility])
        let had = try HomeAgent(
            loop: loop, client: client, settings: settings, seed: 1, log: Logger(log))
        try had.start()
        return had
    }

    func notify(_ message: MobilitySocketMessage) {
        for client in server.clients { server.send(message, to: client.identifier) }
    }

    /// A Binding Update for ten minutes arrives.
    func deliver(sequence: UInt16, lifetime: Int64 = 600, linkLocal: Bool = false, from home: IPv6Address = home) {
        let update = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: sequence),
                flags: BindingUpdate.Flags([.acknowledge, .homeRegistration])
                    .union(home == Self.home ? .mobileRouter : []).union(linkLocal ? .linkLocalCompatibility : []),
                lifetime: BindingLifetime(seconds: lifetime),
                options: [.alternateCareOfAddress(Self.careOf)]
                    + (home == Self.home ? [.mobileNetworkPrefix(Self.prefix)] : [])))
        notify(
            .mobilityReceived(
                MobilityDatagram(
                    source: Self.careOf, destination: Self.agent, homeAddressOption: home,
                    message: update.emit())))
    }

    /// Gives the home agent so many hosts to serve besides, and tells their home addresses.
    func addHosts(_ count: Int) -> [IPv6Address] {
        let hosts = (0..<UInt64(count)).map { IPv6Address(high: Self.home.high, low: 0x1_0000 + $0) }
        settings.nodes += hosts.map { HomeAgentNode(address: $0) }
        return hosts
    }

    /// A binding that nemonetd holds from before.
    func entry() -> BindingEntry {
        BindingEntry(
            homeAddress: Self.home, careOfAddress: Self.careOf, homeAgentAddress: Self.agent, lifetime: 600,
            remainingMilliseconds: 500_000, sequenceNumber: SequenceNumber(rawValue: 100), prefixes: [Self.prefix],
            mode: .explicit, name: "bus-17")
    }

    var bindings: [BindingEntry] { messages.compactMap { if case .bindingAdd(let entry) = $0 { entry } else { nil } } }
    var sent: [MobilityDatagram] {
        messages.compactMap { if case .mobilitySend(let datagram) = $0 { datagram } else { nil } }
    }
    var icmp: [ICMPv6Datagram] {
        messages.compactMap { if case .icmpSend(let datagram) = $0 { datagram } else { nil } }
    }
    var events: [String] { messages.compactMap { if case .event(let event) = $0 { event.event } else { nil } } }

    /// What the events of a name say.
    func details(_ name: String) -> [String] {
        messages.compactMap { if case .event(let event) = $0, event.event == name { event.detail } else { nil } }
    }

    func counter(_ name: String) -> UInt64? {
        for case .counters(_, let values) in messages.reversed() {
            return values.first { $0.name == name }?.value
        }
        return nil
    }

    /// Turns the loop until `condition` holds, for ten seconds at most.
    func run(until condition: () -> Bool) throws {
        let deadline = loop.now + .seconds(10)
        while !condition(), loop.now < deadline { try loop.run(for: .milliseconds(2)) }
    }
}
