import MobilityCore
public import MobilityWire

/// The other home agents of one home link, learned from their router advertisements (RFC 6275 §10.1, §10.5.1, §8.4).
///
/// The list is bounded: on a link where anybody can advertise it keeps what came first.
public struct HomeAgentsList: Sendable {
    public struct Entry: Hashable, Sendable {
        /// The source of its router advertisements, which identifies it.
        public var linkLocalAddress: IPv6Address
        /// Higher is better; 0 where it says nothing.
        public var preference: UInt16
        /// Whether it serves mobile routers (RFC 3963 §7.3).
        public var mobileRouters: Bool
        public var expiresAt: Instant
        /// Its global addresses, from prefix information with the R flag (RFC 6275 §7.2).
        public var addresses: [GlobalAddress]

        public struct GlobalAddress: Hashable, Sendable {
            public var address: IPv6Address
            /// The end of its prefix's valid lifetime; nil for an infinite one.
            public var validUntil: Instant?
        }

        var nextChange: Instant { addresses.compactMap(\.validUntil).reduce(expiresAt, min) }
    }

    /// What an advertisement did.
    enum Outcome: Hashable {
        case added, refreshed, removed, ignored
        /// There was no room for it, or for one of its addresses.
        case full
    }

    /// In the order in which they came.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// When `expire` may have something to do.
    public var nextDeadline: Instant? { entries.lazy.map(\.nextChange).min() }

    /// Takes an advertisement that RFC 4861 §6.1.2 finds valid.
    mutating func note(_ advertisement: RouterAdvertisement, from source: IPv6Address, at now: Instant) -> Outcome {
        let index = entries.firstIndex { $0.linkLocalAddress == source }
        let information = advertisement.options.lazy.compactMap { option -> HomeAgentInformation? in
            if case .homeAgentInformation(let information) = option { information } else { nil }
        }.first
        // Where two routers are one machine's, the option's lifetime is the home agent's, the other the router's.
        let lifetime = information?.lifetime ?? advertisement.routerLifetime
        guard advertisement.flags.contains(.homeAgent), lifetime > 0 else {
            guard let index else { return .ignored }
            entries.remove(at: index)
            return .removed
        }
        var entry = Entry(
            linkLocalAddress: source, preference: information?.preference ?? 0,
            mobileRouters: information?.mobileRouters ?? false, expiresAt: now + .seconds(Int64(lifetime)),
            addresses: index.map { entries[$0].addresses } ?? [])
        let hadRoom = entry.learnAddresses(from: advertisement.options, at: now)
        if let index {
            entries[index] = entry
            return hadRoom ? .refreshed : .full
        }
        guard entries.count < Tunables.homeAgentsPerLink else { return .full }
        entries.append(entry)
        return hadRoom ? .added : .full
    }

    /// Deletes what is over; returns how many home agents that were.
    mutating func expire(at now: Instant) -> Int {
        let before = entries.count
        entries.removeAll { $0.expiresAt <= now }
        for index in entries.indices {
            entries[index].addresses.removeAll { $0.validUntil.map { $0 <= now } ?? false }
        }
        return before - entries.count
    }
}

extension HomeAgentsList.Entry {
    /// Adds the addresses of the options with the R flag; false if there was no room for all.
    fileprivate mutating func learnAddresses(from options: [NeighborOption], at now: Instant) -> Bool {
        var hadRoom = true
        for case .prefixInformation(let information) in options
        where information.isRouterAddress && information.address.isRoutableUnicast
            // The prefix alone, as advertised by mistake, is every router's address and nobody's.
            && (information.address != information.prefix.address || information.prefixLength == 128)
        {
            addresses.removeAll { $0.address == information.address }
            guard information.validLifetime > 0 else { continue }
            guard addresses.count < Tunables.addressesPerHomeAgent else {
                hadRoom = false
                continue
            }
            addresses.append(
                GlobalAddress(
                    address: information.address, validUntil: HomePrefix(information, since: now).validUntil))
        }
        return hadRoom
    }
}
