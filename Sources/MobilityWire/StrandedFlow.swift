/// A flow none of whose ways is there, and that is not to go with the rest.
public struct StrandedFlow: Hashable, Sendable {
    public var rule: FlowRule
    public var fallback: FlowFallback

    public init(rule: FlowRule, fallback: FlowFallback) {
        self.rule = rule
        self.fallback = fallback
    }
}
