/// What becomes of the packets of a flow while none of the ways that it may take is there.
///
/// RFC 6089 has no such action: a flow binding without a registered binding is inactive, and the home agent sends what it
/// describes by the binding of the lowest BID-PRI (§4.3, §5.3.6). So this is the mobile node's affair.
public enum FlowFallback: String, CaseIterable, Hashable, Sendable {
    /// They go where everything else goes.
    case any
    /// They are dropped: those that go out, and those that come in all the same.
    case drop
    /// Those that go out are held back until there is a way, as far as there is room and time; those that come in arrive.
    case wait
}
