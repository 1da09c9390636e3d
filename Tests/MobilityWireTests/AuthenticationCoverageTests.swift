import MobilityWire
import Testing

@Suite("What an authenticator covers")
struct AuthenticationCoverageTests {
    let update = MobilityMessage.bindingUpdate(
        GoldenMessages.update(
            10, [.acknowledge, .homeRegistration, .mobileRouter], 150,
            [
                .mobileNodeIdentifier(subtype: 1, identifier: [UInt8]("bus17@example".utf8)),
                .messageIdentifier(timestamp: 0x0123_4567_89ab_cdef),
            ]))

    @Test("is all up to the security parameter index (RFC 4285 §5), and the message ends with the option")
    func draft() throws {
        let draft = update.draft(authenticatedBy: 0x100)
        #expect(draft.authenticator.upperBound == draft.octets.count)
        #expect(draft.covered.suffix(5) == [1, 0, 0, 1, 0])
        let filled = draft.filled(with: GoldenMessages.code)
        let golden = Golden.packet("bu_authenticated")
        let packet = try MobilityPacket(parsing: golden.span.bytes)
        #expect([UInt8](filled[6...]) == [UInt8](packet.message[6...]))
        // The receiver's side comes to the same octets, from the message with its checksum.
        let coverage = MobilityHeader.authenticationCoverage(of: packet.message.span.bytes)
        #expect(coverage == draft.authenticator.lowerBound)
        let covered = try MobilityHeader.coveredOctets(of: packet.message.span.bytes, coverage: coverage ?? 0)
        #expect(covered == [UInt8](draft.covered))
    }

    @Test("of an option with padding behind it ends at the same field")
    func padded() throws {
        let packet = try MobilityPacket(parsing: Golden.packet("parse_auth_padded").span.bytes)
        #expect(coverage(of: packet.message) == 40)
    }

    @Test("is nil without the option, with two, with another option behind it, or behind MN-AAA's")
    func refused() {
        func coverage(_ options: [MobilityOption]) -> Int? {
            var message = MobilityMessage.bindingUpdate(GoldenMessages.update(1, .acknowledge, 1))
            message.options = options
            return self.coverage(of: message.emit())
        }
        func authentication(_ subtype: UInt8) -> MobilityOption {
            .messageAuthentication(
                MessageAuthentication(subtype: subtype, securityParameterIndex: 300, authenticator: GoldenMessages.code)
            )
        }
        #expect(coverage([]) == nil)
        #expect(coverage([authentication(1)]) != nil)
        #expect(coverage([authentication(1), authentication(2)]) != nil)
        #expect(coverage([authentication(2), authentication(1)]) == nil)
        #expect(coverage([authentication(2)]) == nil)
        #expect(coverage([authentication(1), authentication(1)]) == nil)
        #expect(coverage([authentication(1), .nonceIndices(home: 1, careOf: 2)]) == nil)
        #expect(self.coverage(of: [59, 0, 5]) == nil)
    }

    @Test("of Binding Authorization Data is all but the authenticator, which ends the message (RFC 6275 §6.2.7)")
    func authorization() throws {
        var message = MobilityMessage.bindingUpdate(GoldenMessages.update(9, .acknowledge, 105))
        message.options = [.nonceIndices(home: 3, careOf: 4)]
        let draft = message.draftAuthorized()
        #expect(draft.authenticator == draft.octets.count - 12..<draft.octets.count)
        let packet = try MobilityPacket(parsing: Golden.packet("bu_route_optimised").span.bytes)
        #expect(authorization(of: packet.message) == draft.authenticator.lowerBound)
        #expect([UInt8](draft.filled(with: GoldenMessages.code)[6...]) == [UInt8](packet.message[6...]))
        // Padding behind it is not allowed.
        var padded = packet.message
        padded[1] += 1
        padded += [1, 6, 0, 0, 0, 0, 0, 0]
        #expect(authorization(of: padded) == nil)
    }

    private func coverage(of octets: [UInt8]) -> Int? {
        MobilityHeader.authenticationCoverage(of: octets.span.bytes)
    }

    private func authorization(of octets: [UInt8]) -> Int? {
        MobilityHeader.authorizationCoverage(of: octets.span.bytes)
    }
}
