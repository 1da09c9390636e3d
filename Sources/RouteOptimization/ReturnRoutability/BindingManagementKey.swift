import CNettle
import MobilityCore
public import MobilityWire

/// The binding management key Kbm (RFC 6275 §5.2.5) and the Binding Authorization Data that it makes (§6.2.7).
///
///     Kbm           = SHA-1 (home keygen token | care-of keygen token)
///     Authenticator = First (96, HMAC_SHA1 (Kbm, care-of address | correspondent | MH Data))
///
/// It prints as dots.
public struct BindingManagementKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    let octets: [UInt8]

    /// - Parameter careOfToken: absent where a binding is deleted: then the home keygen token alone counts.
    public init(homeToken: KeygenToken, careOfToken: KeygenToken?) {
        octets = Self.sha1(homeToken.octets + (careOfToken?.octets ?? []))
    }

    public var description: String { "…" }
    public var debugDescription: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The Mobility Header of a Binding Update or Acknowledgement with the Binding Authorization Data as its end. Its
    /// checksum is zero. The message has no such option yet, and leaves room for one.
    ///
    /// - Parameters:
    ///   - careOfAddress: the care-of address of the binding; the home address where one is deleted.
    ///   - correspondent: the address of the correspondent node, its home address if it is mobile itself.
    public func seal(_ message: MobilityMessage, careOfAddress: IPv6Address, correspondent: IPv6Address) -> [UInt8] {
        let draft = message.draftAuthorized()
        return draft.filled(
            with: authenticator(draft.covered, careOfAddress: careOfAddress, correspondent: correspondent))
    }

    /// Whether a received Mobility Header, whose octets may be anything, ends with the right Binding Authorization Data.
    public func verifies(_ octets: [UInt8], careOfAddress: IPv6Address, correspondent: IPv6Address) -> Bool {
        let bytes = octets.span.bytes
        let length = SpecificationConstants.authenticatorLength
        guard let coverage = MobilityHeader.authorizationCoverage(of: bytes),
            let covered = try? MobilityHeader.coveredOctets(of: bytes, coverage: coverage),
            let end = try? MobilityHeader.length(of: bytes), end - coverage == length
        else { return false }
        let expected = authenticator(covered[...], careOfAddress: careOfAddress, correspondent: correspondent)
        return HMACSHA1.areEqual(octets[coverage..<end], expected)
    }

    private func authenticator(
        _ covered: ArraySlice<UInt8>, careOfAddress: IPv6Address, correspondent: IPv6Address
    ) -> [UInt8] {
        HMACSHA1.code(
            careOfAddress.octets + correspondent.octets + covered, key: octets,
            count: SpecificationConstants.authenticatorLength)
    }

    private static func sha1(_ data: [UInt8]) -> [UInt8] {
        var context = sha1_ctx()
        var digest = [UInt8](repeating: 0, count: Int(SHA1_DIGEST_SIZE))
        nettle_sha1_init(&context)
        data.withUnsafeBufferPointer { nettle_sha1_update(&context, $0.count, $0.baseAddress) }
        digest.withUnsafeMutableBufferPointer { nettle_sha1_digest(&context, $0.count, $0.baseAddress) }
        return digest
    }
}
