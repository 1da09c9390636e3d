import MobilityWire
import Testing

@Suite("An ICMPv6 message")
struct ICMPv6MessageTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var source: IPv6Address
        var destination: IPv6Address
        var homeAddressOption: IPv6Address?
        var routingHeader: IPv6Address?
        var hopLimit: UInt8 = 64
        var message: ICMPv6Message

        var testDescription: String { name }

        var packet: MobilityPacket {
            MobilityPacket(
                source: source, destination: destination, homeAddressOption: homeAddressOption,
                routingHeader: routingHeader, hopLimit: hopLimit, upperProtocol: .icmpv6, message: message.emit())
        }
    }

    static let invoking = [UInt8](Golden.packet("unreachable").dropFirst(48))

    static let rows: [Row] = {
        let homeAgent = GoldenMessages.homeAgent
        let careOf = GoldenMessages.careOf
        let home = GoldenMessages.home
        return [
            Row(
                name: "haad_request", source: careOf, destination: homeAgent.homeAgentsAnycast,
                message: .homeAgentAddressDiscoveryRequest(identifier: 0x77, mobileRouter: true)),
            Row(
                name: "haad_reply", source: homeAgent, destination: careOf,
                message: .homeAgentAddressDiscoveryReply(
                    identifier: 0x77, mobileRouter: true, addresses: [homeAgent, address("2001:db8:1::2")])),
            Row(
                name: "mps", source: careOf, destination: homeAgent, homeAddressOption: home,
                message: .mobilePrefixSolicitation(identifier: 0x55, options: [])),
            Row(
                name: "mpa", source: homeAgent, destination: careOf, routingHeader: home,
                message: .mobilePrefixAdvertisement(
                    MobilePrefixAdvertisement(
                        identifier: 0x55, managedAddresses: true, otherConfiguration: true,
                        options: [
                            .prefixInformation(
                                PrefixInformation(
                                    address: homeAgent, prefixLength: 64, isRouterAddress: true, validLifetime: 3600,
                                    preferredLifetime: 1800))
                        ]))),
            Row(
                name: "rs", source: address("fe80::2"), destination: .allRouters, hopLimit: 255,
                message: .routerSolicitation(options: [.sourceLinkLayerAddress([2, 0, 0, 0, 0, 2])])),
            Row(
                name: "ra", source: address("fe80::1"), destination: .allNodes, hopLimit: 255,
                message: .routerAdvertisement(advertisement)),
            Row(
                name: "ns", source: address("fe80::2"), destination: homeAgent.solicitedNodeMulticast, hopLimit: 255,
                message: .neighborSolicitation(
                    target: homeAgent, options: [.sourceLinkLayerAddress([2, 0, 0, 0, 0, 2])])),
            Row(
                name: "ns_dad", source: .unspecified, destination: homeAgent.solicitedNodeMulticast, hopLimit: 255,
                message: .neighborSolicitation(target: homeAgent, options: [])),
            Row(
                name: "na", source: homeAgent, destination: .allNodes, hopLimit: 255,
                message: .neighborAdvertisement(
                    NeighborAdvertisement(
                        isRouter: true, overrides: true, target: home,
                        options: [.targetLinkLayerAddress([2, 0, 0, 0, 0, 1])]))),
            Row(
                name: "echo", source: careOf, destination: homeAgent,
                message: .echoRequest(identifier: 1, sequenceNumber: 2, data: [UInt8]("ping!".utf8))),
            Row(
                name: "unreachable", source: homeAgent, destination: careOf,
                message: .destinationUnreachable(code: 3, invoking: invoking)),
            Row(
                name: "too_big", source: homeAgent, destination: careOf,
                message: .packetTooBig(mtu: 1460, invoking: invoking)),
            Row(
                name: "time_exceeded", source: homeAgent, destination: careOf,
                message: .timeExceeded(code: 0, invoking: invoking)),
            Row(
                name: "parameter_problem", source: homeAgent, destination: careOf,
                message: .parameterProblem(code: 2, pointer: 42, invoking: invoking)),
        ]
    }()

    static let advertisement: RouterAdvertisement = {
        var value = RouterAdvertisement(
            hopLimit: 64, flags: [.otherConfiguration, .homeAgent], routerLifetime: 1800, reachableTime: 30_000,
            retransmissionTimer: 1000,
            options: [
                .prefixInformation(
                    PrefixInformation(
                        address: GoldenMessages.homeAgent, prefixLength: 64, isRouterAddress: true,
                        validLifetime: PrefixInformation.infinity, preferredLifetime: 600)),
                .mtu(1400), .sourceLinkLayerAddress([2, 0, 0, 0, 0, 1]), .advertisementInterval(3000),
                .homeAgentInformation(HomeAgentInformation(preference: 10, lifetime: 1800, mobileRouters: true)),
            ])
        value.preference = 1
        return value
    }()

    @Test("is emitted as scapy builds it", arguments: rows)
    func emits(row: Row) {
        #expect(row.packet.emit().hex == Golden.packet(row.name).hex)
    }

    @Test("is parsed as scapy builds it, and passes the checks of neighbour discovery", arguments: rows)
    func parses(row: Row) throws {
        let packet = try MobilityPacket(parsing: Golden.packet(row.name).span.bytes)
        let message = try ICMPv6Message.parse(packet.message.span.bytes)
        #expect(message == row.message)
        #expect(message.isError == (row.name == "too_big" || row.message.type < 128))
        try message.checkNeighborDiscovery(
            source: packet.source, destination: packet.destination, hopLimit: packet.hopLimit)
    }

    @Test("has a preference of three values (RFC 4191 §2.2)")
    func preference() {
        var value = RouterAdvertisement(flags: .managedAddresses)
        for preference in [-1, 0, 1] {
            value.preference = preference
            #expect(value.preference == preference)
            #expect(value.flags.contains(.managedAddresses))
        }
        #expect(RouterAdvertisement(flags: .init(rawValue: 0x10)).preference == 0)
    }

    @Test("cut or changed anywhere never traps", arguments: rows)
    func mutates(row: Row) {
        let octets = row.message.emit()
        for count in 0..<octets.count {
            if let message = try? ICMPv6Message.parse(octets.span.bytes.extracting(..<count)) { _ = message.emit() }
        }
        var generator = RandomNumbers(seed: 7)
        var all = mutations(of: octets)
        for _ in 0..<3000 {
            var mutated = octets
            for _ in 0..<4 {
                mutated[.random(in: 0..<octets.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            all.append(mutated)
        }
        for mutated in all {
            guard let message = try? ICMPv6Message.parse(mutated.span.bytes) else { continue }
            #expect((try? ICMPv6Message.parse(message.emit().span.bytes)) == message)
        }
    }

    @Test("with an option of length zero, or one that reaches behind it, is refused")
    func optionLengths() {
        func fault(_ options: [UInt8]) -> ParseError? {
            let octets = [133, 0, 0, 0, 0, 0, 0, 0] + options
            do throws(ParseError) {
                _ = try ICMPv6Message.parse(octets.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault([1, 0, 0, 0, 0, 0, 0, 0]) == ParseError(.neighborOptionZero, octet: 9))
        #expect(fault([99, 0]) == ParseError(.neighborOptionZero, octet: 9))
        #expect(fault([1, 2, 0, 0, 0, 0, 0, 0]) == ParseError(.neighborOptionTruncated, octet: 9))
        #expect(fault([1]) == ParseError(.neighborOptionTruncated, octet: 8))
        #expect(fault([]) == nil)
        // Known, but of a length that its RFC does not have: skipped.
        #expect(fault([3, 1, 64, 0xe0, 0, 0, 0, 0]) == nil)
    }

    @Test("has the lengths that its type needs")
    func lengths() {
        func fault(_ octets: [UInt8]) -> ParseError? {
            do throws(ParseError) {
                _ = try ICMPv6Message.parse(octets.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault([1, 0, 0, 0, 0]) == ParseError(.messageLength, octet: 5))
        #expect(fault([134, 0, 0, 0] + [UInt8](repeating: 0, count: 11)) == ParseError(.messageLength, octet: 15))
        #expect(fault([145, 0, 0, 0, 0, 0, 0, 0, 1]) == ParseError(.messageLength, octet: 9))
        #expect(fault([133, 1, 0, 0, 0, 0, 0, 0]) == ParseError(.messageCode, octet: 1))
        #expect(fault([200, 1, 0, 0]) == nil)
        #expect(fault([200, 1, 0]) == ParseError(.truncated, octet: 3))
    }

    @Test("of neighbour discovery must come from the link itself, with addresses that make sense")
    func neighborDiscovery() {
        func reason(
            _ message: ICMPv6Message, from source: String, to destination: String = "ff02::1", hopLimit: UInt8 = 255
        ) -> ParseError.Reason? {
            do throws(ParseError) {
                try message.checkNeighborDiscovery(
                    source: address(source), destination: address(destination), hopLimit: hopLimit)
                return nil
            } catch {
                return error.reason
            }
        }
        let router = ICMPv6Message.routerAdvertisement(RouterAdvertisement())
        #expect(reason(router, from: "fe80::1") == nil)
        #expect(reason(router, from: "fe80::1", hopLimit: 254) == .hopLimit)
        #expect(reason(router, from: "2001:db8::1") == .messageAddress)
        let layer = [NeighborOption.sourceLinkLayerAddress([2, 0, 0, 0, 0, 2])]
        #expect(reason(.routerSolicitation(options: []), from: "::") == nil)
        #expect(reason(.routerSolicitation(options: layer), from: "::") == .messageAddress)
        let target = GoldenMessages.home
        let group = target.solicitedNodeMulticast.description
        #expect(reason(.neighborSolicitation(target: target, options: []), from: "::", to: group) == nil)
        #expect(reason(.neighborSolicitation(target: target, options: layer), from: "::", to: group) == .messageAddress)
        #expect(reason(.neighborSolicitation(target: target, options: []), from: "::") == .messageAddress)
        #expect(reason(.neighborSolicitation(target: .allNodes, options: []), from: "fe80::1") == .messageAddress)
        let answer = NeighborAdvertisement(isSolicited: true, target: target)
        #expect(reason(.neighborAdvertisement(answer), from: "fe80::1") == .messageAddress)
        #expect(reason(.neighborAdvertisement(answer), from: "fe80::1", to: "fe80::2") == nil)
        #expect(reason(.mobilePrefixSolicitation(identifier: 1, options: []), from: "::", hopLimit: 1) == nil)
    }
}
