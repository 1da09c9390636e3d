public import MobilityWire

/// What a program knows and waits for besides bindings and registrations, for people: it tells nemonetd now and then, and
/// each time everything.
public struct ProgramState: Hashable, Sendable {
    public var program: String
    public var homeAgents: [HomeAgentEntry]
    public var timers: [TimerEntry]
    /// Of a mobile node.
    public var choice: UplinkChoice?

    public init(
        program: String, homeAgents: [HomeAgentEntry] = [], timers: [TimerEntry] = [], choice: UplinkChoice? = nil
    ) {
        self.program = program
        self.homeAgents = homeAgents
        self.timers = timers
        self.choice = choice
    }

    /// A home agent of the home network (RFC 6275 §10.1).
    public struct HomeAgentEntry: Hashable, Sendable {
        /// Its global addresses.
        public var addresses: [IPv6Address]
        /// Higher is better.
        public var preference: UInt16
        public var servesMobileRouters: Bool
        /// Whether it is the one on this machine.
        public var isOwn: Bool
        /// Until it is forgotten; 0 for one that does not age.
        public var remainingMilliseconds: UInt64

        public init(
            addresses: [IPv6Address], preference: UInt16 = 0, servesMobileRouters: Bool = true, isOwn: Bool = false,
            remainingMilliseconds: UInt64 = 0
        ) {
            self.addresses = addresses
            self.preference = preference
            self.servesMobileRouters = servesMobileRouters
            self.isOwn = isOwn
            self.remainingMilliseconds = remainingMilliseconds
        }
    }

    /// Something that time will bring.
    public struct TimerEntry: Hashable, Sendable {
        /// A stable lower_snake_case name.
        public var name: String
        /// How many things wait there.
        public var waiting: UInt32
        /// Until the first of them is due.
        public var remainingMilliseconds: UInt64

        public init(name: String, waiting: UInt32, remainingMilliseconds: UInt64) {
            self.name = name
            self.waiting = waiting
            self.remainingMilliseconds = remainingMilliseconds
        }
    }

    /// The same, told this long ago: what was to come has come nearer.
    public func after(_ span: Instant.Span) -> ProgramState {
        let passed = UInt64(clamping: span.milliseconds)
        func left(_ remaining: UInt64) -> UInt64 { remaining > passed ? remaining - passed : 0 }
        var state = self
        state.homeAgents = homeAgents.compactMap { agent in
            guard agent.remainingMilliseconds > 0 else { return agent }
            var agent = agent
            agent.remainingMilliseconds = left(agent.remainingMilliseconds)
            return agent.remainingMilliseconds > 0 ? agent : nil
        }
        for index in state.timers.indices {
            state.timers[index].remainingMilliseconds = left(state.timers[index].remainingMilliseconds)
        }
        state.choice = choice?.after(passed)
        return state
    }
}
