/// A flow that takes the way of one binding: what the forwarding of both ends goes by (RFC 6089 §4.3).
public struct FlowRule: Hashable, Sendable {
    /// FID.
    public var identifier: UInt16
    /// FID-PRI: of several rules that match a packet, the one of the lowest counts.
    public var priority: UInt16
    public var selector: TrafficSelector

    public init(identifier: UInt16, priority: UInt16, selector: TrafficSelector) {
        self.identifier = identifier
        self.priority = priority
        self.selector = selector
    }
}
