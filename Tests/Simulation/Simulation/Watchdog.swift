/// How long packets have been lost, and by when they must get through again: the bound counts from the disturbance or, where
/// nothing was sent for a while, from the first packet that is lost.
struct Watchdog {
    /// After every disturbance this moves on.
    private(set) var mustWorkBy: Int64 = 0
    private var bound: Int64 = 0
    private(set) var disturbance = Disturbance.start
    /// Since when packets are lost, as far as they were sent.
    private(set) var failingSince: Int64?
    private var lastFailureAt: Int64?
    private(set) var disturbedAt: Int64 = 0

    mutating func disturb(_ disturbance: Disturbance, at time: Int64, bound: Int64) {
        guard time + bound > mustWorkBy else { return }
        mustWorkBy = time + bound
        self.bound = bound
        self.disturbance = disturbance
        disturbedAt = time
    }

    /// All packets got through up to the last one before the last disturbance.
    var isHealthy: Bool { failingSince == nil }

    /// A packet got through; how long packets were lost before.
    mutating func succeed(at time: Int64) -> Int64? {
        defer { failingSince = nil }
        return failingSince.map { time - $0 }
    }

    mutating func fail(at time: Int64) {
        // What was not looked at for a while may have been in order in between.
        if let last = lastFailureAt, time > last + Bounds.applicationRetry { failingSince = nil }
        failingSince = failingSince ?? time
        lastFailureAt = time
    }

    /// Whether packets have been lost for longer than the bound.
    func isOverdue(at time: Int64) -> Bool {
        time > mustWorkBy && failingSince.map { time > $0 + bound } ?? false
    }

    /// Nobody could have carried the packet.
    mutating func excuse(at time: Int64, bound: Int64) {
        disturb(.outage, at: time, bound: bound)
        failingSince = nil
    }
}

/// What may cost packets, with the bound that follows from each; see `Bounds`.
enum Disturbance: String, CaseIterable, Sendable {
    case start
    /// The node has another care-of address, and its home agent is there.
    case handover
    /// The same while something else was not in order yet.
    case handoverInTrouble = "hand-over in trouble"
    case homeAgentGone = "home agent gone"
    case homeAgentBack = "home agent back"
    /// The node went to another home agent, perhaps for want of answers that the network has lost: what the new one sends
    /// is not taken before it has been heard.
    case homeAgentChange = "change of home agent"
    /// A node with several care-of addresses leaves one aside because the network has lost what came by it.
    case pathChange = "care-of address left aside"
    case partition
    case restart
    case revocation
    case refusal
    /// Nobody could have carried packets until now.
    case outage
    case correspondentRestart = "correspondent restarted"
}
