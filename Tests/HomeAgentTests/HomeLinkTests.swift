import MobilityCore
import MobilitySocket
import MobilityWire
import Settings
import Testing

@testable import HomeAgent

@Suite("had on a home link, and its answers to discovery")
struct HomeLinkTests {
    private func onLink() throws -> (Stage, HomeAgent) {
        let stage = try Stage()
        stage.settings.link = "home0"
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        return (stage, had)
    }

    @Test("a first registration waits until nobody claims the address; the next one does not wait")
    func detection() throws {
        let (stage, had) = try onLink()
        stage.deliver(sequence: 5)
        let question = MobilitySocketMessage.detectStart(address: Stage.home, interfaceName: "home0")
        try stage.run { stage.messages.contains(question) }
        #expect(stage.messages.contains(question))
        #expect(stage.sent.isEmpty)
        stage.notify(.detectResult(address: Stage.home, isDuplicate: false))
        try stage.run { stage.sent.count == 1 }
        #expect(stage.bindings.count == 1)
        stage.deliver(sequence: 6, lifetime: 0)
        try stage.run { stage.sent.count == 2 }
        stage.deliver(sequence: 7)
        try stage.run { stage.sent.count == 3 }
        #expect(stage.bindings.count == 2)
        #expect(stage.counter("detection_started") == nil || stage.messages.count { $0 == question } == 2)
        withExtendedLifetime(had) {}
    }

    @Test("an address that somebody has is refused with status 134")
    func duplicate() throws {
        let (stage, had) = try onLink()
        stage.deliver(sequence: 5, linkLocal: true)
        let linkLocal = IPv6Address("fe80::100")!
        try stage.run { stage.messages.contains(.detectStart(address: linkLocal, interfaceName: "home0")) }
        stage.notify(.detectResult(address: Stage.home, isDuplicate: false))
        stage.notify(.detectResult(address: linkLocal, isDuplicate: true))
        try stage.run { stage.counter("acknowledgement_sent_duplicate_address_detection_failed") == 1 }
        #expect(stage.counter("acknowledgement_sent_duplicate_address_detection_failed") == 1)
        #expect(stage.counter("detection_found_duplicate") == 1)
        #expect(stage.bindings.isEmpty)
        withExtendedLifetime(had) {}
    }

    @Test("a home agent that is heard on the link is named in the answer to a discovery request")
    func discovery() throws {
        let (stage, had) = try onLink()
        let other = IPv6Address("2001:db8:1::2")!
        let advertisement = ICMPv6Message.routerAdvertisement(
            RouterAdvertisement(
                flags: .homeAgent, routerLifetime: 60,
                options: [
                    .prefixInformation(
                        PrefixInformation(
                            address: other, prefixLength: 64, isRouterAddress: true, validLifetime: 600,
                            preferredLifetime: 300)),
                    .homeAgentInformation(HomeAgentInformation(preference: 9, lifetime: 60, mobileRouters: true)),
                ]))
        stage.notify(
            .icmpReceived(
                ICMPv6Datagram(
                    source: IPv6Address("fe80::2")!, destination: .allNodes, interfaceIndex: 7, hopLimit: 255,
                    message: advertisement.emit())))
        let anycast = try #require(IPv6Prefix(Stage.agent, length: 64).homeAgentsAnycast)
        stage.notify(
            .icmpReceived(
                ICMPv6Datagram(
                    source: Stage.careOf, destination: anycast,
                    message: ICMPv6Message.homeAgentAddressDiscoveryRequest(identifier: 77, mobileRouter: true).emit()
                )))
        try stage.run { !stage.icmp.isEmpty }
        let answer = try #require(stage.icmp.first)
        #expect(answer.source == Stage.agent && answer.destination == Stage.careOf)
        #expect(
            try ICMPv6Message.parse(answer.message.span.bytes)
                == .homeAgentAddressDiscoveryReply(
                    identifier: 77, mobileRouter: true, addresses: [other, Stage.agent]))
        try stage.run { stage.counter("discovery_reply_sent") == 1 }
        #expect(stage.counter("home_agent_added") == 1)
        withExtendedLifetime(had) {}
    }

    @Test(
        "a Mobile Prefix Solicitation of a bound node is answered where the settings allow it",
        arguments: [true, false])
    func prefixDiscovery(isInsecure: Bool) throws {
        let stage = try Stage()
        stage.settings.prefixDiscovery.isInsecure = isInsecure
        stage.settings.prefixDiscovery.preferredLifetime = 3600
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        try stage.run { stage.sent.count == 1 }
        stage.notify(
            .icmpReceived(
                ICMPv6Datagram(
                    source: Stage.careOf, destination: Stage.agent, homeAddressOption: Stage.home,
                    message: ICMPv6Message.mobilePrefixSolicitation(identifier: 9, options: []).emit())))
        try stage.run { stage.counter("prefix_solicitation_received") == 1 }
        guard isInsecure else {
            #expect(stage.counter("prefix_message_unprotected") == 1)
            #expect(stage.icmp.isEmpty)
            return
        }
        let answer = try #require(stage.icmp.first)
        #expect(answer.destination == Stage.careOf && answer.routingHeader == Stage.home)
        guard case .mobilePrefixAdvertisement(let advertisement) = try ICMPv6Message.parse(answer.message.span.bytes)
        else {
            Issue.record("\(answer)")
            return
        }
        #expect(advertisement.identifier == 9)
        #expect(
            advertisement.options == [
                .prefixInformation(
                    PrefixInformation(
                        address: Stage.agent, prefixLength: 64, isOnLink: false, isRouterAddress: true,
                        validLifetime: 2_592_000, preferredLifetime: 3600))
            ])
        withExtendedLifetime(had) {}
    }
}
