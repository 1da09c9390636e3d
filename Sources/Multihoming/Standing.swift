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
}
