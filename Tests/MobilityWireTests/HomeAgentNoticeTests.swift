import MobilityWire
import Testing

@Suite("Messages of RFC 5142 and RFC 5846")
struct HomeAgentNoticeTests {
    @Test("revocation triggers and statuses keep their numbers")
    func numbers() {
        for value in 0...UInt8.max {
            #expect(RevocationTrigger(rawValue: value).rawValue == value)
            #expect(RevocationStatus(rawValue: value).rawValue == value)
            #expect(RevocationStatus(rawValue: value).isSuccess == (value < 128))
        }
        #expect(RevocationTrigger.perPeerPolicy.isGlobal)
        #expect(!RevocationTrigger.possibleOutOfSync.isGlobal)
    }

    @Test("a revocation of a type that nobody knows is an unknown message")
    func unknownRevocationType() throws {
        let octets: [UInt8] = [59, 1, 16, 0, 0, 0, 3, 0, 0, 1, 0, 0, 1, 2, 0, 0]
        #expect(try MobilityHeader.parse(octets.span.bytes) == .unknown(type: 16, data: [UInt8](octets[6...])))
    }

    @Test("more home agent addresses than the message holds are an error, and the authenticator is not looked for")
    func tooManyAddresses() {
        var octets = HomeAgentSwitch(addresses: [.loopback]).sealed
        #expect(MobilityHeader.authenticationCoverage(of: octets.span.bytes) != nil)
        octets[6] = 200
        #expect(throws: ParseError.self) { try MobilityHeader.parse(octets.span.bytes) }
        #expect(MobilityHeader.authenticationCoverage(of: octets.span.bytes) == nil)
    }

    @Test("random ones never trap")
    func random() {
        var generator = RandomNumbers(seed: 4)
        for round in 0..<20_000 {
            let count = 8 * Int.random(in: 1...12, using: &generator)
            var octets = (0..<count).map { _ in UInt8.random(in: 0...60, using: &generator) }
            octets.replaceSubrange(0..<3, with: [59, UInt8(count / 8 - 1), round % 2 == 0 ? 12 : 16])
            octets[6] = .random(in: 0...4, using: &generator)
            guard let message = try? MobilityHeader.parse(octets.span.bytes) else { continue }
            #expect((try? MobilityHeader.parse(message.emit().span.bytes)) == message)
        }
    }

    @Test("the home agents' anycast address is the 126th reserved one, whatever the prefix length (RFC 2526)")
    func anycast() {
        let expected: [(String, String?)] = [
            ("2001:db8:1::/64", "2001:db8:1:0:fdff:ffff:ffff:fffe"),
            ("2001:db8:1::/48", "2001:db8:1:ffff:ffff:ffff:ffff:fffe"),
            ("2001:db8:1::/63", "2001:db8:1:1:ffff:ffff:ffff:fffe"),
            ("2001:db8:1::/65", "2001:db8:1::7fff:ffff:ffff:fffe"),
            ("2001:db8:1::/112", "2001:db8:1::fffe"),
            ("2001:db8:1::/121", "2001:db8:1::7e"),
            ("2001:db8:1::/122", nil),
            ("2001:db8:1::1/128", nil),
            ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"),
        ]
        for (text, anycast) in expected {
            #expect(prefix(text).homeAgentsAnycast == anycast.map(address), "\(text)")
        }
        // Never outside the prefix.
        for length in 0...121 as ClosedRange<UInt8> {
            let prefix = IPv6Prefix(address("2001:db8:1:2:3:4:5:6"), length: length)
            #expect(prefix.homeAgentsAnycast.map(prefix.contains) == true)
        }
    }
}

extension HomeAgentSwitch {
    fileprivate var sealed: [UInt8] {
        MobilityMessage.homeAgentSwitch(self).draft(authenticatedBy: 256).octets
    }
}
