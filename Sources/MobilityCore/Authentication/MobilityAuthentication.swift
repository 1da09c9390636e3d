public import MobilityWire

/// The MN-HA Mobility Message Authentication option (RFC 4285 §5.1): HMAC-SHA1, truncated to 96 bits, over
///
///     care-of address | home address | Mobility Header up to and including the SPI, its checksum zero
public enum MobilityAuthentication {
    /// What the check of a received message says.
    public enum Verdict: Hashable, Sendable {
        case authentic
        /// The message has no MN-HA authentication option in its place, or one of another length.
        case missing
        /// The option names another security association.
        case unknownSecurityParameterIndex(UInt32)
        case wrong
    }

    /// The Mobility Header of a Binding Update or Acknowledgement with the authentication option put last and filled
    /// in. Its checksum is zero. The message has no such option yet, and leaves room for one.
    public static func seal(
        _ message: MobilityMessage, careOfAddress: IPv6Address, homeAddress: IPv6Address,
        association: MobilitySecurityAssociation
    ) -> [UInt8] {
        let draft = message.draft(authenticatedBy: association.securityParameterIndex)
        let data = careOfAddress.octets + homeAddress.octets + draft.covered
        return draft.filled(with: authenticator(of: data, key: association.key))
    }

    /// Checks a received Mobility Header, whose octets may be anything.
    public static func verify(
        _ octets: [UInt8], careOfAddress: IPv6Address, homeAddress: IPv6Address,
        association: MobilitySecurityAssociation
    ) -> Verdict {
        let bytes = octets.span.bytes
        guard let coverage = MobilityHeader.authenticationCoverage(of: bytes),
            let covered = try? MobilityHeader.coveredOctets(of: bytes, coverage: coverage)
        else { return .missing }
        // The option: type, length, subtype, four octets of index, then what is to be compared.
        let received = octets[coverage...].prefix(SpecificationConstants.authenticatorLength)
        let length = SpecificationConstants.authenticatorLength
        guard received.count == length, Int(octets[coverage - 6]) == 5 + length else { return .missing }
        let index = octets[(coverage - 4)..<coverage].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard index == association.securityParameterIndex else { return .unknownSecurityParameterIndex(index) }

        let data = careOfAddress.octets + homeAddress.octets + covered
        let expected = authenticator(of: data, key: association.key)
        return HMACSHA1.areEqual(received, expected) ? .authentic : .wrong
    }

    /// First (96, HMAC_SHA1 (key, data)), as 12 octets.
    static func authenticator(of data: [UInt8], key: SharedKey) -> [UInt8] {
        HMACSHA1.code(data, key: key.octets, count: SpecificationConstants.authenticatorLength)
    }
}
