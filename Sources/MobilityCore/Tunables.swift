public import MobilityWire

/// Values that this implementation chose, with the reason for each. What RFCs fix is in `SpecificationConstants`.
public enum Tunables {
    // The mobile side

    /// A registration is refreshed when this share of the granted lifetime, in 16ths, has passed: at 600 s that leaves
    /// 150 s, in which seven retransmissions have room.
    package static let refreshAfterSixteenths: Int64 = 12
    /// The refresh comes up to this many 16ths of the lifetime earlier, at random, so that the nodes that a home agent's
    /// restart brought into step do not stay in step.
    package static let refreshJitterSixteenths: Int64 = 2
    /// The least time between an acknowledgement and the refresh: bounds the load that a very short lifetime or Binding
    /// Refresh Advice can ask for.
    package static let leastRefreshInterval = Instant.Span.seconds(1)
    /// How long packets are still accepted on the care-of address that was left: what the home agent had sent before
    /// the Binding Update reached it, and its neighbours' queues.
    public static let previousCareOfAddressGrace = Instant.Span.seconds(4)
    /// Care-of addresses that bring packets in beside the active one: more than two moves within a round trip are lost.
    package static let standbyAddresses = 3
    /// Binding Updates whose acknowledgement is still believed; with the back-off they span a minute of silence.
    package static let outstandingUpdates = 8
    /// After this many corrections (statuses 135 and 144) without success the back-off sets the pace again.
    static let immediateCorrections = 3
    /// A Binding Error less than this after an acknowledgement is not acted on: it may have crossed it, and nothing
    /// authenticates it.
    package static let bindingErrorHoldOff = Instant.Span.seconds(1)
    /// How long a machine that stops waits for the home agent's answer: two retransmissions.
    public static let deregistrationWait = Instant.Span.seconds(4)
    /// The first wait after a refusal that passes by itself (no resources).
    static let shortRetryInterval = Instant.Span.seconds(10)
    /// The first wait after a refusal that somebody has to repair at the home agent; it heals without touching the
    /// mobile router.
    static let longRetryInterval = Instant.Span.seconds(60)
    /// Binding Updates from a care-of address without an answer after which another one is tried, where there is one.
    static let unansweredBeforeRest = 2
    /// Flow bindings that a node asks for at most: with a full selector each they fill a Binding Update.
    public static let flowsPerRegistration = 16
    /// Waits after refusals double up to this.
    static let longestRetryInterval = Instant.Span.seconds(600)

    // What several ends keep to

    /// Answers to messages that nobody vouches for, per second and at once: a stranger can have a node send no
    /// more than this to others, and a fleet that starts without clocks is told the time within seconds.
    package static let strangerAnswersPerSecond = 200
    package static let strangerAnswersBurst = 400
    /// Lifetimes of a prefix that end within this many seconds of each other are the same: routers round, and
    /// advertisements are under way for a while.
    static let prefixLifetimeTolerance: UInt32 = 2
    /// Bindings with identifiers that one node may hold: more uplinks than a vehicle has.
    public static let bindingsPerNode = 8

    // Discovery

    /// Prefixes of one home link: as many Prefix Information options fit into a packet of the minimum MTU.
    package static let prefixesPerHomeLink = 32
    /// The wait after a round of discovery requests without answer, doubling up to `longestRetryInterval`.
    static let discoveryRest = Instant.Span.seconds(30)
    /// The least time between two rounds: a list of home agents that all fail does not make a loop.
    static let discoveryHoldOff = Instant.Span.seconds(10)
    /// Home agents of one discovery reply or Home Agent Switch message that are kept.
    package static let candidatesKept = 32
    /// Binding Updates without answer after which the next home agent is tried: 1 + 2 + 4 s of a refresh. On links that
    /// lose a tenth each way two in a row are lost once in thirty, three once in a hundred and fifty.
    public static let unansweredUpdates = 3
    /// How long a home agent that failed is left alone before it is tried again; doubles up to `longestRetryInterval`.
    static let failedAgentRest = Instant.Span.seconds(30)
    /// How long discovered and suggested home agents are remembered without being used.
    static let candidateLifetime = Instant.Span.seconds(3600)
    /// Between two probes of the preferred home agent while another one serves, and how many answers in a row show that
    /// it is back to stay.
    static let preferredProbeInterval = Instant.Span.seconds(1)
    static let preferredProbeRest = Instant.Span.seconds(30)
    static let preferredProbeAnswers = 3
    /// Between two questions whether the home agent in use is there, while there is another one to go to: a dead one is
    /// found long before the next refresh.
    static let watchInterval = Instant.Span.seconds(5)
    /// How long each waits for its answer, and how many in a row without one make the home agent doubtful.
    static let watchTimeout = Instant.Span.seconds(1)
    static let watchUnanswered = 3
    /// How long a home agent that answers Binding Updates and no echoes is not asked again; doubles up to
    /// `longestRetryInterval`. Three echoes in a row are lost by chance, too.
    static let watchRest = Instant.Span.seconds(60)
    /// Mobile Prefix Solicitations in a row without answer.
    static let prefixSolicitations = 5
    /// The least time between two unprovoked solicitations: what an unsolicited advertisement can cause.
    static let prefixSolicitationHoldOff = Instant.Span.seconds(10)
}
