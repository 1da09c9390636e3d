import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// The home agents list and the answers of Dynamic Home Agent Address Discovery (RFC 6275 §10.5, RFC 3963 §7).
@Suite struct HomeAgentDirectoryTests {
    struct Harness {
        var machine: HomeAgentDirectory
        var now = Sample.start
        var counts: [DiscoveryCounter: Int] = [:]
        var prefixes: [[HomePrefix]] = []

        init(_ change: (inout HomeAgentDirectory.Configuration) -> Void = { _ in }) {
            var configuration = HomeAgentDirectory.Configuration(
                addresses: [Sample.homeAgent],
                prefixes: [HomePrefix(Sample.homePrefixInformation(valid: 86400, preferred: 14400))],
                interfaceIndex: HomeLinkSample.interface)
            change(&configuration)
            machine = HomeAgentDirectory(configuration, seed: 1)
        }

        @discardableResult
        mutating func handle(_ event: HomeAgentDirectory.Event) -> [ICMPv6Envelope] {
            var sent: [ICMPv6Envelope] = []
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append(envelope)
                case .prefixesChanged(let new): prefixes.append(new)
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
            return sent
        }

        mutating func hear(_ envelope: ICMPv6Envelope) { handle(.messageReceived(envelope)) }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        mutating func ask(mobileRouter: Bool = false) -> (addresses: [IPv6Address], mobileRouters: Bool)? {
            let sent = handle(.messageReceived(HomeLinkSample.request(mobileRouter: mobileRouter)))
            guard case .homeAgentAddressDiscoveryReply(77, let r, let addresses)? = sent.first?.icmpv6 else {
                return nil
            }
            return (addresses, r)
        }
    }

