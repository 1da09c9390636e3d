import MobilitySocket

/// What shisactl can be asked.
enum ShisactlCommand: String, CaseIterable, Sendable {
    case status
    case uplinks
    case why
    case registrations
    case bindings
    case routes
    case prefixes
    case homeAgents = "home-agents"
    case tunnels
    case timers
    case counters
    case events

    var text: String {
        switch self {
        case .status: "What runs, and how it is."
        case .uplinks: "The interfaces towards the Internet."
        case .why: "Which uplink carries what, since when, and what each of the others lacks."
        case .registrations: "What this mobile router or host registered."
        case .bindings: "What is registered at this home agent, or bound at this correspondent."
        case .routes: "Whom this mobile host reaches directly, and whom it leaves alone."
        case .prefixes: "The mobile network prefixes that are registered at this home agent, and whose they are."
        case .homeAgents: "The home agents of the home network, the highest preference first."
        case .tunnels: "The tunnels, and what they carried."
        case .timers: "What the programs wait for."
        case .counters: "What the programs counted; a JSON document has every counter, also those at 0."
        case .events: "What happened lately."
        }
    }
}

extension ShisactlCommand {
    /// The tables to ask nemonetd for.
    var tables: [MobilitySocketMessage.Table] {
        switch self {
        case .status: [.status, .uplinks, .registrations, .bindings, .routes, .tunnels, .programStates]
        case .uplinks: [.uplinks, .registrations, .programStates]
        case .why: [.programStates, .uplinks, .registrations]
        case .registrations: [.registrations]
        case .bindings: [.bindings]
        case .routes: [.routes]
        case .prefixes: [.bindings]
        case .homeAgents: [.programStates, .registrations]
        case .timers: [.programStates]
        case .tunnels: [.tunnels]
        case .counters: [.counters]
        case .events: [.events]
        }
    }
}
