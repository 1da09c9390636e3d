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
        return draft.filled { covered, code in
            authenticate(covered, careOfAddress, homeAddress, association.key, into: code)
        }
    }

    /// Checks a received Mobility Header, whose octets may be anything.
    public static func verify(
        _ octets: [UInt8], careOfAddress: IPv6Address, homeAddress: IPv6Address,
        association: MobilitySecurityAssociation
    ) -> Verdict {
        let length = SpecificationConstants.authenticatorLength
        guard let coverage = MobilityHeader.authenticationCoverage(of: octets.span.bytes),
            Int(octets[coverage - 6]) == 5 + length, octets.count >= coverage + length
        else { return .missing }
        // The option: type, length, subtype, four octets of index, then what is to be compared.
        let index = octets[(coverage - 4)..<coverage].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard index == association.securityParameterIndex else { return .unknownSecurityParameterIndex(index) }

        return octets.withUnsafeBytes { octets in
            let covered = UnsafeRawBufferPointer(rebasing: octets[..<coverage])
            let received = UnsafeRawBufferPointer(rebasing: octets[coverage..<coverage + length])
            return withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { expected in
                authenticate(covered, careOfAddress, homeAddress, association.key, into: expected)
                return HMACSHA1.areEqual(received, UnsafeRawBufferPointer(expected)) ? .authentic : .wrong
            }
        }
    }

    /// First (96, HMAC_SHA1 (key, data)), as 12 octets.
    ///
    /// - Parameter covered: the Mobility Header up to the authenticator, with any checksum.
    private static func authenticate(
        _ covered: UnsafeRawBufferPointer, _ careOfAddress: IPv6Address, _ homeAddress: IPv6Address, _ key: SharedKey,
        into code: UnsafeMutableRawBufferPointer
    ) {
        var computation = key.withOctets { HMACSHA1(key: $0) }
        computation.update(careOfAddress)
        computation.update(homeAddress)
        let checksum = MobilityHeader.checksumField
        computation.update(UnsafeRawBufferPointer(rebasing: covered[..<checksum.lowerBound]))
        withUnsafeBytes(of: UInt16.zero) { computation.update($0) }
        computation.update(UnsafeRawBufferPointer(rebasing: covered[checksum.upperBound...]))
        computation.finish(into: code)
    }
}
