import Foundation
import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings

@testable import Roaming

/// mrd with a nemonetd that only listens and a home agent that says yes, on one event loop and a real socket.
final class Stage {
    static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    static let agent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    static let prefix = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)
    static let settings = HomeSettings(
        agents: [agent], address: home, prefixLength: 64, prefixes: [prefix],
        authentication: AuthenticationSettings(spi: 256, key: Array(repeating: 7, count: 16)))
    static let uplinks = [
        UplinkSettings(interface: "eth0", metric: 10), UplinkSettings(interface: "wlan0", type: .wlan, metric: 20),
    ]

    let loop: EventLoop
    /// The registrations that nemonetd holds when it is asked.
    var held: [RegistrationEntry] = []
    /// What the detector says, by name.
    private var reports: [String: UplinkReport] = [:]
    private var usages: [UInt32: UplinkUsage] = [:]
    /// Seconds since 1970 of the clock on the wall there; nil while nobody knows.
    var clock: Int64?
    /// Whether the home agent serves several care-of addresses of a node.
    func forbidSeveral() {
        var configuration = agent.configuration
        configuration.multiple.isAllowed = false
        _ = agent.handle(.configurationChanged(configuration), at: loop.now)
    }

    /// Whether the home agent answers.
    var answers = true
    private(set) var messages: [MobilitySocketMessage] = []
    private var agent: HomeAgentMachine
    private var server: MobilitySocketServer
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).sock").path

    init() throws {
        loop = try EventLoop()
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        let association = try MobilitySecurityAssociation(
            securityParameterIndex: 256, key: try SharedKey(Array(repeating: 7, count: 16)))
        agent = HomeAgentMachine(
            HomeAgentConfiguration(
                addresses: [Self.agent], prefixes: [IPv6Prefix(Self.agent, length: 64)],
                nodes: [
                    HomeNode(homeAddress: Self.home, prefixes: [Self.prefix], authentication: .association(association))
                ]))
        try listen()
    }

    deinit { server.close() }

    private func listen() throws {
        server.onRequest = { [unowned self] client, message in
            switch message {
            case .dump(.registrations): return .success(held.map { .registrationAdd($0) })
            case .dump(.uplinks): return .success(reports.values.map { .uplinkReport($0) })
            case .dump(.usage): return .success(usages.values.map { .uplinkUsage($0) })
            case .mobilitySend(let datagram): carry(datagram, from: client)
            case .icmpSend(let datagram): echo(datagram, to: client)
            default: break
            }
            messages.append(message)
            return .success([])
        }
        try server.listen(path: path)
    }

    /// Uplinks over which no echo is answered.
    var deaf: Set<UInt32> = []

    private func echo(_ datagram: ICMPv6Datagram, to client: MobilitySocketServer.Client) {
        guard answers, !deaf.contains(datagram.interfaceIndex),
            case .echoRequest(let identifier, let number, let data)? = try? ICMPv6Message.parse(
                datagram.message.span.bytes)
        else { return }
        let reply = ICMPv6Message.echoReply(identifier: identifier, sequenceNumber: number, data: data)
        server.send(
            .icmpReceived(
                ICMPv6Datagram(
                    source: datagram.destination, destination: datagram.source,
                    interfaceIndex: datagram.interfaceIndex, message: reply.emit())), to: client.identifier)
    }

    /// nemonetd tells mrd something.
    func tell(_ message: MobilitySocketMessage) {
        for client in server.clients { server.send(message, to: client.identifier) }
    }

    /// What a person asks by `shisactl use`.
    func use(_ uplink: String?) {
        tell(.uplinkUse(name: uplink))
    }

    /// Takes a Mobility Header to the home agent and its answers back.
    private func carry(_ datagram: MobilityDatagram, from client: MobilitySocketServer.Client) {
        guard answers else { return }
        let envelope = MobilityEnvelope(
            source: datagram.source, destination: datagram.destination,
            homeAddressOption: datagram.homeAddressOption, message: datagram.message)
        let time = NTPTimestamp(rawValue: WallClock.ntp())
        for case .send(let answer) in agent.handle(.messageReceived(envelope, wallClock: time), at: loop.now) {
            server.send(
                .mobilityReceived(
                    MobilityDatagram(
                        source: answer.source, destination: answer.destination, routingHeader: answer.routingHeader,
                        message: answer.message)), to: client.identifier)
        }
    }

    /// The home agent has no binding, and says so (RFC 6275 §9.3.3).
    func sendBindingError() {
        let message = MobilityMessage.bindingError(status: 1, homeAddress: Self.home, options: [])
        let datagram = MobilityDatagram(source: Self.agent, destination: Self.careOf(1), message: message.emit())
        for client in server.clients { server.send(.mobilityReceived(datagram), to: client.identifier) }
    }

    /// nemonetd dies and comes back.
    func restart() throws {
        server.close()
        try loop.run(for: .milliseconds(20))
        messages = []
        server = MobilitySocketServer(loop: loop, protocolUsers: [ProcessIdentity.user])
        try listen()
    }

    func mrd(
        _ bindings: PolicySettings.Bindings = .single, flows: [FlowSettings] = [],
        uplinks: [UplinkSettings] = Stage.uplinks, state: String? = nil,
        strategy: PolicySettings.Strategy = .failover
    ) throws -> RoamingNode {
        let client = MobilitySocketClient(
            loop: loop, path: path, hello: Hello(role: .mobileRouter, processIdentifier: 1),
            subscriptions: [.uplinks, .usage, .mobility, .traffic])
        let mrd = RoamingNode(
            loop: loop, client: client, homes: [Self.settings], uplinks: uplinks,
            policy: PolicySettings(strategy: strategy, bindings: bindings, state: state, flows: flows),
            clock: { [unowned self] in clock },
            log: Logger())
        try mrd.start()
        return mrd
    }

    static func careOf(_ index: UInt32) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_00a0_0000 + UInt64(index) << 16, low: 7)
    }

    /// The detector reports: eth0 has index 1, wlan0 index 2.
    func report(_ name: String, _ state: UplinkReport.State) {
        let index: UInt32 = name == "eth0" ? 1 : 2
        let report = UplinkReport(
            interfaceIndex: index, name: name, type: "ethernet", state: state,
            careOfCandidates: [
                .init(
                    address: Self.careOf(index), prefixLength: 64, flags: [], preferredLifetime: 600,
                    validLifetime: 600)
            ], mtu: 1500, metric: 0)
        reports[name] = report
        server.broadcast(.uplinkReport(report), to: .uplinks)
    }

    /// The detector has counted.
    func count(_ name: String, octets: UInt64) {
        let usage = UplinkUsage(
            interfaceIndex: name == "eth0" ? 1 : 2, octetsIn: octets / 2, octetsOut: octets - octets / 2)
        usages[usage.interfaceIndex] = usage
        server.broadcast(.uplinkUsage(usage), to: .usage)
    }

    var registrations: [RegistrationEntry] {
        messages.compactMap { if case .registrationAdd(let entry) = $0 { entry } else { nil } }
    }
    var sent: [MobilityDatagram] {
        messages.compactMap { if case .mobilitySend(let datagram) = $0 { datagram } else { nil } }
    }
    var events: [String] { messages.compactMap { if case .event(let event) = $0 { event.event } else { nil } } }

    /// Which uplinks the events of a name were about; empty texts for none.
    func uplinks(of name: String) -> Set<String> {
        Set(messages.compactMap { if case .event(let event) = $0, event.event == name { event.uplink } else { nil } })
    }

    /// Whether nemonetd was told that `index` carries and the home agent has accepted it.
    func isRegistered(_ index: UInt32) -> Bool {
        registrations.last { $0.careOfAddress == Self.careOf(index) }
            .map { $0.state == .registered && $0.forwards && $0.priority == 0 } ?? false
    }

    /// What nemonetd was told last of each care-of address, of those that it is to forward by.
    var forwarding: [IPv6Address: RegistrationEntry] {
        var entries: [IPv6Address: RegistrationEntry] = [:]
        for message in messages {
            switch message {
            case .registrationAdd(let entry): entries[entry.careOfAddress] = entry
            case .registrationDelete(_, let careOf): entries[careOf] = nil
            case .registrationFlush: entries = [:]
            default: break
            }
        }
        return entries.filter(\.value.forwards)
    }

    /// What `shisactl why` was told last.
    var choice: UplinkChoice? {
        for case .programState(let state) in messages.reversed() { return state.choice }
        return nil
    }

    /// What `shisactl why` says of an uplink.
    func verdict(_ name: String) -> UplinkChoice.Verdict? { choice?.uplinks.first { $0.name == name } }

    /// What mrd last told of a counter.
    func counter(_ name: String) -> UInt64? {
        for case .counters(_, let values) in messages.reversed() { return values.first { $0.name == name }?.value }
        return nil
    }

    /// What `shisactl timers` was told last.
    var timers: [ProgramState.TimerEntry] {
        for case .programState(let state) in messages.reversed() { return state.timers }
        return []
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
