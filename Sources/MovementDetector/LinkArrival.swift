import MobilitySocket
import MobilityWire

/// A link that came back, perhaps at another network: then the addresses that it had are worth nothing there, although the
/// kernel keeps them for as long as they were promised.
///
/// That the router has the same address as before is no sign, for many have `fe80::1`. So the prefixes decide: once any is
/// advertised, addresses of those that are not are deprecated until theirs is (like RFC 6059 §5.7, which asks for both). Where
/// routers advertise none and addresses come by DHCPv6 alone, a single address that the link did not have before tells as
/// much.
struct LinkArrival {
    /// Those that the link had before.
    private let former: Set<IPv6Address>
    /// With their prefixes.
    private var doubtful: [IPv6Address: IPv6Prefix]
    private var isAnyHeard = false

    /// - Parameter candidates: the addresses that the link had before.
    init(_ candidates: [UplinkReport.Candidate]) {
        former = Set(candidates.map(\.address))
        // What has no end was given by hand; and of a single address (DHCPv6) its client sees to that it is right.
        let doubtful = candidates.filter { $0.validLifetime != .max && $0.prefixLength < 128 }
        self.doubtful = Dictionary(
            doubtful.map { ($0.address, IPv6Prefix($0.address, length: $0.prefixLength)) }
        ) { first, _ in first }
    }

    mutating func hear(_ prefix: IPv6Prefix) {
        isAnyHeard = true
        doubtful = doubtful.filter { !prefix.contains($0.key) }
    }

    /// Takes an address that the link has now, which may be lent there.
    mutating func hear(_ candidate: UplinkReport.Candidate) {
        guard candidate.prefixLength == 128, candidate.validLifetime != .max, candidate.address.isRoutableUnicast,
            !former.contains(candidate.address)
        else { return }
        isAnyHeard = true
        doubtful = doubtful.filter { !$0.value.contains(candidate.address) }
    }

    func judge(_ candidate: UplinkReport.Candidate) -> UplinkReport.Candidate {
        guard isAnyHeard, doubtful[candidate.address] != nil else { return candidate }
        var candidate = candidate
        candidate.flags.insert(.deprecated)
        return candidate
    }
}
