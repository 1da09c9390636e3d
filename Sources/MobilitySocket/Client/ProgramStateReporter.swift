public import MobilityWire
public import Platform

/// Tells nemonetd what a program knows and waits for, for people: when that has changed, and once a second at most but for
/// what cannot wait.
public final class ProgramStateReporter {
    /// The least time between two reports: people do not read faster.
    static let interval = Instant.Span.seconds(1)

    /// What there is, by times, so that their passing is no news.
    public struct State: Hashable, Sendable {
        public struct HomeAgent: Hashable, Sendable {
            public var addresses: [IPv6Address]
            public var preference: UInt16
            public var mobileRouters: Bool
            /// Nil for the program's own.
            public var expiresAt: Instant?

            public init(addresses: [IPv6Address], preference: UInt16, mobileRouters: Bool, expiresAt: Instant?) {
                self.addresses = addresses
                self.preference = preference
                self.mobileRouters = mobileRouters
                self.expiresAt = expiresAt
            }
        }

        public var homeAgents: [HomeAgent]
        public var timers: [PendingTimer]
        /// By spans up to now, which is what people are told.
        public var choice: UplinkChoice?

        public init(homeAgents: [HomeAgent] = [], timers: [PendingTimer], choice: UplinkChoice? = nil) {
            self.homeAgents = homeAgents
            self.timers = timers
            self.choice = choice
        }
    }

    private let loop: EventLoop
    private let client: MobilitySocketClient
    private let collect: () -> State
    private var last: State?
    private var isDue = false

    /// - Parameter collect: says what there is now.
    public init(loop: EventLoop, client: MobilitySocketClient, collect: @escaping () -> State) {
        self.loop = loop
        self.client = client
        self.collect = collect
    }

    /// nemonetd is there, and knows nothing.
    public func connected() {
        last = nil
        note()
    }

    /// Something may look different; told soon, with what else changes until then.
    public func note() {
        guard !isDue else { return }
        isDue = true
        loop.timer(after: Self.interval) { [weak self] in
            guard let self else { return }
            isDue = false
            tell()
        }
    }

    /// Tells at once what somebody waits for.
    public func tell() {
        guard client.isConnected else { return }
        let state = collect()
        guard state != last else { return }
        last = state
        client.send(.programState(ProgramState(state, program: client.hello.role.program, at: loop.now)))
    }
}

extension ProgramState {
    public init(_ state: ProgramStateReporter.State, program: String, at now: Instant) {
        func left(_ instant: Instant) -> UInt64 { UInt64(clamping: max(0, (instant - now).milliseconds)) }
        self.init(
            program: program,
            homeAgents: state.homeAgents.map { agent in
                HomeAgentEntry(
                    addresses: agent.addresses, preference: agent.preference,
                    servesMobileRouters: agent.mobileRouters, isOwn: agent.expiresAt == nil,
                    remainingMilliseconds: agent.expiresAt.map { max(1, left($0)) } ?? 0)
            },
            timers: state.timers.map {
                TimerEntry(
                    name: $0.name, waiting: UInt32(clamping: $0.waiting), remainingMilliseconds: left($0.due))
            },
            choice: state.choice)
    }
}
