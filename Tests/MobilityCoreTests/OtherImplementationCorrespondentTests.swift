import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore
@testable import RouteOptimization

/// Return routability with UMIP on the other side, by what it sent in captures. Cookies, tokens and indices are random at
/// both ends: where an answer has to fit what our machine chose, that alone is put in the place of theirs.
@Suite("Another implementation's route optimisation")
struct OtherImplementationCorrespondentTests {
    static let home = IPv6Address("2001:db8:1::cafe")!

    static func packet(_ name: String) throws -> MobilityPacket {
        try #require(OtherImplementationDiscoveryTests.packets[name], "\(name)")
    }

    static func envelope(_ name: String) throws -> MobilityEnvelope {
        OtherImplementationRegistrationTests.envelope(try packet(name))
    }

    static func message(_ name: String) throws -> MobilityMessage {
        try MobilityHeader.parse(try packet(name).message.span.bytes)
    }

    // MARK: It is the mobile node

    @Test(
        "its tests are answered to where they came from, with their cookies",
        arguments: [
            "ro-hoti-1", "ro-hoti-2", "ro-hoti-3", "ro-coti-1", "ro-coti-2", "ro-coti-3", "ro-coti-4", "ipsec-hoti-1",
            "ipsec-coti-1", "ipsec-coti-2",
        ])
    func tests(name: String) throws {
        var correspondent = CorrespondentHarness()
        let theirs = try Self.envelope(name)
        correspondent.handle(.messageReceived(theirs))
        let ours = try #require(correspondent.sent.first)
        #expect(ours.source == theirs.destination && ours.destination == theirs.source)
        #expect(ours.routingHeader == nil && ours.homeAddressOption == nil)
        switch (try Self.message(name), correspondent.parse(ours)) {
        case (.homeTestInit(let asked, _), .homeTest(_, let answered, _, _)?): #expect(asked == answered)
        case (.careOfTestInit(let asked, _), .careOfTest(_, let answered, _, _)?): #expect(asked == answered)
        default: Issue.record("\(name) is not answered by its kind")
        }
    }

    /// Its Binding Update with the indices and the authenticator that our correspondent's tokens lead to.
    static func fitted(_ name: String, to correspondent: inout CorrespondentHarness) throws -> MobilityEnvelope {
        var envelope = try envelope(name)
        guard case .bindingUpdate(var update) = try message(name) else { throw CorrespondentHarness.Unanswered() }
        let isDeletion = update.lifetime == .zero
        let homeToken = try correspondent.token(home, careOf: false)
        let careOfToken = isDeletion ? nil : try correspondent.token(envelope.source, careOf: true)
        update.options = update.options.compactMap {
            switch $0 {
            case .nonceIndices: .nonceIndices(home: homeToken.index, careOf: careOfToken?.index ?? 0)
            case .bindingAuthorizationData: nil
            default: $0
            }
        }
        let key = BindingManagementKey(homeToken: homeToken.token, careOfToken: careOfToken?.token)
        envelope.message = key.seal(
            .bindingUpdate(update), careOfAddress: envelope.source, correspondent: envelope.destination)
        return envelope
    }

    @Test(
        "its Binding Updates bind, and are answered as its own correspondent answered",
        arguments: [1, 2, 4, 5, 6])
    func updates(number: Int) throws {
        var correspondent = CorrespondentHarness()
        let envelope = try Self.fitted("ro-bu-\(number)", to: &correspondent)
        #expect(correspondent.deliver(envelope) == .accepted)
        #expect(correspondent.binding(Self.home)?.careOfAddress == envelope.source)
        guard case .bindingAcknowledgement(let theirs) = try Self.message("ro-ba-\(number)") else {
            return #expect(Bool(false))
        }
        let ours = try #require(correspondent.lastAcknowledgement)
        #expect(ours.status == theirs.status && ours.sequenceNumber == theirs.sequenceNumber)
        #expect(ours.lifetime == theirs.lifetime)
        let sent = try #require(correspondent.sent.last)
        let answer = try Self.envelope("ro-ba-\(number)")
        #expect(sent.source == answer.source && sent.destination == answer.destination)
        #expect(sent.routingHeader == answer.routingHeader)
    }

    @Test("its de-registration from home ends the binding")
    func deregistration() throws {
        var correspondent = CorrespondentHarness()
        correspondent.deliver(try Self.fitted("ro-bu-2", to: &correspondent))
        #expect(correspondent.deliver(try Self.fitted("ro-bu-3", to: &correspondent)) == .accepted)
        #expect(correspondent.binding(Self.home) == nil)
        let answer = try Self.envelope("ro-ba-3")
        #expect(correspondent.sent.last?.destination == answer.destination)
        #expect(correspondent.sent.last?.routingHeader == answer.routingHeader)
    }

