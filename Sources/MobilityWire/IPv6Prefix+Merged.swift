extension IPv6Prefix {
    /// The fewest prefixes that hold the same addresses as `prefixes`, in their order: what is inside another one falls
    /// away, and two halves become their whole.
    public static func merged(_ prefixes: some Sequence<IPv6Prefix>) -> [IPv6Prefix] {
        var merged: [IPv6Prefix] = []
        // Sorted by address, then the shorter ones first: what holds a prefix stands before it.
        for prefix in prefixes.sorted(by: { ($0.address, $0.length) < ($1.address, $1.length) }) {
            if let last = merged.last, last.contains(prefix) { continue }
            merged.append(prefix)
            while merged.count >= 2, let whole = merged[merged.count - 2].whole(with: merged[merged.count - 1]) {
                merged.removeLast(2)
                merged.append(whole)
            }
        }
        return merged
    }

    /// The prefix of which this and `other` are the two halves; nil if they are not.
    private func whole(with other: IPv6Prefix) -> IPv6Prefix? {
        guard length == other.length, length > 0, self != other else { return nil }
        let whole = IPv6Prefix(address, length: length - 1)
        return whole.contains(other) ? whole : nil
    }
}
