import Foundation
import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Discovery and prefix messages of UMIP, out of captures, given to these machines as they came.
@Suite("Another implementation's discovery")
struct OtherImplementationDiscoveryTests {
    /// The packets of MobilityWireTests/Golden/umip.txt, by name.
    static let packets: [String: MobilityPacket] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "MobilityWireTests/Golden/umip.txt")
        var packets: [String: MobilityPacket] = [:]
        for line in ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2 else { continue }
            let digits = words[1].compactMap(\.hexDigitValue)
            let octets = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
            packets[String(words[0])] = try? MobilityPacket.parse(octets.span.bytes).packet
        }
        return packets
    }()

    static func envelope(_ name: String, interface: UInt32 = 1) throws -> ICMPv6Envelope {
        let packet = try #require(packets[name])
        return ICMPv6Envelope(
            source: packet.source, destination: packet.destination, homeAddressOption: packet.homeAddressOption,
            routingHeader: packet.routingHeader, interfaceIndex: interface, hopLimit: packet.hopLimit,
            message: packet.message)
    }

    static let home = IPv6Address("2001:db8:1::beef")!

    /// A machine whose first identifier is the one in a captured answer: the mobile node's is random.
    static func seed(_ matches: (UInt64) -> Bool) -> UInt64 {
        (1...1_000_000).first(where: matches) ?? 0
    }

    @Test("its discovery request is answered as its own home agent answered it")
    func request() throws {
        var agent = HomeAgentDirectoryTests.Harness()
        let sent = agent.handle(.messageReceived(try Self.envelope("nemo-dhaad-haad-request-1")))
        let theirs = try Self.envelope("nemo-dhaad-haad-reply-1")
        let ours = try #require(sent.first)
        #expect(ours.source == theirs.source)
        #expect(ours.destination == theirs.destination)
        #expect(ours.icmpv6 == theirs.icmpv6)
    }

    @Test("its discovery reply names its home agent")
    func reply() throws {
        let reply = try Self.envelope("nemo-dhaad-haad-reply-1")
        guard case .homeAgentAddressDiscoveryReply(let wanted, true, _)? = reply.icmpv6 else {
            return #expect(Bool(false))
        }
        let seed = Self.seed { seed in
            var random = RandomNumbers(seed: seed)
            return UInt16(truncatingIfNeeded: random.next() >> 16) == wanted
        }
        var mobile = HomeAgentDiscoveryTests.Harness(seed: seed)
        mobile.handle(.careOfAddressChanged(CareOf(address: reply.destination, interfaceIndex: 1)))
        mobile.handle(.discover)
        // What we ask is what its mobile router asked.
        #expect(mobile.sent.first?.envelope.icmpv6 == (try Self.envelope("nemo-dhaad-haad-request-1")).icmpv6)
        mobile.handle(.messageReceived(reply))
        #expect(mobile.found == [[Sample.homeAgent]])
    }

    @Test("its router advertisements of the home link tell the home agents list what they say")
    func routerAdvertisement() throws {
        var agent = HomeAgentDirectoryTests.Harness { $0.addresses = [IPv6Address("2001:db8:1::7")!] }
        for name in Self.packets.keys where name.contains("-ra-") {
            agent.hear(try Self.envelope(name, interface: HomeLinkSample.interface))
        }
        #expect(agent.counts[.routerAdvertisementReceived] == Self.packets.keys.count { $0.contains("-ra-") })
        #expect(agent.counts[.routerAdvertisementInvalid] == nil)
    }

    @Test(
        "its Mobile Prefix Solicitations are answered",
        arguments: [
            "nemo-dhaad-mps-1", "nemo-explicit-mps-1", "nemo-implicit-mps-1", "ro-mps-1",
        ])
    func solicitation(name: String) throws {
        let solicitation = try Self.envelope(name)
        let theirs = try Self.envelope(name.replacing("mps", with: "mpa"))
        var agent = PrefixDiscoveryTests.Agent()
        var binding = PrefixDiscoveryTests.binding
        binding.homeAddress = try #require(solicitation.homeAddressOption)
        binding.careOfAddress = solicitation.source
        agent.handle(.bindingInstalled(binding, isProtected: false))
        agent.handle(.messageReceived(solicitation))
        let ours = try #require(agent.sent.first?.envelope)
        #expect(ours.source == theirs.source)
        #expect(ours.destination == theirs.destination)
        #expect(ours.routingHeader == theirs.routingHeader)
        guard case .mobilePrefixAdvertisement(let mine)? = ours.icmpv6,
            case .mobilePrefixAdvertisement(let its)? = theirs.icmpv6
        else { return #expect(Bool(false)) }
        #expect(mine.identifier == its.identifier)
        #expect(mine.neighborPrefixes == its.neighborPrefixes)
    }

    @Test("its Mobile Prefix Advertisement is taken as the answer to a solicitation")
    func advertisement() throws {
        let advertisement = try Self.envelope("nemo-dhaad-mpa-1")
        guard case .mobilePrefixAdvertisement(let message)? = advertisement.icmpv6 else { return #expect(Bool(false)) }
        let seed = Self.seed { seed in
            var random = RandomNumbers(seed: seed)
            return UInt16(truncatingIfNeeded: random.next() >> 16) == message.identifier
        }
        var mobile = PrefixDiscovery(
            .init(homeAddress: Self.home, homePrefix: Sample.homePrefix, requiresProtection: false), seed: seed)
        let careOf = CareOf(address: advertisement.destination, interfaceIndex: 1)
        _ = mobile.handle(
            .registered(homeAgent: Sample.homeAgent, careOf: careOf, prefixDiscoveryNecessary: false), at: Sample.start)
        _ = mobile.handle(.messageReceived(advertisement), at: Sample.start)
        #expect(mobile.prefixes.map(\.prefix) == [Sample.homePrefix])
    }
}

extension MobilePrefixAdvertisement {
    fileprivate var neighborPrefixes: [IPv6Prefix] {
        options.compactMap { if case .prefixInformation(let information) = $0 { information.prefix } else { nil } }
    }
}
