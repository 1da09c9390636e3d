/// By which of a node's bindings the packets of each bucket came last: by the same one those to the node leave.
///
/// So the node's choice is the home agent's, weights and all, without a word of signalling: RFC 6089 §4.1 leaves it to the
/// home agent which of several bindings of one priority it uses. A bucket goes over to another binding when the one before has
/// brought nothing of it for a quarter of a second. So a node that puts flows into other buckets than we do, and brings one
/// of ours by two bindings at once, does not have its packets sent by turns.
public final class BucketMemory: Sendable {
    /// The binding identifier, never 0, then 16 bits of the time.
    private let buckets = AtomicNumbers(count: FlowShare.buckets)
    /// In units of `FlowMemory`'s clock.
    private static let quiet: UInt16 = 4

    public init() {}

    /// The binding of a bucket; 0 before anything was learnt. It may be gone.
    func identifier(of bucket: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: buckets.load(at: bucket) >> 16)
    }

    func learn(_ identifier: UInt16, of bucket: Int, at now: UInt16) {
        let known = buckets.load(at: bucket)
        let new = UInt32(identifier) << 16 | UInt32(now)
        guard known != new else { return }
        let (holder, since) = (
            UInt16(truncatingIfNeeded: known >> 16), UInt16(truncatingIfNeeded: known)
        )
        let age = now &- since
        // What seems very old was learnt this moment, by a worker whose clock has gone on.
        let isQuiet = age >= Self.quiet && age < .max - Self.quiet
        guard holder == identifier || holder == 0 || isQuiet else { return }
        buckets.store(new, at: bucket)
    }
}
