/// What is known of an uplink beside what it reports itself.
public struct Standing: Hashable, Sendable {
    public var condition: LinkCondition
    public var account: TrafficAccount.State
    /// Whether its schedule has it work now.
    public var isOnDuty: Bool

    public init(
        condition: LinkCondition = .unmonitored, account: TrafficAccount.State = .within, isOnDuty: Bool = true
    ) {
        self.condition = condition
        self.account = account
        self.isOnDuty = isOnDuty
    }

    /// Whether there is something to decide.
    ///
    /// - Parameter measured: round trip, jitter and loss count by themselves too.
    func differs(from other: Standing, measured: Bool) -> Bool {
        let (left, right) = (condition, other.condition)
        return account != other.account || isOnDuty != other.isOnDuty || left.vitality != right.vitality
            || left.isDegraded != right.isDegraded || left.isWeak != right.isWeak || left.isDoubted != right.isDoubted
            || measured && left.latency != right.latency
    }
}
