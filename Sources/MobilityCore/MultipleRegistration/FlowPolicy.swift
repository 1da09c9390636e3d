public import MobilityWire

/// A flow and the ways that it may take, best first.
///
/// To the home agent it names only the best of those that work: RFC 6089 §5.3.6 would have a copy of each packet sent over
/// every binding that is named.
public struct FlowPolicy: Hashable, Sendable {
    public var rule: FlowRule
    /// Binding identifiers.
    public var via: [UInt16]
    /// What becomes of it while none of them is there.
    public var fallback: FlowFallback

    public init(rule: FlowRule, via: [UInt16], fallback: FlowFallback = .any) {
        self.rule = rule
        self.via = via
        self.fallback = fallback
    }
}

extension [FlowPolicy] {
    /// The flows that find none of their ways among these binding identifiers, and are not to go with the rest.
    public func stranded(among present: Set<UInt16>) -> [StrandedFlow] {
        compactMap { policy in
            guard policy.fallback != .any, !policy.via.contains(where: present.contains) else { return nil }
            return StrandedFlow(rule: policy.rule, fallback: policy.fallback)
        }
    }
}
