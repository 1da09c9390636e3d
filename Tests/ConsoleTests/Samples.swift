import MobilitySocket
import MobilityWire

@testable import Console

/// What a mobile router and a home agent would answer.
enum Samples {
    static func address(_ text: String) -> IPv6Address { IPv6Address(text) ?? .unspecified }

    static let messages: [MobilitySocketMessage] = [
        .status(
            ManagerStatus(
                version: "0.1.0", plane: "engine", device: "shisa0", uptimeMilliseconds: 725_500,
                clients: [
                    .init(role: .mobileRouter, processIdentifier: 12), .init(role: .detector, processIdentifier: 13),
                    .init(role: .monitor, processIdentifier: 14),
                    .init(role: .monitor, processIdentifier: 15, name: "shisahooks"),
                ])),
        .uplinkReport(
            UplinkReport(
                interfaceIndex: 0, name: "wwan0", type: "cellular", state: .absent, mtu: 0, metric: 30, signal: -101,
                modem: .init(state: "pin_needed", detail: "add uplinks.pin"))),
        .uplinkReport(
            UplinkReport(
                interfaceIndex: 3, name: "wlan0", type: "wlan", state: .up,
                careOfCandidates: [
                    candidate("fe80::5"), candidate("2001:db8:a2::9", [.temporary]),
                    candidate("2001:db8:a2::8", [.deprecated]), candidate("2001:db8:a2::7"),
                ],
                defaultRouter: address("fe80::1"), mtu: 1500, metric: 20, signal: -67,
                networkName: Array("depot".utf8))),
        .uplinkReport(
            UplinkReport(
                interfaceIndex: 2, name: "eth0", type: "ethernet", state: .up, careOfCandidates: [],
                defaultRouter: address("fe80::1"), mtu: 1500, metric: 10)),
        .registrationAdd(
            RegistrationEntry(
                homeAddress: address("2001:db8:1::100"), homePrefixLength: 64,
                careOfAddress: address("2001:db8:a1:0:5054:ff:fe12:3456"), homeAgentAddress: address("2001:db8:1::1"),
                interfaceIndex: 2, interfaceName: "eth0", priority: 1, forwards: true, state: .registered,
                sequenceNumber: SequenceNumber(rawValue: 7), lifetime: 600, remainingMilliseconds: 580_900,
                prefixes: [IPv6Prefix(address("2001:db8:10::"), length: 60)])),
        .bindingAdd(
            BindingEntry(
                homeAddress: address("2001:db8:1::100"), careOfAddress: address("2001:db8:a1:0:5054:ff:fe12:3456"),
                bindingIdentifier: 5, homeAgentAddress: address("2001:db8:1::1"), lifetime: 600,
                remainingMilliseconds: 580_900, sequenceNumber: SequenceNumber(rawValue: 7),
                prefixes: [IPv6Prefix(address("2001:db8:10::"), length: 60)], mode: .explicit, name: "bus-17",
                flows: [FlowRule(identifier: 3, priority: 1, selector: .everything)])),
        .bindingAdd(
            {
                var entry = BindingEntry(
                    homeAddress: address("2001:db8:1::200"), careOfAddress: address("2001:db8:a1::9"),
                    homeAgentAddress: address("2001:db8:c::c"), lifetime: 420, remainingMilliseconds: 400_000,
                    sequenceNumber: SequenceNumber(rawValue: 9), prefixes: [], mode: .host)
                entry.kind = .correspondent
                return entry
            }()),
        .restingPeer(
            RestingPeerEntry(
                prefix: IPv6Prefix(address("2001:db8:66::"), length: 48), remainingMilliseconds: 0, reason: .excluded)),
        .restingPeer(
            RestingPeerEntry(
                prefix: IPv6Prefix(host: address("2001:db8:c::d")), remainingMilliseconds: 59_900, reason: .silent)),
        .routeAdd(
            RouteEntry(
                homeAddress: address("2001:db8:1::100"), peer: address("2001:db8:c::e"), careOfAddress: .unspecified,
                interfaceIndex: 0, interfaceName: "", lifetime: 0, remainingMilliseconds: 0, state: .testing,
                forwards: false, sequenceNumber: SequenceNumber(rawValue: 1), status: 138)),
        .routeAdd(
            RouteEntry(
                homeAddress: address("2001:db8:1::100"), peer: address("2001:db8:c::c"),
                careOfAddress: address("2001:db8:a1:0:5054:ff:fe12:3456"), interfaceIndex: 2, interfaceName: "eth0",
                lifetime: 420, remainingMilliseconds: 300_000, state: .bound, forwards: true,
                sequenceNumber: SequenceNumber(rawValue: 7))),
        .tunnel(
            TunnelStatus(
                local: address("2001:db8:a1:0:5054:ff:fe12:3456"), remote: address("2001:db8:1::1"),
                homeAddress: address("2001:db8:1::100"), interfaceIndex: 2, interfaceName: "eth0", mtu: 1460,
                active: true, packetsIn: 1, packetsOut: 2, bytesIn: 873, bytesOut: 12_345_678)),
        .programState(
            ProgramState(
                program: "had",
                homeAgents: [
                    .init(addresses: [address("2001:db8:1::1")], preference: 3, isOwn: true),
                    .init(
                        addresses: [address("2001:db8:1::2"), address("2001:db8:1::3")], preference: 9,
                        servesMobileRouters: false, remainingMilliseconds: 1_799_500),
                ],
                timers: [
                    .init(name: "binding_cache", waiting: 2, remainingMilliseconds: 412_500),
                    .init(name: "home_agents_list", waiting: 1, remainingMilliseconds: 2500),
                ])),
        .programState(
            ProgramState(
                program: "mrd",
                choice: UplinkChoice(
                    carriers: [
                        .init(what: "flow 1", way: "goes by wlan0", uplinks: ["wlan0"], elapsedMilliseconds: 3500),
                        .init(
                            what: "everything else", way: "goes by eth0", uplinks: ["eth0"],
                            elapsedMilliseconds: 200_000),
                    ],
                    uplinks: [
                        .init(
                            interfaceIndex: 2, name: "eth0", isActive: true, health: .up,
                            healthElapsedMilliseconds: 200_000, roundTripMicroseconds: 23_400,
                            jitterMicroseconds: 1500, lossPermille: 50, usedOctets: 7_000_000_000,
                            monthlyOctets: 20_000_000_000, sharePermille: 758,
                            reasons: [.init(name: "active", text: "active")]),
                        .init(
                            interfaceIndex: 3, name: "wlan0", isActive: false, health: .down,
                            healthElapsedMilliseconds: 8000,
                            reasons: [
                                .init(
                                    name: "no_answer", text: "probes are not answered", elapsedMilliseconds: 8000),
                                .init(
                                    name: "suppressed", text: "failed too often lately to be trusted",
                                    remainingMilliseconds: 61_000),
                            ]),
                    ], pinned: "eth0"))),
        .counters(program: "mrd", values: [CounterValue(name: "z", value: .max), CounterValue(name: "a", value: 0)]),
        .counters(program: "had", values: [CounterValue(name: "binding_update_received", value: 3)]),
        .event(
            EventRecord(
                time: Instant(milliseconds: 12_345), program: "mrd", event: "registered", detail: "at 2001:db8:1::1")),
    ]

    /// The only event, as it looks 20.5 s later.
    static var event: DatedEvent {
        DatedEvent(snapshot.events[0], now: Instant(milliseconds: 32_845), date: 1_700_000_020.75)
    }

    static var snapshot: Snapshot {
        var snapshot = Snapshot()
        snapshot.take(messages)
        return snapshot
    }

    private static func candidate(
        _ text: String, _ flags: UplinkReport.Candidate.Flags = []
    ) -> UplinkReport.Candidate {
        UplinkReport.Candidate(
            address: address(text), prefixLength: 64, flags: flags, preferredLifetime: 100, validLifetime: 200)
    }
}
