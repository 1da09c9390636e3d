import MobilityWire
import Testing

@testable import MobilityCore

/// The octets are those of vectors.py, which knows nothing of this code.
@Suite struct AuthenticationTests {
    static let update = octets(
        """
        3b0a050000000007c40000960100031020010db800a100000000000000000042010200000612003c20010db8001000000000000000
        00000001000a08ee8b2a80123456780009110100000100e8a17f901b71d045ee75bf3d
        """)
    static let acknowledgement = octets(
        "3b05060000000040000700960104000000000a08ee8b2a8012345678000911010000010082ae43e2a88a8ec94be3f975")
    static let timestamp: UInt64 = 0xee8b_2a80_1234_5678

    static func octets(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    func verify(
        _ octets: [UInt8], careOf: IPv6Address = Sample.cable.address, home: IPv6Address = Sample.home,
        key: SharedKey = Sample.key, index: UInt32 = 256
    ) throws -> MobilityAuthentication.Verdict {
        MobilityAuthentication.verify(
            octets, careOfAddress: careOf, homeAddress: home,
            association: try MobilitySecurityAssociation(securityParameterIndex: index, key: key))
    }

    @Test("a sealed Binding Update is octet for octet the one that Python's hmac makes")
    func sealsUpdate() {
        let message = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: 7), flags: [.acknowledge, .homeRegistration, .mobileRouter],
                lifetime: BindingLifetime(seconds: 600),
                options: [
                    .alternateCareOfAddress(Sample.cable.address), .mobileNetworkPrefix(Sample.mobilePrefix),
                    .messageIdentifier(timestamp: Self.timestamp),
                ]))
        let sealed = MobilityAuthentication.seal(
            message, careOfAddress: Sample.cable.address, homeAddress: Sample.home, association: Sample.association)
        #expect(sealed == Self.update)
    }

    @Test("a sealed Binding Acknowledgement is octet for octet the one that Python's hmac makes")
    func sealsAcknowledgement() {
        let message = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: .accepted, mobileRouter: true, sequenceNumber: SequenceNumber(rawValue: 7),
                lifetime: BindingLifetime(seconds: 600), options: [.messageIdentifier(timestamp: Self.timestamp)]))
        let sealed = MobilityAuthentication.seal(
            message, careOfAddress: Sample.cable.address, homeAddress: Sample.home, association: Sample.association)
        #expect(sealed == Self.acknowledgement)
    }

    @Test("what Python's hmac made is authentic", arguments: [update, acknowledgement])
    func verifies(_ octets: [UInt8]) throws {
        #expect(try verify(octets) == .authentic)
    }

    @Test("the checksum is not covered: on the way it is filled in")
    func checksumIsFree() throws {
        var octets = Self.update
        octets[4] = 0xab
        octets[5] = 0xcd
        #expect(try verify(octets) == .authentic)
    }

    @Test("any other octet that changes makes it wrong, or makes it no authenticated message")
    func everyOctetCounts() throws {
        for index in Self.update.indices where index != 4 && index != 5 {
            var octets = Self.update
            octets[index] ^= 0x01
            #expect(try verify(octets) != .authentic, "octet \(index)")
        }
    }

    @Test("other addresses, another key or another index are not accepted")
    func everyInputCounts() throws {
        #expect(try verify(Self.update, careOf: Sample.radio.address) == .wrong)
        #expect(try verify(Self.update, home: Sample.otherHome) == .wrong)
        #expect(try verify(Self.update, key: Sample.otherKey) == .wrong)
        #expect(try verify(Self.update, index: 257) == .unknownSecurityParameterIndex(256))
    }

    @Test("a message cut at any length is refused without a trap")
    func truncated() throws {
        for length in Self.update.indices {
            #expect(try verify(Array(Self.update[..<length])) != .authentic)
        }
    }

    @Test("an authenticator of another length is none")
    func shortAuthenticator() throws {
        let message = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: 7), flags: [.homeRegistration], lifetime: .zero,
                options: [
                    .messageAuthentication(
                        MessageAuthentication(subtype: 1, securityParameterIndex: 256, authenticator: [1, 2, 3, 4]))
                ]))
        #expect(try verify(message.emit()) == .missing)
    }

    @Test("a key has 16 octets, and an index is 256 or above")
    func limits() {
        #expect(throws: MobilitySecurityAssociationError.keyLength(15)) { try SharedKey(Array(0..<15)) }
        #expect(throws: MobilitySecurityAssociationError.reservedSecurityParameterIndex(255)) {
            try MobilitySecurityAssociation(securityParameterIndex: 255, key: Sample.key)
        }
    }

    @Test("a key does not show in text")
    func keyIsSecret() {
        #expect("\(Sample.key)" == "…")
        var text = ""
        dump(Sample.association, to: &text)
        #expect(!text.contains("15"))
    }
}

@Suite struct NTPTimestampTests {
    @Test("the seconds since 1970 become those since 1900, and nanoseconds a binary fraction")
    func fromUnixTime() {
        let timestamp = NTPTimestamp(unixSeconds: 0, nanoseconds: 500_000_000)
        #expect(timestamp.rawValue == (2_208_988_800 as UInt64) << 32 | 0x8000_0000)
    }

    @Test("order and distance survive the roll-over of 2036")
    func rollOver() {
        let before = NTPTimestamp(rawValue: 0xffff_ffff_8000_0000)
        let after = before + .seconds(2)
        #expect(after.seconds == 1)
        #expect(after.isNewer(than: before))
        #expect(!before.isNewer(than: after))
        #expect(after.isClose(to: before, within: .seconds(2)))
        #expect(!after.isClose(to: before, within: .milliseconds(1999)))
    }
}