    @Test("an advertisement with the H flag makes an entry, with preference, lifetime and R flag of its option")
    func added() throws {
        var harness = Harness()
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 10, lifetime: 60))
        let entry = try #require(harness.machine.list.entries.first)
        #expect(entry.linkLocalAddress == HomeLinkSample.linkLocal(2))
        #expect(entry.preference == 10)
        #expect(entry.mobileRouters)
        #expect(entry.expiresAt == harness.now + .seconds(60))
        #expect(entry.addresses.map(\.address) == [HomeLinkSample.secondAgent])
    }

    @Test("a prefix without the router's own part is nobody's address")
    func prefixAlone() throws {
        var harness = Harness()
        harness.hear(HomeLinkSample.advertisement(2, address: IPv6Address("2001:db8:1::")!, preference: 10))
        #expect(try #require(harness.machine.list.entries.first).addresses.isEmpty)
    }

    @Test("without the option the preference is 0 and the lifetime the router's")
    func defaults() throws {
        var harness = Harness()
        harness.hear(HomeLinkSample.advertisement(2, routerLifetime: 90))
        let entry = try #require(harness.machine.list.entries.first)
        #expect(entry.preference == 0)
        #expect(!entry.mobileRouters)
        #expect(entry.expiresAt == harness.now + .seconds(90))
    }

    @Test("an entry is reset by a later advertisement and deleted when it expires")
    func ages() {
        var harness = Harness()
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1, lifetime: 60))
        harness.pass(.seconds(50))
        harness.hear(HomeLinkSample.advertisement(2, preference: 7, lifetime: 60))
        #expect(harness.machine.list.entries.first?.preference == 7)
        #expect(harness.machine.list.entries.first?.addresses.count == 1)
        harness.pass(.seconds(59))
        #expect(harness.machine.list.entries.count == 1)
        harness.pass(.seconds(1))
        #expect(harness.machine.list.entries.isEmpty)
        #expect(harness.counts[.homeAgentRemoved] == 1)
    }

    @Test("lifetime zero, or an advertisement without the H flag, deletes the entry at once")
    func removed() {
        for last in [
            HomeLinkSample.advertisement(2, preference: 1, lifetime: 0),
            HomeLinkSample.advertisement(2, routerLifetime: 0),
            HomeLinkSample.advertisement(2, isHomeAgent: false),
        ] {
            var harness = Harness()
            harness.hear(last)
            #expect(harness.machine.list.entries.isEmpty)
            harness.hear(HomeLinkSample.advertisement(2, preference: 1))
            harness.hear(last)
            #expect(harness.machine.list.entries.isEmpty)
        }
    }

    @Test("an advertisement that came from elsewhere is not believed")
    func foreign() {
        var harness = Harness()
        harness.hear(HomeLinkSample.advertisement(2, preference: 1, hopLimit: 254))
        var envelope = HomeLinkSample.advertisement(2, preference: 1)
        envelope.interfaceIndex = 1
        harness.hear(envelope)
        envelope = HomeLinkSample.advertisement(2, preference: 1)
        envelope.source = HomeLinkSample.secondAgent
        harness.hear(envelope)
        #expect(harness.machine.list.entries.isEmpty)
        #expect(harness.counts[.routerAdvertisementInvalid] == 2)
        #expect(harness.counts[.messageForeign] == 1)
    }

    @Test("the list, its addresses and the prefixes are bounded")
    func bounded() {
        var harness = Harness()
        for number in 2..<UInt64(200) {
            let address = IPv6Address(high: Sample.homePrefix.address.high + number, low: number)
            harness.hear(HomeLinkSample.advertisement(number, address: address, preference: 1))
            harness.hear(HomeLinkSample.advertisement(2, address: address, preference: 1))
        }
        #expect(harness.machine.list.entries.count == Tunables.homeAgentsPerLink)
        #expect(harness.machine.list.entries.allSatisfy { $0.addresses.count <= Tunables.addressesPerHomeAgent })
        #expect(harness.machine.prefixes.count <= Tunables.prefixesPerHomeLink + 1)
        #expect(harness.counts[.homeAgentRefused, default: 0] > 0)
        #expect(harness.counts[.homePrefixRefused, default: 0] > 0)
    }

    @Test("an address ends with its prefix")
    func addressEnds() {
        var harness = Harness()
        harness.hear(
            HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1, valid: 30))
        harness.pass(.seconds(31))
        #expect(harness.machine.list.entries.first?.addresses.isEmpty == true)
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1))
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1, valid: 0))
        #expect(harness.machine.list.entries.first?.addresses.isEmpty == true)
    }

    // MARK: Answers

    @Test("the answer comes from the home agent's address to the asker, with the request's identifier")
    func answered() throws {
        var harness = Harness()
        let sent = harness.handle(.messageReceived(HomeLinkSample.request()))
        let reply = try #require(sent.first)
        #expect(reply.source == Sample.homeAgent)
        #expect(reply.destination == Sample.cable.address)
        #expect(
            reply.icmpv6
                == .homeAgentAddressDiscoveryReply(identifier: 77, mobileRouter: false, addresses: [Sample.homeAgent]))
    }

    @Test("home agents stand in the order of preference, and equals in any order")
    func order() throws {
        var harness = Harness { $0.preference = 5 }
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 10))
        harness.hear(HomeLinkSample.advertisement(3, address: HomeLinkSample.thirdAgent, preference: 1))
        #expect(
            harness.ask()?.addresses == [HomeLinkSample.secondAgent, Sample.homeAgent, HomeLinkSample.thirdAgent])
        harness.hear(HomeLinkSample.advertisement(3, address: HomeLinkSample.thirdAgent, preference: 10))
        var firsts: Set<IPv6Address> = []
        for _ in 0..<50 {
            let addresses = try #require(harness.ask()?.addresses)
            #expect(addresses.last == Sample.homeAgent)
            firsts.insert(addresses[0])
        }
        #expect(firsts.count == 2)
    }

    @Test("to the R flag only those answer that serve mobile routers; without any, all do, and the flag is clear")
    func mobileRouters() {
        var harness = Harness { $0.mobileRouters = false }
        harness.hear(
            HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1, mobileRouters: false))
        #expect(harness.ask(mobileRouter: true)?.addresses.count == 2)
        #expect(harness.ask(mobileRouter: true)?.mobileRouters == false)
        harness.hear(HomeLinkSample.advertisement(3, address: HomeLinkSample.thirdAgent, preference: 0))
        #expect(harness.ask(mobileRouter: true)?.addresses == [HomeLinkSample.thirdAgent])
        #expect(harness.ask(mobileRouter: true)?.mobileRouters == true)
        #expect(harness.ask()?.addresses.count == 3)
        #expect(harness.ask()?.mobileRouters == false)
    }

    @Test("the answer fits into a packet of the minimum MTU, best home agents first")
    func fits() throws {
        var harness = Harness()
        for number in 2..<UInt64(2 + Tunables.homeAgentsPerLink) {
            for index in 0..<UInt64(Tunables.addressesPerHomeAgent) {
                let address = IPv6Address(high: Sample.homePrefix.address.high, low: number << 8 | index)
                harness.hear(HomeLinkSample.advertisement(number, address: address, preference: UInt16(number)))
            }
        }
        let sent = harness.handle(.messageReceived(HomeLinkSample.request()))
        #expect(try #require(sent.first).message.count <= 1240)
        guard case .homeAgentAddressDiscoveryReply(_, _, let addresses)? = sent.first?.icmpv6 else {
            return #expect(Bool(false))
        }
        #expect(addresses.count == 77)
        #expect(addresses.map { $0.low >> 8 } == addresses.map { $0.low >> 8 }.sorted(by: >))
    }

    @Test(
        "home links of other prefix lengths have other anycast addresses", arguments: [48, 60, 64, 96, 121] as [UInt8])
    func prefixLengths(length: UInt8) throws {
        var information = Sample.homePrefixInformation(valid: 3600, preferred: 3600)
        information.prefixLength = length
        var harness = Harness { $0.prefixes = [HomePrefix(information)] }
        let anycast = try #require(information.prefix.homeAgentsAnycast)
        #expect(harness.handle(.messageReceived(HomeLinkSample.request(to: anycast))).count == 1)
        if length != 64 { #expect(harness.ask() == nil) }
    }

    @Test("who is nobody, or asks somebody else, gets no answer; and answers are limited in number")
    func limits() {
        var harness = Harness()
        #expect(harness.handle(.messageReceived(HomeLinkSample.request(from: .unspecified))).isEmpty)
        #expect(harness.handle(.messageReceived(HomeLinkSample.request(from: .allNodes))).isEmpty)
        #expect(harness.handle(.messageReceived(HomeLinkSample.request(to: Sample.stranger))).isEmpty)
        #expect(harness.counts[.messageForeign] == 3)
        let answers = (0..<1000).count { _ in harness.ask() != nil }
        #expect(answers == Tunables.discoveryRepliesBurst)
        #expect(harness.counts[.discoveryReplySuppressed] == 1000 - answers)
    }

    // MARK: Prefixes

    @Test("prefixes of other home agents join the configured ones; news are told, the passing of time is not")
    func prefixes() {
        var harness = Harness()
        let other = IPv6Address("2001:db8:2::2")!
        harness.hear(HomeLinkSample.advertisement(2, address: other, preference: 1, valid: 7200))
        #expect(harness.prefixes.last?.map(\.prefix) == [Sample.homePrefix, IPv6Prefix("2001:db8:2::/64")!])
        #expect(harness.prefixes.last?.last?.information.isRouterAddress == false)
        harness.pass(.seconds(100))
        harness.hear(HomeLinkSample.advertisement(2, address: other, preference: 1, valid: 7100))
        #expect(harness.prefixes.count == 2)  // its preferred lifetime moved
        harness.hear(HomeLinkSample.advertisement(2, address: other, preference: 1, valid: 7100))
        #expect(harness.prefixes.count == 2)
        harness.hear(HomeLinkSample.advertisement(2, address: other, preference: 1, valid: 0))
        #expect(harness.prefixes.count == 3)
        #expect(harness.machine.prefixes.map(\.prefix) == [Sample.homePrefix])
        // What the configuration says is not for others to change.
        harness.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1, valid: 1))
        #expect(harness.machine.prefixes.first?.information.validLifetime == 86400)
    }

    @Test("damaged messages do nothing", arguments: 1...5 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var harness = Harness()
        let whole = [
            HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 1),
            HomeLinkSample.request(), HomeLinkSample.request(mobileRouter: true),
        ]
        for round in 0..<2000 {
            var envelope = whole[round % 3]
            envelope.message = HostileInputTests.mutate(envelope.message, &random)
            for reply in harness.handle(.messageReceived(envelope)) { #expect(reply.message.count <= 1240) }
            harness.now = harness.now + .milliseconds(10)
        }
        #expect(harness.machine.list.entries.count <= 1)
    }
}
