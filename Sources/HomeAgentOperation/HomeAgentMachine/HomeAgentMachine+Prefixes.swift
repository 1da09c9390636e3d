import MobilityCore
import MobilityWire

// What the lifetimes of the home link's prefixes do to bindings (RFC 6275 §10.3.1, §10.6.4).

extension HomeAgentMachine {
    /// The longest of the prefixes with known lifetimes that a home address is in.
    func homePrefix(of homeAddress: IPv6Address) -> HomePrefix? {
        guard !homePrefixes.isEmpty else { return nil }
        return homePrefixes.filter { $0.prefix.contains(homeAddress) }.max { $0.prefix.length < $1.prefix.length }
    }

    /// The status that accepts a binding: whether the home prefix will be deprecated or invalid before it ends.
    func acceptance(of binding: Binding, at now: Instant) -> BindingStatus {
        guard let prefix = homePrefix(of: binding.homeAddress) else { return .accepted }
        let ends = [prefix.preferredUntil, prefix.validUntil].compactMap(\.self)
        // In units of four seconds, as the lifetime is.
        let isEnding = ends.contains { ($0 - now).milliseconds / 4000 <= binding.lifetime.milliseconds / 4000 }
        return isEnding || !prefix.isPreferred(at: now) ? .acceptedPrefixDiscoveryNecessary : .accepted
    }

    /// Ends the bindings whose prefix is not valid any more, and shortens those that would outlive it.
    mutating func change(to prefixes: [HomePrefix], at now: Instant) {
        guard prefixes != homePrefixes else { return }
        homePrefixes = prefixes
        for var binding in Array(cache.bindings) {
            guard let prefix = homePrefix(of: binding.homeAddress) else { continue }
            guard prefix.isValid(at: now) else {
                remove(binding.homeAddress, .prefixInvalid)
                continue
            }
            guard let end = prefix.validUntil, end < binding.expiresAt else { continue }
            binding.expiresAt = end
            cache.set(binding)
            actions.append(.install(binding))
        }
    }
}
