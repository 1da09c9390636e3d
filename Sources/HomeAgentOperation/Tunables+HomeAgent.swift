public import MobilityCore
public import MobilityWire

extension Tunables {
    // The home agent

    /// How long packets from the care-of address that a binding replaced are still accepted. The node sends from there until
    /// it has an acknowledgement, of which four may be lost: it repeats its update after 1, 2, 4 and 8 s (RFC 6275 §11.8), and
    /// the answer to the last of these may be on its way for some time.
    static let replacedCareOfAddressGrace = Instant.Span.seconds(20)
    /// Mobile Network Prefix options in one Binding Update; more are refused as invalid.
    static let prefixesPerBinding = 16
    /// Names of nodes in one log line; the rest are a number.
    static let namesInOneLine = 20
    /// How long a registration waits for Duplicate Address Detection, which takes a second or two, before it is refused.
    static let duplicateDetectionWait = Instant.Span.seconds(5)
    /// Flow bindings that one node may hold: each is compared with every packet of the node until one matches.
    public static let flowsPerNode = 32
    /// The lifetime granted at most where the configuration says nothing.
    public static let greatestLifetime = Instant.Span.seconds(3600)
    /// The bindings held at most where the configuration says nothing.
    public static let greatestNumberOfBindings = 100_000

    // Revocation

    /// Revocations that wait for their acknowledgement at once; more wait for their turn.
    static let openRevocations = 256

    // Discovery

    /// Home agents of one home link that are remembered; more is a mistake or mischief.
    static let homeAgentsPerLink = 32
    /// Global addresses that are remembered of one of them.
    static let addressesPerHomeAgent = 8
    /// Answers to discovery requests per second and at once: nobody vouches for who asks.
    static let discoveryRepliesPerSecond = 50
    static let discoveryRepliesBurst = 200
}
