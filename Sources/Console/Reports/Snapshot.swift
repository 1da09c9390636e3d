import MobilitySocket
import MobilityWire

/// What nemonetd answered, sorted into tables.
struct Snapshot: Sendable {
    var status: ManagerStatus?
    var uplinks: [UplinkReport] = []
    var registrations: [RegistrationEntry] = []
    var bindings: [BindingEntry] = []
    var routes: [RouteEntry] = []
    /// Peers that are left alone, for a while or for good.
    var rests: [RestingPeerEntry] = []
    var tunnels: [TunnelStatus] = []
    /// By program and name.
    var counters: [Counter] = []
    var events: [EventRecord] = []
    var homeAgents: [HomeAgent] = []
    var timers: [Timer] = []
    /// What the mobile router or host chose.
    var choice: UplinkChoice?

    /// A home agent, and which program knows it.
    struct HomeAgent: Hashable, Sendable {
        var program: String
        var entry: ProgramState.HomeAgentEntry
    }

    struct Timer: Hashable, Sendable {
        var program: String
        var entry: ProgramState.TimerEntry
    }

    /// A mobile network prefix of a binding.
    struct Prefix: Hashable, Sendable {
        var prefix: IPv6Prefix
        var binding: BindingEntry
    }

    struct Counter: Hashable, Sendable {
        var program: String
        var name: String
        var value: UInt64
    }

    /// An uplink, with what the registrations say of it.
    struct Uplink: Hashable, Sendable {
        var report: UplinkReport
        var careOfAddress: IPv6Address?
        /// Whether it carries the traffic.
        var isActive: Bool
        /// What the mobile router or host knows of the way over it.
        var verdict: UplinkChoice.Verdict?
    }

    /// Takes in the entries of a dump; what belongs to no table is left out.
    mutating func take(_ messages: [MobilitySocketMessage]) {
        for message in messages {
            switch message {
            case .status(let status): self.status = status
            case .uplinkReport(let report): uplinks.append(report)
            case .registrationAdd(let entry): registrations.append(entry)
            case .bindingAdd(let entry): bindings.append(entry)
            case .routeAdd(let entry): routes.append(entry)
            case .restingPeer(let entry): rests.append(entry)
            case .tunnel(let tunnel): tunnels.append(tunnel)
            case .counters(let program, let values):
                counters += values.map { Counter(program: program, name: $0.name, value: $0.value) }
            case .event(let event): events.append(event)
            case .programState(let state):
                homeAgents += state.homeAgents.map { HomeAgent(program: state.program, entry: $0) }
                if let choice = state.choice { self.choice = choice }
                timers += state.timers.map { Timer(program: state.program, entry: $0) }
            default: break
            }
        }
        uplinks.sort { ($0.metric, $0.name) < ($1.metric, $1.name) }
        registrations.sort { ($0.homeAddress, $0.priority) < ($1.homeAddress, $1.priority) }
        bindings.sort { ($0.kind.rawValue, $0.homeAddress) < ($1.kind.rawValue, $1.homeAddress) }
        routes.sort { ($0.homeAddress, $0.peer) < ($1.homeAddress, $1.peer) }
        rests.sort { $0.prefix < $1.prefix }
        homeAgents.sort { ($0.program, $1.entry.preference) < ($1.program, $0.entry.preference) }
        timers.sort { ($0.entry.remainingMilliseconds, $0.program) < ($1.entry.remainingMilliseconds, $1.program) }
        counters.sort { ($0.program, $0.name) < ($1.program, $1.name) }
    }

    /// What is registered, by prefix; a node with several care-of addresses stands there once.
    var prefixRows: [Prefix] {
        var seen: Set<[IPv6Address]> = []
        return bindings.flatMap { binding in binding.prefixes.map { Prefix(prefix: $0, binding: binding) } }
            .filter { seen.insert([$0.prefix.address, $0.binding.homeAddress]).inserted }
            .sorted { $0.prefix < $1.prefix }
    }

    /// The registration that carries what goes out; of several home addresses, of the first.
    var activeRegistration: RegistrationEntry? {
        registrations.filter(\.forwards).min { $0.priority < $1.priority }
    }

    /// What was chosen and why, with the uplinks that do not exist: of these the mobile router or host knows nothing.
    var why: WhyReport? {
        guard var choice else { return nil }
        for report in uplinks
        where report.state == .absent && !choice.uplinks.contains(where: { $0.name == report.name }) {
            // One that a modem's connection makes is missing for what the modem lacks.
            let modem = report.modem.map { " (modem: \($0.state.replacing("_", with: " ")))" } ?? ""
            choice.uplinks.append(
                .init(
                    interfaceIndex: 0, name: report.name, isActive: false, health: .unmonitored,
                    reasons: [.init(name: "absent", text: "there is no such interface\(modem)")]))
        }
        let unregistered = registrations.filter { entry in
            !registrations.contains { $0.homeAddress == entry.homeAddress && ($0.forwards || $0.state == .home) }
        }
        return WhyReport(choice: choice, unregistered: unregistered)
    }

    /// The uplinks, best first.
    var uplinkRows: [Uplink] {
        uplinks.map { report in
            let registered = registrations.first {
                $0.interfaceIndex == report.interfaceIndex && !$0.careOfAddress.isUnspecified && $0.state != .retiring
            }
            return Uplink(
                report: report, careOfAddress: registered?.careOfAddress ?? Self.candidate(of: report),
                isActive: report.interfaceIndex != 0 && activeRegistration?.interfaceIndex == report.interfaceIndex,
                verdict: choice?.uplinks.first { $0.name == report.name })
        }
    }

    /// The address that would be the care-of address: one that is in full use, rather not a temporary one.
    private static func candidate(of report: UplinkReport) -> IPv6Address? {
        let usable = report.careOfCandidates.filter {
            $0.address.isRoutableUnicast && $0.flags.isDisjoint(with: [.tentative, .duplicate, .deprecated])
        }
        return (usable.first { !$0.flags.contains(.temporary) } ?? usable.first)?.address
    }
}
