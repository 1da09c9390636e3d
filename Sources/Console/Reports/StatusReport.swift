import MobilitySocket
import MobilityWire

/// `shisactl status`: everything at a glance.
struct StatusReport: Sendable {
    var snapshot: Snapshot

    /// The members of the JSON document, with what they mean.
    private struct Field: Sendable {
        var name: String
        var kind: String
        var text: String
        var json: @Sendable (Snapshot) -> JSON

        init(_ name: String, _ kind: String, _ text: String, json: @escaping @Sendable (Snapshot) -> JSON) {
            self.name = name
            self.kind = kind
            self.text = text
            self.json = json
        }
    }

    private static let fields: [Field] = [
        Field("version", "string", "The version of nemonetd.") { .text($0.status?.version) },
        Field(
            "plane", "string", "How it forwards: `engine` or `kernel`, or `engine:` and why, where the kernel was to."
        ) { .text($0.status?.plane) },
        Field("device", "string", "Its TUN device.") { .text($0.status?.device) },
        Field("uptime", "number", "Seconds since it started.") {
            .number(Double($0.status?.uptimeMilliseconds ?? 0) / 1000)
        },
        Field(
            "programs", "list of objects",
            "The programs that are connected: `program`, such as `mrd`, and `pid`, its process."
        ) { snapshot in
            .array(
                (snapshot.status?.clients ?? []).map { client in
                    .object([
                        .init("program", .string(client.program)), .init("pid", .count(client.processIdentifier)),
                    ])
                })
        },
        Field("active_uplink", "string or null", "The interface that carries what goes out.") {
            .text($0.activeRegistration?.interfaceName)
        },
        Field("uplinks", "integer", "How many uplinks there are.") { .count($0.uplinks.count) },
        Field("uplinks_up", "integer", "How many of them can carry traffic.") {
            .count($0.uplinks.count { $0.state == .up })
        },
        Field("registrations", "integer", "How many registrations there are.") { .count($0.registrations.count) },
        Field("registered", "integer", "How many of them the home agent accepted.") {
            .count($0.registrations.count { $0.state == .registered })
        },
        Field(
            "bindings", "integer", "How many bindings this home agent has; a node with two care-of addresses has two."
        ) {
            .count($0.bindings.count { $0.kind == .home })
        },
        Field("correspondent_bindings", "integer", "How many bindings this correspondent has.") {
            .count($0.bindings.count { $0.kind == .correspondent })
        },
        Field("routes", "integer", "How many peers this mobile host reaches directly.") {
            .count($0.routes.count(where: \.forwards))
        },
        Field("tunnels", "integer", "How many tunnels there are.") { .count($0.tunnels.count) },
    ]

    /// For the documentation: name, kind and meaning of each member.
    static var reference: [(name: String, kind: String, text: String)] { fields.map { ($0.name, $0.kind, $0.text) } }

    var document: JSON {
        .object([.init("status", .object(Self.fields.map { JSON.Member($0.name, $0.json(snapshot)) }))])
    }

    /// A few lines: the subject on the left, what is to say of it on the right.
    func text(width: Int?) -> String {
        var lines: [(String, String)] = []
        if let status = snapshot.status {
            let uptime = DurationText.text(seconds: status.uptimeMilliseconds / 1000)
            lines.append(
                ("nemonetd", "\(status.version), up \(uptime), plane \(status.plane), device \(status.device)"))
            let programs = status.clients.filter { !$0.isConsole }.map { "\($0.program) \($0.processIdentifier)" }
            lines.append(("programs", programs.isEmpty ? "none is connected" : programs.joined(separator: ", ")))
        }
        lines += snapshot.registrations.map { ("home", Self.sentence($0)) }
        if !snapshot.uplinks.isEmpty {
            let uplinks = snapshot.uplinkRows.map { row in
                let isSilent = row.report.state == .up && row.verdict?.health == .down
                let state = isSilent ? "not answered" : row.report.state.name.replacing("_", with: " ")
                return "\(row.report.name) \(state)\(row.isActive ? " (active)" : "")"
            }
            lines.append(("uplinks", uplinks.joined(separator: ", ")))
        }
        let direct = snapshot.bindings.count { $0.kind == .correspondent }
        // Who registers has none.
        if !snapshot.bindings.isEmpty || snapshot.registrations.isEmpty {
            lines.append(
                ("bindings", "\(snapshot.bindings.count - direct)" + (direct == 0 ? "" : ", \(direct) direct")))
        }
        if !snapshot.routes.isEmpty || !snapshot.rests.isEmpty {
            let resting = snapshot.rests.count { $0.reason != .excluded }
            lines.append(("routes", "\(snapshot.routes.count(where: \.forwards)) direct, \(resting) resting"))
        }
        lines.append(("tunnels", "\(snapshot.tunnels.count)"))
        return lines.map { DisplayText.entry($0.0, $0.1, left: 10, width: width) }.joined()
    }

    /// How a registration is, and where it is none, why.
    static func sentence(_ entry: RegistrationEntry) -> String {
        let via = entry.interfaceName.isEmpty ? "" : " over \(entry.interfaceName)"
        switch entry.state {
        case .registered:
            let left = DurationText.text(seconds: entry.remainingMilliseconds / 1000)
            return "\(entry.homeAddress) registered at \(entry.homeAgentAddress)\(via), \(left) left"
        case .refused:
            // A home agent that does not answer has refused nothing.
            let what = entry.reason == nil ? "not registered at" : "\(entry.stateName) by"
            let reason = entry.reason.map { ": \($0)" } ?? ""
            return "\(entry.homeAddress) \(what) \(entry.homeAgentAddress)\(via)\(reason)\(next(entry))"
        case .idle where entry.homeAgentAddress.isUnspecified:
            return "\(entry.homeAddress) has no home agent to go to\(next(entry))"
        default: return "\(entry.homeAddress) \(entry.state.name) at \(entry.homeAgentAddress)\(via)"
        }
    }

    /// When it is tried again.
    private static func next(_ entry: RegistrationEntry) -> String {
        let seconds = entry.remainingMilliseconds / 1000
        return seconds == 0 ? "" : "; tried again in \(DurationText.text(seconds: seconds))"
    }
}
