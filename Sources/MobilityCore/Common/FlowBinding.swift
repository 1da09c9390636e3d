public import MobilityWire

/// An entry of a node's list of flow bindings (RFC 6089 §4.3).
public struct FlowBinding: Hashable, Sendable {
    /// FID, the flow's and its place's in the order.
    public var rule: FlowRule
    /// The binding identifiers that it names. It is active while one of them is registered.
    public var bindings: [UInt16]

    public init(rule: FlowRule, bindings: [UInt16]) {
        self.rule = rule
        self.bindings = bindings
    }
}
