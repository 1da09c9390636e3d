/// Who may say what on the mobility socket: the role that a client declared, times the user that the kernel says it is.
struct Permissions {
    /// The users that may play a role of the protocol: root, nemonetd's own, and those configured.
    var protocolUsers: Set<UInt32>

    /// Why the message is refused; nil if it is allowed.
    ///
    /// - Parameters:
    ///   - sender: The client's hello, without a name that it may not have (`mayBeNamed`); nil before its hello.
    ///   - user: The user of the process at the other end, from the kernel.
    func refusal(
        of message: MobilitySocketMessage, from sender: Hello?, user: UInt32
    ) -> MobilitySocketError? {
        if case .hello(let hello) = message { return refusal(of: hello, role: sender?.role, user: user) }
        guard let sender else { return MobilitySocketError(.notPermitted, "a client says hello first") }
        let role = sender.role
        if case .subscribe(let tables) = message {
            for table in tables where !Self.mayListen(role, to: table) {
                return MobilitySocketError(.notPermitted, "\(role.program) cannot subscribe to \(table)")
            }
            return nil
        }
        if message.isCommand {
            // Everybody may look; who may run the programs may also tell them what to do.
            guard role == .monitor, protocolUsers.contains(user) else {
                return MobilitySocketError(.notPermitted, "only root and the user of nemonetd may send \(message.type)")
            }
            return nil
        }
        if let speaker = message.speaker, speaker != sender.program {
            return MobilitySocketError(.notPermitted, "\(sender.program) cannot speak for \(speaker)")
        }
        // A program that goes on running, and so has something to tell of itself.
        if sender.name != nil, case .event = message { return nil }
        guard Self.maySend(role, message) else {
            return MobilitySocketError(.notPermitted, "\(role.program) cannot send \(message.type)")
        }
        return nil
    }

    func mayPlay(_ role: Role, user: UInt32) -> Bool { role == .monitor || protocolUsers.contains(user) }

    /// Whether a monitor of this user is called what it says: anybody could say anything.
    func mayBeNamed(user: UInt32) -> Bool { protocolUsers.contains(user) }

    private func refusal(of hello: Hello, role: Role?, user: UInt32) -> MobilitySocketError? {
        guard hello.version == Hello.currentVersion else {
            return MobilitySocketError(
                .unsupportedVersion,
                "version \(hello.version) of the mobility socket; this is version \(Hello.currentVersion)")
        }
        if let role, role != hello.role {
            return MobilitySocketError(.notPermitted, "a client keeps its role, here \(role.program)")
        }
        guard mayPlay(hello.role, user: user) else {
            return MobilitySocketError(.notPermitted, "user \(user) cannot be \(hello.role.program)")
        }
        return nil
    }

    private static func mayListen(_ role: Role, to table: MobilitySocketMessage.Table) -> Bool {
        switch table {
        case .mobility: speaksProtocol(role)
        case .scans: role == .detector
        case .traffic: role == .mobileRouter || role == .mobileNode
        case .bindings, .registrations, .uplinks, .tunnels, .counters, .events, .status, .routes, .programStates,
            .usage:
            true
        }
    }

    private static func maySend(_ role: Role, _ message: MobilitySocketMessage) -> Bool {
        switch message {
        case .hello, .subscribe: true
        case .dump(let table): table != .mobility && table != .scans && table != .traffic
        case .bindingAdd(let entry): role == (entry.kind == .home ? .homeAgent : .correspondentNode)
        case .bindingDelete(_, _, let correspondent):
            role == (correspondent == nil ? .homeAgent : .correspondentNode)
        case .bindingFlush, .bindingSweep: role == .homeAgent || role == .correspondentNode
        case .registrationAdd, .registrationDelete, .registrationFlush, .registrationSweep, .movementScan:
            role == .mobileRouter || role == .mobileNode
        case .routeAdd, .routeDelete, .routeFlush, .routeSweep, .restingPeer, .restingPeerDelete:
            role == .mobileNode
        case .uplinkReport, .uplinkGone, .uplinkSweep, .routerProbe, .routerSolicit, .uplinkUsage: role == .detector
        case .mobilitySend, .icmpSend: speaksProtocol(role)
        case .configurationChanged, .detectStart, .detectStop: role == .homeAgent
        case .counters, .event, .programState: role != .monitor
        // These only nemonetd sends.
        case .bindingRevoke, .bindingForget, .homeAgentSwitch, .routeForget, .routeExclude, .uplinkUse,
            .bindingMissing, .bindingUsed, .routeHint, .parameterProblem, .mobilityReceived, .icmpReceived,
            .detectResult, .tunnel, .status:
            false
        }
    }

    /// Whether the role speaks Mobile IPv6 itself.
    private static func speaksProtocol(_ role: Role) -> Bool {
        switch role {
        case .mobileRouter, .mobileNode, .homeAgent, .correspondentNode: true
        case .detector, .monitor: false
        }
    }
}

extension MobilitySocketMessage {
    /// The program in whose name it is said; nil for what bears none.
    fileprivate var speaker: String? {
        switch self {
        case .counters(let program, _): program
        case .event(let event): event.program
        case .programState(let state): state.program
        default: nil
        }
    }

    /// What a person asks of a program, through the console.
    fileprivate var isCommand: Bool {
        switch self {
        case .bindingRevoke, .bindingForget, .homeAgentSwitch, .routeForget, .routeExclude, .uplinkUse: true
        default: false
        }
    }
}
