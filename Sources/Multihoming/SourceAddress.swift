public import MobilityWire

/// The choice of a care-of address among the addresses of an uplink, after RFC 6724 §5.
///
/// Preference, in this order:
/// 1. not deprecated (rule 3)
/// 2. of global scope rather than unique local, which the Internet does not route back (rule 2)
/// 3. preferred rather than optimistic (RFC 4429 §3.2)
/// 4. the one in use: every change is a hand-over
/// 5. the lowest, so that the choice does not depend on the order of the report
public enum SourceAddress {
    /// - Parameters:
    ///   - now: addresses whose lifetimes have run out by then are deprecated, or gone, whoever may not have noticed.
    ///   - current: the care-of address in use.
    ///   - excluded: the mobile network's and the home link's prefixes: an address of these is not a place to be reached.
    public static func choose(
        among candidates: [CareOfCandidate], at now: Instant, current: IPv6Address? = nil,
        excluding excluded: [IPv6Prefix] = []
    ) -> IPv6Address? {
        candidates
            .compactMap { $0.aged(at: now) }
            .filter { candidate in
                candidate.isUsable && !excluded.contains { $0.contains(candidate.address) }
            }
            .min { rank($0, current) < rank($1, current) }?
            .address
    }

    /// The order of the fields is the preference.
    private static func rank(_ candidate: CareOfCandidate, _ current: IPv6Address?) -> Rank {
        Rank(
            deprecated: candidate.state == .deprecated, uniqueLocal: candidate.address.isUniqueLocal,
            state: candidate.state, changes: candidate.address != current, address: candidate.address)
    }

    private struct Rank: Comparable {
        var deprecated: Bool
        var uniqueLocal: Bool
        var state: CareOfCandidate.State
        var changes: Bool
        var address: IPv6Address

        static func < (left: Rank, right: Rank) -> Bool {
            if left.deprecated != right.deprecated { return right.deprecated }
            if left.uniqueLocal != right.uniqueLocal { return right.uniqueLocal }
            if left.state != right.state { return left.state < right.state }
            if left.changes != right.changes { return right.changes }
            return left.address < right.address
        }
    }
}

extension IPv6Address {
    /// `fc00::/7` (RFC 4193)
    fileprivate var isUniqueLocal: Bool { high >> 57 == 0xfc >> 1 }
}
