public import MobilityWire

// What the machines beside this one ask of it: the choice of home agent and its notices.

extension RegistrationMachine {
    /// How many Binding Updates in a row the home agent has not answered: for `HomeAgentSelection`. The last one counts
    /// when it was repeated, as its time is over then.
    public var unansweredUpdates: Int {
        switch phase {
        case .registering, .updating: max(0, exchange.outstanding.count - 1)
        case .idle, .waiting, .registered, .refused, .deregistering, .home, .finished: 0
        }
    }

    /// The home agent's time of day as far as it is known: what tells a fresh notice from a repeated one. Nil before the
    /// start.
    public func homeAgentTime(at now: Instant) -> NTPTimestamp? { clock?.time(at: now) }

    mutating func bindingRevoked(_ trigger: RevocationTrigger, at now: Instant) {
        switch phase {
        case .registered, .updating: break
        case .idle, .waiting, .registering, .refused, .deregistering, .home, .finished: return
        }
        drop(binding: true)
        if trigger == .administrativeReason {
            waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        } else {
            waitAfterRefusal(first: Tunables.leastRefreshInterval, at: now)
        }
    }
}
