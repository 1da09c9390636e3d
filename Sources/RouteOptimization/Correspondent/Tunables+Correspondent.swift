public import MobilityCore
public import MobilityWire

extension Tunables {
    // The correspondent node

    /// How long a nonce makes tokens: with it a token is good for at least 210 s and at most eight old nonces are kept
    /// (RFC 6275 §5.2.7).
    public static let nonceInterval = Instant.Span.seconds(30)
    /// Bindings, and memories of bindings that ended, held at most where the configuration says nothing. Each has cost
    /// its node a return-routability exchange.
    public static let greatestNumberOfCorrespondentBindings = 10_000
    /// Of these the share that the home addresses of one prefix may take, and what they may take at least: whoever has
    /// a /64 has as many addresses as he likes, passes every test with them, and must not keep others out. Nor must
    /// whoever has many /64: sites get a /56 or a /48 (RFC 6177), providers a /32.
    static let correspondentShares: [(prefixLength: UInt64, share: Int)] = [(64, 8), (48, 4), (32, 2)]
    static let leastCorrespondentBindingsPerPrefix = 64
    /// Home and care-of tests answered per second and at once: each costs a message authentication code, and whoever
    /// forges sources can have no more than this sent to others.
    static let testsPerSecond = 5_000
    static let testsBurst = 10_000
    /// How long before its end a binding in use asks to be refreshed: the node's own refresh, at three quarters of the
    /// lifetime, has failed by then. Never more than an eighth of the lifetime.
    static let refreshRequestLead = Instant.Span.seconds(30)
    /// Binding Refresh Requests for one binding, and the time between them. Then it ends with its lifetime.
    static let refreshRequests = 3
    static let refreshRequestInterval = Instant.Span.seconds(4)
    /// A binding is in use if a packet went by it this recently.
    public static let useMemory = Instant.Span.seconds(60)
}
