import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Flows")
struct FlowClassifierTests {
    static let second = Sample.address("2001:db8:a2::2")

    static func ports(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
        [UInt8(source >> 8), UInt8(source & 0xff), UInt8(destination >> 8), UInt8(destination & 0xff), 0, 8, 0, 0]
    }

    /// A home agent whose node has two bindings and these flows by the second.
    static func agent(_ selectors: TrafficSelector...) -> ForwardingTable {
        ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: Sample.careOf),
                    alsoAccepted: [Sample.tunnel(local: Sample.homeAgent, remote: second)],
                    flows: selectors.map { .init(selector: $0, way: .tunnel(1)) })
            ])
    }

    static func remote(_ frame: [UInt8], by table: ForwardingTable) -> IPv6Address? {
        let packets = encapsulate(plain + frame, by: table).packets
        guard let packet = packets.first, packet.count >= 40 else { return nil }
        func half(_ range: Range<Int>) -> UInt64 { packet[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return IPv6Address(high: half(24..<32), low: half(32..<40))
    }

    /// Whether a packet to the node takes the flow's tunnel.
    static func takesFlow(
        _ selector: TrafficSelector, next: UInt8, _ payload: [UInt8], trafficClass: UInt8 = 0
    ) -> Bool {
        let inner = packet(
            from: Sample.peer, to: Sample.host, trafficClass: trafficClass, next: next, payload: payload)
        return remote(inner, by: agent(selector)) == second
    }

    @Test("each field of a selector counts")
    func fields() {
        let udp = Self.ports(40000, 5060)
        #expect(Self.takesFlow(.everything, next: 17, udp))
        #expect(Self.takesFlow(TrafficSelector(nextHeaders: 17...17), next: 17, udp))
        #expect(!Self.takesFlow(TrafficSelector(nextHeaders: 6...6), next: 17, udp))
        #expect(Self.takesFlow(TrafficSelector(destinationPorts: 5060...5061), next: 17, udp))
        #expect(!Self.takesFlow(TrafficSelector(destinationPorts: 5061...5062), next: 17, udp))
        #expect(Self.takesFlow(TrafficSelector(sourcePorts: 40000...40000), next: 6, udp))
        #expect(!Self.takesFlow(TrafficSelector(sourcePorts: 5060...5060), next: 6, udp))
        #expect(Self.takesFlow(TrafficSelector(sourceAddresses: Sample.peer...Sample.peer), next: 17, udp))
        #expect(!Self.takesFlow(TrafficSelector(sourceAddresses: Sample.host...Sample.host), next: 17, udp))
        #expect(Self.takesFlow(TrafficSelector(destinationAddresses: Sample.host...Sample.host), next: 17, udp))
        #expect(
            Self.takesFlow(TrafficSelector(trafficClasses: 0xb8...0xb8), next: 17, udp, trafficClass: 0xb9))
        #expect(!Self.takesFlow(TrafficSelector(trafficClasses: 0xb8...0xb8), next: 17, udp, trafficClass: 0xbc))
        #expect(Self.takesFlow(TrafficSelector(securityParameterIndices: 7...9), next: 50, [0, 0, 0, 8, 0, 0, 0, 1]))
        #expect(!Self.takesFlow(TrafficSelector(securityParameterIndices: 7...9), next: 17, udp))
        #expect(!Self.takesFlow(TrafficSelector(flowLabels: 1...9), next: 17, udp))
    }

    @Test("a port that the packet does not have is in no range")
    func missingPorts() {
        let selector = TrafficSelector(destinationPorts: 0...UInt16.max)
        #expect(!Self.takesFlow(selector, next: 58, [128, 0, 0, 0, 0, 0, 0, 0]))
        #expect(!Self.takesFlow(selector, next: 17, [1, 2, 3]))
        #expect(!Self.takesFlow(selector, next: 60, [17]))
    }

    @Test("extension headers are stepped over, and pieces of a packet all go one way")
    func extensionHeaders() {
        let selector = TrafficSelector(destinationPorts: 5060...5060)
        let udp = Self.ports(1, 5060)
        #expect(Self.takesFlow(selector, next: 60, [17, 0, 1, 4, 0, 0, 0, 0] + udp))
        for fragment: [UInt8] in [[17, 0, 0, 1, 0, 0, 0, 5], [17, 0, 0, 8, 0, 0, 0, 5]] {
            #expect(!Self.takesFlow(selector, next: 44, fragment + udp))
            #expect(Self.takesFlow(TrafficSelector(nextHeaders: 17...17), next: 44, fragment + udp))
        }
    }

    @Test("the first rule that matches counts, and signalling takes none")
    func order() {
        let table = ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: Sample.careOf),
                    alsoAccepted: [Sample.tunnel(local: Sample.homeAgent, remote: Self.second)],
                    flows: [
                        .init(selector: TrafficSelector(nextHeaders: 17...17), way: .tunnel(0)),
                        .init(selector: .everything, way: .tunnel(1)),
                        .init(selector: .everything, way: .tunnel(9)),
                    ])
            ])
        func way(_ next: UInt8) -> IPv6Address? {
            Self.remote(packet(from: Sample.peer, to: Sample.host, next: next, payload: Self.ports(1, 2)), by: table)
        }
        #expect(way(17) == Sample.careOf)
        #expect(way(6) == Self.second)
        #expect(way(135) == Sample.careOf)
    }

    @Test("a mobile router compares what it sends the other way round")
    func reversed() {
        let table = ForwardingTable(
            own: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.careOf, remote: Sample.homeAgent),
                    alsoAccepted: [Sample.tunnel(local: Self.second, remote: Sample.homeAgent)],
                    flows: [
                        .init(
                            selector: TrafficSelector(
                                sourceAddresses: Sample.peer...Sample.peer, destinationPorts: 5060...5060),
                            way: .tunnel(1))
                    ])
            ], nodes: [])
        func local(_ source: UInt16, _ destination: UInt16) -> [UInt8] {
            let inner = packet(
                from: Sample.host, to: Sample.peer, next: 17, payload: Self.ports(source, destination))
            return Array(encapsulate(plain + inner, by: table).packets[0][8..<24])
        }
        #expect(local(5060, 9) == Self.second.octets)
        #expect(local(9, 5060) == Sample.careOf.octets)
    }

    /// A mobile router of whose flows this one has no way.
    static func router(_ way: ForwardingTable.Flow.Way) -> ForwardingTable {
        ForwardingTable(
            own: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.careOf, remote: Sample.homeAgent),
                    flows: [.init(selector: TrafficSelector(sourcePorts: 5060...5060), way: way)])
            ], nodes: [])
    }

    @Test("packets of a flow without a way are dropped or wait; the others, and signalling, go")
    func stranded() {
        func outcome(_ way: ForwardingTable.Flow.Way, port: UInt16, next: UInt8 = 17) -> Encapsulator.Outcome {
            let inner = packet(
                from: Sample.host, to: Sample.peer, next: next, payload: Self.ports(40000, port))
            return encapsulate(plain + inner, by: Self.router(way)).outcome
        }
        if case .dropped(.flowWithoutUplink) = outcome(.drop, port: 5060) {} else { Issue.record("not dropped") }
        if case .waiting = outcome(.wait, port: 5060) {} else { Issue.record("does not wait") }
        for way in [ForwardingTable.Flow.Way.drop, .wait] {
            if case .forwarded = outcome(way, port: 5061) {} else { Issue.record("\(way): another flow stays") }
            if case .forwarded = outcome(way, port: 5060, next: 135) {
            } else {
                Issue.record("\(way): signalling stays")
            }
        }
    }

    @Test("what comes in of a flow that is dropped is dropped, and of one that waits is taken")
    func strandedInbound() {
        let tests = DecapsulatorTests()
        func open(_ way: ForwardingTable.Flow.Way, port: UInt16) -> Result<[UInt8], DropReason> {
            let inner = packet(from: Sample.peer, to: Sample.host, next: 17, payload: Self.ports(port, 40000))
            return tests.open(
                tests.tunnelled(inner, from: Sample.homeAgent, to: Sample.careOf), by: Self.router(way)
            ).map { _ in [] }
        }
        #expect(open(.drop, port: 5060) == .failure(.flowNotTaken))
        #expect(open(.drop, port: 5061) == .success([]))
        #expect(open(.wait, port: 5060) == .success([]))
    }
}
