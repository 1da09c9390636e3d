import MobilityWire
import Testing

@testable import MobilitySocket
@testable import TunnelManager

@Suite("As much as the ledger holds, and no more")
struct LedgerLimitsTests {
    let start = Instant(milliseconds: 1000)
    let careOf = IPv6Address("2001:db8:a1::2")!
    let own = IPv6Address("2001:db8:c::c")!
    let announcer = TunnelLedger.Announcer(number: 1)

    private func address(_ number: Int) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_0001_0000, low: UInt64(number + 1))
    }

    /// What is refused when `limit` entries are there, and that the first may be renewed all the same.
    private func meets<Entry>(
        _ limit: Int, in empty: TunnelLedger = TunnelLedger(), _ entry: (Int) -> Entry,
        add: (Entry, inout TunnelLedger) -> Void,
        check: (Entry, TunnelLedger) throws(MobilitySocketError) -> Void
    ) throws {
        var ledger = empty
        for number in 0..<limit {
            let new = entry(number)
            try check(new, ledger)
            add(new, &ledger)
        }
        let error = #expect(throws: MobilitySocketError.self) { try check(entry(limit), ledger) }
        #expect(error?.code == .limitReached && error?.reason.hasPrefix("\(limit) ") == true)
        try check(entry(0), ledger)
    }

    @Test("bindings of home agents, with and without identifiers")
    func bindings() throws {
        var ledger = TunnelLedger()
        #expect(ledger.bindingLimit == 2_000_000)
        // The same code meets a limit that is a little lower.
        ledger.bindingLimit = 1000
        try meets(
            ledger.bindingLimit, in: ledger,
            { number in
                BindingEntry(
                    homeAddress: address(number / 2), careOfAddress: careOf,
                    bindingIdentifier: number % 2 == 0 ? nil : 1, homeAgentAddress: own, lifetime: 60,
                    remainingMilliseconds: 60_000, sequenceNumber: SequenceNumber(rawValue: 1), prefixes: [])
            },
            add: { $1.add($0, by: announcer, at: start) },
            check: { (entry, ledger) throws(MobilitySocketError) in try ledger.checkRoom(for: entry) })
    }

    @Test("bindings of correspondents")
    func correspondents() throws {
        try meets(
            TunnelLedger.correspondentLimit,
            { number in
                var entry = BindingEntry(
                    homeAddress: address(number), careOfAddress: careOf, homeAgentAddress: own, lifetime: 60,
                    remainingMilliseconds: 60_000, sequenceNumber: SequenceNumber(rawValue: 1), prefixes: [])
                entry.kind = .correspondent
                return entry
            },
            add: { $1.add($0, by: announcer, at: start) },
            check: { (entry, ledger) throws(MobilitySocketError) in try ledger.checkRoom(for: entry) })
    }

    @Test("registrations")
    func registrations() throws {
        try meets(
            TunnelLedger.registrationLimit,
            { number in
                RegistrationEntry(
                    homeAddress: address(number), homePrefixLength: 64, careOfAddress: careOf, homeAgentAddress: own,
                    interfaceIndex: 2, interfaceName: "eth0", priority: 0, forwards: true, state: .registered,
                    sequenceNumber: SequenceNumber(rawValue: 1), lifetime: 60, remainingMilliseconds: 60_000,
                    prefixes: [])
            },
            add: { $1.add($0, by: announcer, at: start) },
            check: { (entry, ledger) throws(MobilitySocketError) in try ledger.checkRoom(for: entry) })
    }

    @Test("routes")
    func routes() throws {
        try meets(
            TunnelLedger.routeLimit,
            { number in
                RouteEntry(
                    homeAddress: own, peer: address(number), careOfAddress: careOf, interfaceIndex: 2,
                    interfaceName: "eth0", lifetime: 60, remainingMilliseconds: 60_000, state: .bound, forwards: true,
                    sequenceNumber: SequenceNumber(rawValue: 1), status: 0)
            },
            add: { $1.add($0, by: announcer, at: start) },
            check: { (entry, ledger) throws(MobilitySocketError) in try ledger.checkRoom(for: entry) })
    }

    @Test("resting peers")
    func restingPeers() throws {
        try meets(
            TunnelLedger.restingPeerLimit,
            { number in
                RestingPeerEntry(
                    prefix: IPv6Prefix(address(number), length: 128), remainingMilliseconds: 60_000, reason: .silent)
            },
            add: { $1.add($0, by: announcer, at: start) },
            check: { (entry, ledger) throws(MobilitySocketError) in try ledger.checkRoom(for: entry) })
    }
}
