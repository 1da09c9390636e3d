public import MobilityCore
import MobilityWire

extension Tunables {
    // Route optimisation, the mobile side

    /// Pairs of home address and peer in the Binding Update List at most: more go through the home agent. Each costs a
    /// few messages at every hand-over.
    public static let greatestNumberOfOptimizedPeers = 256
    /// Peers that are left alone for a while, at most: of more, the one whose rest ends first is forgotten.
    static let greatestNumberOfRestingPeers = 1024
    /// Correspondent registrations begun for new peers, per second and at once: whoever sends from many addresses causes
    /// no more signalling than this.
    static let newProceduresPerSecond = 5
    static let newProceduresBurst = 50
    /// How long the tests of one procedure may take, and again its Binding Update: six transmissions with the back-off
    /// of 1 s to 32 s. Longer where the peer may hold a binding that has to be put right: until that ends.
    static let routeOptimizationPatience = Instant.Span.seconds(64)
    /// Answers of a correspondent that ask for another try at once (135 to 138), in a row.
    static let routeOptimizationCorrections = 3
    /// Cookies, and Binding Updates, whose answer is still believed: on a long path answers come after the repetition.
    static let openCookies = 4
    /// Care-of keygen tokens kept for addresses left a moment ago, to which a node may return.
    static let careOfTokens = 3
    /// A peer that asks for a refresh this soon after the last acknowledgement is not heard: nothing authenticates the
    /// request.
    static let refreshRequestHoldOff = Instant.Span.seconds(10)
    /// Binding Errors from one peer, none more than `useMemory` after the one before, until it rests: it accepts bindings
    /// and does not keep them.
    static let bindingErrorsInARow = 3
    /// The first rest of a peer that does not answer, or refuses.
    static let silentPeerRest = Instant.Span.seconds(60)
    /// The first rest of a peer that says that it knows no Mobility Header.
    static let unsupportedPeerRest = Instant.Span.seconds(600)
    /// Rests double up to this. A peer that came to its senses is found again within the hour.
    static let longestPeerRest = Instant.Span.seconds(3600)
}
