import MobilitySocket
import MobilityWire

/// Messages of every kind, with small, usual and extreme values.
enum Samples {
    static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    static let careOf = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)
    static let agent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    static let highest = IPv6Address(high: .max, low: .max)
    static let prefix = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)

    static let binding = BindingEntry(
        homeAddress: home, careOfAddress: careOf, bindingIdentifier: 9, homeAgentAddress: agent, lifetime: 600,
        remainingMilliseconds: 580_000, sequenceNumber: SequenceNumber(rawValue: 65535), prefixes: [prefix],
        mode: .explicit, name: "bus-17")

    static let flows = [
        FlowRule(identifier: 1, priority: 10, selector: .everything),
        FlowRule(
            identifier: .max, priority: .max,
            selector: TrafficSelector(
                sourceAddresses: careOf...highest, destinationAddresses: home...home, destinationPorts: 5060...5061,
                nextHeaders: 17...17)),
    ]

    static let bindingWithFlows = BindingEntry(
        homeAddress: home, careOfAddress: careOf, bindingIdentifier: 2, homeAgentAddress: agent, lifetime: 600,
        remainingMilliseconds: 1, sequenceNumber: SequenceNumber(rawValue: 1), priority: 127, flows: flows)

    static let extremeBinding = BindingEntry(
        homeAddress: highest, careOfAddress: .unspecified, bindingIdentifier: .max, homeAgentAddress: highest,
        lifetime: .max, remainingMilliseconds: .max, sequenceNumber: SequenceNumber(rawValue: 0),
        prefixes: (0...128).map { IPv6Prefix(highest, length: $0) }, mode: .implicit,
        name: String(repeating: "ü", count: 300), formerCareOfAddresses: Array(repeating: highest, count: 64))

    static let registration = RegistrationEntry(
        homeAddress: home, homePrefixLength: 64, careOfAddress: careOf, homeAgentAddress: agent, interfaceIndex: 3,
        interfaceName: "eth0", priority: 10, forwards: true, state: .registered,
        sequenceNumber: SequenceNumber(rawValue: 7), lifetime: 600, remainingMilliseconds: 1, prefixes: [prefix])

    static let registrationWithFlows = RegistrationEntry(
        homeAddress: home, homePrefixLength: 64, careOfAddress: careOf, homeAgentAddress: agent,
        bindingIdentifier: 2, interfaceIndex: 3, interfaceName: "eth0", priority: 2, forwards: true,
        state: .registered, sequenceNumber: SequenceNumber(rawValue: 7), lifetime: 600, remainingMilliseconds: 1,
        prefixes: [prefix], flows: flows)

    static let registrationWithStrandedFlows = {
        var entry = registration
        entry.stranded = [
            StrandedFlow(rule: flows[0], fallback: .drop), StrandedFlow(rule: flows[0], fallback: .wait),
        ]
        return entry
    }()

    static let registrationWithBuckets = {
        var entry = registration
        for bucket in [0, 7, 8, 200, 255] { entry.buckets.insert(bucket) }
        return entry
    }()

    static let registrationRevoked = {
        var entry = registration
        (entry.state, entry.forwards, entry.revocation) = (.refused, false, 1)
        return entry
    }()

    static let report = UplinkReport(
        interfaceIndex: 2, name: "wwan0", type: "cellular", state: .up,
        careOfCandidates: [
            .init(
                address: careOf, prefixLength: 64, flags: [.optimistic, .temporary], preferredLifetime: 1,
                validLifetime: .max),
            .init(address: highest, prefixLength: 128, flags: [], preferredLifetime: 0, validLifetime: 0),
        ],
        defaultRouter: IPv6Address(high: 0xfe80_0000_0000_0000, low: 1), routerState: .unreachable, mtu: 1500,
        metric: 30,
        signal: -113, networkName: [0x64, 0x65, 0x70, 0x6f, 0x74],
        modem: .init(state: "connected", detail: "", operatorName: "Netz", technology: "lte"))

    static let usage = UplinkUsage(interfaceIndex: 2, octetsIn: .max, octetsOut: 12_345_678_901)

    static let datagram = MobilityDatagram(
        source: careOf, destination: agent, homeAddressOption: home, interfaceIndex: 3,
        message: (0..<40).map { UInt8($0) })

    static let correspondentBinding = {
        var entry = BindingEntry(
            homeAddress: home, careOfAddress: careOf, homeAgentAddress: agent, lifetime: 420,
            remainingMilliseconds: 419_999, sequenceNumber: SequenceNumber(rawValue: 3))
        entry.kind = .correspondent
        return entry
    }()

    static let route = RouteEntry(
        homeAddress: home, peer: highest, careOfAddress: careOf, interfaceIndex: 3, interfaceName: "eth0",
        lifetime: 420,
        remainingMilliseconds: 400_000, state: .bound, forwards: true, sequenceNumber: SequenceNumber(rawValue: 65535))

    static let restingPeer = RestingPeerEntry(
        prefix: IPv6Prefix(host: careOf), remainingMilliseconds: 59_000, reason: .silent)

    static let programState = ProgramState(
        program: "had",
        homeAgents: [
            .init(addresses: [agent, highest], preference: .max, servesMobileRouters: false, isOwn: true),
            .init(addresses: [], remainingMilliseconds: .max),
        ], timers: [.init(name: "binding_cache", waiting: .max, remainingMilliseconds: 1500)])

    static let choice = ProgramState(
        program: "mrd",
        choice: UplinkChoice(
            carriers: [
                .init(what: "everything", way: "goes by eth0", uplinks: ["eth0"], elapsedMilliseconds: .max)
            ],
            uplinks: [
                .init(
                    interfaceIndex: 3, name: "eth0", isActive: true, health: .down, healthElapsedMilliseconds: 8000,
                    isDegraded: true, roundTripMicroseconds: .max, jitterMicroseconds: 1500, lossPermille: 1000,
                    usedOctets: .max, monthlyOctets: 20_000_000_000,
                    reasons: [
                        .init(name: "no_answer", text: "no", elapsedMilliseconds: 8000),
                        .init(name: "hold_down", text: "", remainingMilliseconds: 1),
                    ]),
                .init(
                    interfaceIndex: 4, name: "wlan0", isActive: false, health: .unmonitored, isWeak: true, reasons: []),
                .init(interfaceIndex: 5, name: "wwan0", isActive: false, health: .believed, reasons: []),
            ], pinned: "eth0"))

    static let tunnel = TunnelStatus(
        local: careOf, remote: agent, homeAddress: home, interfaceIndex: 3, interfaceName: "eth0", mtu: 1460,
        active: true, packetsIn: 1, packetsOut: .max, bytesIn: 3, bytesOut: 4)

    static let icmp = ICMPv6Datagram(
        source: careOf, destination: agent, homeAddressOption: home, routingHeader: highest, interfaceIndex: 3,
        hopLimit: 255, message: [146, 0, 0, 0, 0, 7, 0, 0])

    static let messages: [MobilitySocketMessage] = others + routes

    private static let throughTunnel = {
        var value = datagram
        value.throughTunnel = true
        return value
    }()

    private static let routes: [MobilitySocketMessage] =
        [
            .mobilityReceived(throughTunnel), .bindingAdd(correspondentBinding),
            .bindingDelete(homeAddress: home, bindingIdentifier: nil, correspondent: agent),
            .bindingUsed(homeAddress: home, correspondent: highest),
            .routeAdd(route), .routeFlush, .routeSweep, .routeDelete(homeAddress: home, peer: highest),
            .routeHint(homeAddress: home, peer: highest), .parameterProblem(peer: careOf),
            .restingPeer(restingPeer), .restingPeerDelete(prefix: prefix),
            .restingPeer(
                RestingPeerEntry(
                    prefix: IPv6Prefix(.unspecified, length: 0), remainingMilliseconds: .max, reason: .excluded)),
            .routeForget(peer: careOf), .routeExclude(prefix: prefix, excluded: true),
            .routeExclude(prefix: IPv6Prefix(host: highest), excluded: false),
        ]
        + RouteEntry.State.allCases.map {
            var entry = route
            entry.state = $0
            entry.forwards = false
            entry.interfaceIndex = .max
            entry.interfaceName = ""
            entry.status = 138
            return .routeAdd(entry)
        }

    private static let others: [MobilitySocketMessage] =
        [
            .hello(Hello(role: .homeAgent, processIdentifier: 4711, addresses: [agent, highest])),
            .hello(Hello(role: .monitor, processIdentifier: .max, version: 255)),
            .subscribe([]), .subscribe(MobilitySocketMessage.Table.allCases),
            .bindingAdd(binding), .bindingAdd(extremeBinding), .bindingAdd(bindingWithFlows),
            .registrationAdd(registrationWithFlows), .registrationAdd(registrationWithBuckets),
            .registrationAdd(registrationWithStrandedFlows),
            .registrationAdd(registrationRevoked),
            .bindingAdd(
                BindingEntry(
                    homeAddress: home, careOfAddress: careOf, homeAgentAddress: agent, lifetime: 0,
                    remainingMilliseconds: 0, sequenceNumber: SequenceNumber(rawValue: 1))),
            .bindingDelete(homeAddress: home, bindingIdentifier: nil),
            .bindingDelete(homeAddress: home, bindingIdentifier: 0),
            .bindingMissing(homeAddress: home, peer: careOf, homeAgentAddress: highest),
            .configurationChanged, .bindingFlush, .bindingSweep, .registrationFlush, .registrationSweep,
            .registrationAdd(registration),
            .registrationDelete(homeAddress: home, careOfAddress: careOf),
            .uplinkReport(report),
            .uplinkReport(
                UplinkReport(interfaceIndex: 0, name: "", type: "", state: .absent, mtu: 0, metric: .max)),
            .uplinkReport(
                UplinkReport(
                    interfaceIndex: 1, name: "wlan0", type: "wlan", state: .up, routerState: .reachable, mtu: 1500,
                    metric: 0, signal: .max, networkName: Array(repeating: 0, count: 32),
                    modem: .init(state: "pin_needed", detail: "add uplinks.pin"))),
            .uplinkGone(interfaceIndex: .max), .uplinkGone(interfaceIndex: 0, name: "eth1"), .uplinkSweep,
            .uplinkUsage(usage),
            .routerProbe(interfaceIndex: 7, router: highest), .routerSolicit(interfaceIndex: .max),
            .movementScan(interfaceIndices: []), .movementScan(interfaceIndices: [1, .max]),
            .mobilitySend(datagram), .mobilityReceived(datagram),
            .mobilityReceived(
                MobilityDatagram(
                    source: highest, destination: .unspecified, routingHeader: home, interfaceIndex: .max,
                    hopLimit: 255, message: [])),
            .mobilitySend(
                MobilityDatagram(source: home, destination: agent, message: Array(repeating: 0xff, count: 2048))),
            .icmpSend(icmp), .icmpReceived(icmp),
            .icmpSend(ICMPv6Datagram(source: .unspecified, destination: highest, message: [])),
            .detectStart(address: home, interfaceName: "home0"), .detectStop(address: home),
            .detectResult(address: home, isDuplicate: true), .detectResult(address: highest, isDuplicate: false),
            .bindingAdd(
                {
                    var entry = binding
                    entry.defendsLinkLocal = true
                    return entry
                }()),
            .bindingRevoke(homeAddresses: [home, highest]), .homeAgentSwitch(homeAddresses: [], agents: []),
            .homeAgentSwitch(homeAddresses: [home], agents: [agent, highest]),
            .bindingForget(homeAddresses: []), .bindingForget(homeAddresses: [home, highest]),
            .programState(ProgramState(program: "had")), .programState(programState), .programState(choice),
            .programState(ProgramState(program: "mnd", choice: UplinkChoice())), .uplinkUse(name: nil),
            .uplinkUse(name: "wlan0"),
            .counters(program: "had", values: []),
            .counters(
                program: "mrd",
                values: (0..<300).map { CounterValue(name: "counter_\($0)", value: .max - UInt64($0)) }),
            .event(
                EventRecord(time: Instant(milliseconds: 12345), program: "mrd", event: "registered", detail: "")),
            .event(
                EventRecord(time: Instant(milliseconds: 1), program: "mrd", event: "a", detail: "b", uplink: "wwan0")),
            .event(EventRecord(time: Instant(milliseconds: .min), program: "", event: "", detail: "naïve 日本")),
            .tunnel(tunnel),
            .status(
                ManagerStatus(
                    version: "0.1", plane: "engine", device: "shisa0", uptimeMilliseconds: .max,
                    clients: Role.allCases.map { .init(role: $0, processIdentifier: 5) }
                        + [.init(role: .monitor, processIdentifier: 6, name: "shisahooks")])),
            .hello(Hello(role: .monitor, processIdentifier: 9, name: "shisahooks")),
        ] + MobilitySocketMessage.Table.allCases.map { .dump($0) }
        + RegistrationEntry.State.allCases.map {
            var entry = registration
            entry.state = $0
            entry.bindingIdentifier = 1
            entry.forwards = false
            return .registrationAdd(entry)
        }
}