    @Test("with the tokens of another correspondent it binds nothing", arguments: [1, 2, 4, 5, 6])
    func strange(number: Int) throws {
        var correspondent = CorrespondentHarness()
        #expect(correspondent.deliver(try Self.envelope("ro-bu-\(number)")) != .accepted)
        #expect(correspondent.installed.isEmpty)
    }

    // MARK: It is the correspondent

    /// Our mobile node, tested by its Home Test and Care-of Test, with its Binding Update on the way.
    static func updating(homeTest: String, careOfTest: String, answer: String) throws -> RouteOptimizationHarness {
        var mobile = RouteOptimizationHarness()
        mobile.pair = .init(homeAddress: home, peer: RouteOptimizationHarness.peer)
        guard case .homeTest(let homeIndex, _, let homeToken, _) = try message(homeTest),
            case .careOfTest(let careOfIndex, _, let careOfToken, _) = try message(careOfTest),
            case .bindingAcknowledgement(let acknowledgement) = try message(answer)
        else { throw CorrespondentHarness.Unanswered() }
        let careOf = CareOf(address: try packet(careOfTest).destination, interfaceIndex: 2)
        let number = SequenceNumber(rawValue: acknowledgement.sequenceNumber.rawValue &- 1)
        mobile.handle(
            .restored(
                OptimizedRoute(
                    homeAddress: home, peer: mobile.pair.peer, careOf: careOf, expiresAt: mobile.now + .seconds(100)),
                number))
        mobile.away(careOf)
        mobile.hint()
        mobile.receive(
            .homeTest(
                nonceIndex: homeIndex, cookie: try #require(mobile.lastCookie(careOf: false)), keygenToken: homeToken,
                options: []))
        mobile.receive(
            .careOfTest(
                nonceIndex: careOfIndex, cookie: try #require(mobile.lastCookie(careOf: true)),
                keygenToken: careOfToken, options: []), to: careOf.address, throughTunnel: false)
        return mobile
    }

    struct Exchange: CustomTestStringConvertible {
        var homeTest: String, careOfTest: String, update: String, answer: String
        var testDescription: String { update }
    }

    static let exchanges = [
        Exchange(homeTest: "ro-hot-1", careOfTest: "ro-cot-1", update: "ro-bu-1", answer: "ro-ba-1"),
        Exchange(homeTest: "ro-hot-1", careOfTest: "ro-cot-2", update: "ro-bu-2", answer: "ro-ba-2"),
        Exchange(homeTest: "ro-hot-2", careOfTest: "ro-cot-3", update: "ro-bu-4", answer: "ro-ba-4"),
        Exchange(homeTest: "ro-hot-3", careOfTest: "ro-cot-4", update: "ro-bu-6", answer: "ro-ba-6"),
    ]

    @Test(
        "its tokens make the Binding Update that its mobile node sent, and its acknowledgement installs the route",
        arguments: exchanges)
    func acknowledgement(exchange: Exchange) throws {
        var mobile = try Self.updating(
            homeTest: exchange.homeTest, careOfTest: exchange.careOfTest, answer: exchange.answer)
        let theirs = try Self.envelope(exchange.update)
        let (_, ours) = try #require(mobile.lastUpdate)
        #expect(ours.source == theirs.source && ours.destination == theirs.destination)
        #expect(ours.homeAddressOption == theirs.homeAddressOption)
        // All but the checksum, which is made with the IPv6 header.
        #expect(ours.message[..<4] == theirs.message[..<4] && ours.message[6...] == theirs.message[6...])
        mobile.handle(.messageReceived(try Self.envelope(exchange.answer), throughTunnel: false))
        #expect(mobile.route?.careOf.address == theirs.source)
        #expect(mobile.phase == .bound)
    }

    @Test("its Binding Error ends the route")
    func bindingError() throws {
        let exchange = Self.exchanges[2]
        var mobile = try Self.updating(
            homeTest: exchange.homeTest, careOfTest: exchange.careOfTest, answer: exchange.answer)
        mobile.handle(.messageReceived(try Self.envelope(exchange.answer), throughTunnel: false))
        #expect(mobile.route != nil)
        // As long after the acknowledgement as in the capture.
        mobile.pass(.seconds(13))
        mobile.handle(.messageReceived(try Self.envelope("ro-be-1"), throughTunnel: false))
        #expect(mobile.route == nil)
    }
}
