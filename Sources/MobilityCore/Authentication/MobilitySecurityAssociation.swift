public import MobilityWire

/// What a mobile node and its home agent share: the mobility security association of RFC 4285 §5.1.
public struct MobilitySecurityAssociation: Hashable, Sendable {
    /// The mobility security parameter index; 256 or above.
    public let securityParameterIndex: UInt32
    public let key: SharedKey
    /// "Close enough": how far the timestamps of the two ends may differ.
    public let tolerance: Instant.Span
    public let replayProtection: ReplayProtection

    /// The mechanism that tells a fresh Binding Update from a repeated one.
    public enum ReplayProtection: Hashable, Sendable {
        /// The Mesg-ID option (RFC 4285 §6); a Binding Update without one is refused with status 145.
        case timestamp
        /// The sequence number alone (RFC 6275 §9.5.1): for a node that sends no Mesg-ID. A home agent without memory
        /// of the node then believes any old Binding Update.
        case sequenceNumber
    }

    /// - Throws: `.reservedSecurityParameterIndex` below 256.
    public init(
        securityParameterIndex: UInt32, key: SharedKey, tolerance: Instant.Span = defaultTolerance,
        replayProtection: ReplayProtection = .timestamp
    ) throws(MobilitySecurityAssociationError) {
        guard securityParameterIndex >= SpecificationConstants.firstUsableSecurityParameterIndex else {
            throw .reservedSecurityParameterIndex(securityParameterIndex)
        }
        self.securityParameterIndex = securityParameterIndex
        self.key = key
        self.tolerance = tolerance
        self.replayProtection = replayProtection
    }

    /// 7 seconds (RFC 4285 §5.1).
    public static let defaultTolerance = SpecificationConstants.timestampTolerance
}

/// A key of 16 octets (RFC 4285 §5.1). It prints as dots, so that no log shows it.
public struct SharedKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    // In two numbers, since a home agent keeps a million of them.
    private let first: UInt64
    private let second: UInt64

    /// - Throws: `.keyLength` unless there are 16 octets.
    public init(_ octets: [UInt8]) throws(MobilitySecurityAssociationError) {
        guard octets.count == SpecificationConstants.sharedKeyLength else { throw .keyLength(octets.count) }
        first = octets[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        second = octets[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func withOctets<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: (first.bigEndian, second.bigEndian), body)
    }

    public var description: String { "…" }
    public var debugDescription: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a mobility security association cannot be.
public enum MobilitySecurityAssociationError: Error, Hashable {
    /// The key has this many octets instead of 16.
    case keyLength(Int)
    /// Indices 0 to 255 have meanings of their own (RFC 4285 §8).
    case reservedSecurityParameterIndex(UInt32)
}
