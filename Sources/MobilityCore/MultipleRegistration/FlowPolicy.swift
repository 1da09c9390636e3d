public import MobilityWire

/// A flow and the ways that it may take, best first.
///
/// To the home agent it names only the best of those that work: RFC 6089 §5.3.6 would have a copy of each packet sent over
/// every binding that is named.
public struct FlowPolicy: Hashable, Sendable {
    public var rule: FlowRule
    /// Binding identifiers.
    public var via: [UInt16]

    public init(rule: FlowRule, via: [UInt16]) {
        self.rule = rule
        self.via = via
    }
}
