import MobilitySocket

/// What shisactl can be asked.
enum ShisactlCommand: String, CaseIterable, Sendable {
    case status
    case uplinks
    case registrations
    case bindings
    case tunnels
    case counters
    case events

    var text: String {
        switch self {
        case .status: "What runs, and how it is."
        case .uplinks: "The interfaces towards the Internet."
        case .registrations: "What this mobile router registered."
        case .bindings: "What is registered at this home agent."
        case .tunnels: "The tunnels, and what they carried."
        case .counters: "What the programs counted; a JSON document has every counter, also those at 0."
        case .events: "What happened lately."
        }
    }
}

extension ShisactlCommand {
    /// The tables to ask nemonetd for.
    var tables: [MobilitySocketMessage.Table] {
        switch self {
        case .status: [.status, .uplinks, .registrations, .bindings, .tunnels]
        case .uplinks: [.uplinks, .registrations]
        case .registrations: [.registrations]
        case .bindings: [.bindings]
        case .tunnels: [.tunnels]
        case .counters: [.counters]
        case .events: [.events]
        }
    }
}
