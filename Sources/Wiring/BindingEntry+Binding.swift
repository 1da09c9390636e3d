public import MobilityCore
public import MobilitySocket
public import MobilityWire

extension BindingEntry {
    /// A binding as nemonetd is to forward by it from `now` on.
    ///
    /// - Parameter kind: whose binding it is.
    public init(_ binding: Binding, kind: Kind = .home, at now: Instant) {
        self.init(
            homeAddress: binding.homeAddress, careOfAddress: binding.careOfAddress,
            bindingIdentifier: binding.identifier, homeAgentAddress: binding.homeAgent,
            lifetime: UInt32(clamping: binding.lifetime.milliseconds / 1000),
            remainingMilliseconds: UInt64(clamping: (binding.expiresAt - now).milliseconds),
            sequenceNumber: binding.sequenceNumber, prefixes: binding.prefixes, mode: Mode(binding.mode),
            name: binding.name, formerCareOfAddresses: binding.formerCareOfAddresses.map(\.address),
            priority: binding.priority, flows: binding.flows)
        defendsLinkLocal = binding.linkLocalCompatibility
        self.kind = kind
    }
}

extension BindingEntry.Mode {
    fileprivate init(_ mode: Binding.Mode) {
        switch mode {
        case .host: self = .host
        case .implicit: self = .implicit
        case .explicit: self = .explicit
        }
    }
}

extension Binding {
    /// A binding that nemonetd still forwards by. Former care-of addresses have had their time by then.
    public init(_ entry: BindingEntry, at now: Instant) {
        let mode: Mode
        switch entry.mode {
        case .host: mode = .host
        case .implicit: mode = .implicit
        case .explicit: mode = .explicit
        }
        self.init(
            homeAddress: entry.homeAddress, careOfAddress: entry.careOfAddress, homeAgent: entry.homeAgentAddress,
            sequenceNumber: entry.sequenceNumber, lifetime: .seconds(Int64(entry.lifetime)),
            expiresAt: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)), mode: mode,
            prefixes: entry.prefixes, name: entry.name, identifier: entry.bindingIdentifier, priority: entry.priority,
            flows: entry.flows)
        linkLocalCompatibility = entry.defendsLinkLocal
    }
}
