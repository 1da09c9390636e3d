import MobilityWire
import Platform

/// Which links have routers that say that addresses come by DHCPv6: the flag M of their advertisements (RFC 4861 §4.2), as
/// the kernel remembers it of the last one.
///
/// That a router says so no more is believed a moment later: of routers that disagree, or of somebody who forges advertisements,
/// not each one is to start or end a program.
struct ManagedLinks {
    /// How long a link counts as one with the flag after the last advertisement with it was followed by one without.
    static let hold: Instant.Span = .seconds(10)

    private struct Entry {
        var name: String
        var isManaged = false
        /// When the last advertisement is believed, which takes the flag back.
        var heldUntil: Instant?
    }

    private var links: [UInt32: Entry] = [:]
    /// How often the flag came back before its withdrawal was believed.
    private(set) var withdrawalsUndone: UInt64 = 0

    /// Those with the flag, by name.
    func managed(at now: Instant) -> [String: UInt32] {
        let managed = links.filter { $0.value.isManaged || $0.value.heldUntil.map { $0 > now } ?? false }
        return Dictionary(managed.map { ($0.value.name, $0.key) }) { first, _ in first }
    }

    /// When the next withdrawal will be believed.
    func nextDeadline(after now: Instant) -> Instant? {
        links.values.compactMap(\.heldUntil).filter { $0 > now }.min()
    }

    /// - Returns: Whether it may have changed.
    mutating func handle(_ event: RouteMonitor.Event, at now: Instant) -> Bool {
        switch event {
        case .link(let link): put(link, link.ipv6State, at: now)
        case .linkRemoved(let index, _): links[index] = nil
        case .ipv6(let index, let state, _): set(index, state, at: now)
        default: return false
        }
        return true
    }

    /// All there are now; others are forgotten.
    mutating func handle(everything: [Link], at now: Instant) {
        let indices = Set(everything.map(\.index))
        links = links.filter { indices.contains($0.key) }
        for link in everything { put(link, link.ipv6State ?? [], at: now) }
    }

    private mutating func put(_ link: Link, _ state: Link.IPv6State?, at now: Instant) {
        links[link.index, default: Entry(name: link.name)].name = link.name
        if let state { set(link.index, state, at: now) }
    }

    private mutating func set(_ index: UInt32, _ state: Link.IPv6State, at now: Instant) {
        guard let former = links[index], former.isManaged != state.contains(.managed) else { return }
        if former.isManaged {
            links[index]?.heldUntil = now + Self.hold
        } else {
            if let until = former.heldUntil, until > now { withdrawalsUndone += 1 }
            links[index]?.heldUntil = nil
        }
        links[index]?.isManaged.toggle()
    }
}
