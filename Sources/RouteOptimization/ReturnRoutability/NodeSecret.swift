import MobilityCore

/// What a correspondent node alone knows: a node key Kcn and a nonce, renewed together so that one index names both
/// (RFC 6275 §5.2.1, §5.2.2, §5.2.7). It prints as dots.
public struct NodeSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let nodeKey: [UInt8]
    let nonce: [UInt8]
    /// Where the indices begin if this is the first one: at random, so that what an earlier run of the program handed
    /// out is recognised as unknown (status 138) and not taken for a forgery, which nobody answers.
    let firstIndex: UInt16

    /// How many random octets make a secret: 20 of the node key, 8 of the nonce, 2 of the index.
    public static let octetCount = SpecificationConstants.nodeKeyLength + SpecificationConstants.nonceLength + 2

    /// - Parameter octets: from the system's source of randomness, or fixed ones in simulations.
    /// - Throws: `.secretLength` unless there are `octetCount`.
    public init(_ octets: [UInt8]) throws(ReturnRoutabilityError) {
        guard octets.count == Self.octetCount else { throw .secretLength(octets.count) }
        nodeKey = Array(octets[..<SpecificationConstants.nodeKeyLength])
        nonce = Array(octets[SpecificationConstants.nodeKeyLength...].prefix(SpecificationConstants.nonceLength))
        firstIndex = octets.suffix(2).reduce(0) { $0 << 8 | UInt16($1) }
    }

    public var description: String { "…" }
    public var debugDescription: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Our own misuse of return routability.
public enum ReturnRoutabilityError: Error, Hashable {
    /// A secret has another number of octets.
    case secretLength(Int)
}
