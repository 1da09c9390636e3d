public import MobilityWire

/// A message on the mobility socket.
///
/// Requests travel in a frame that asks for an acknowledgement; table entries also travel as the parts of a dump and as
/// notifications to the group of their table, in the same shape.
public enum MobilitySocketMessage: Hashable, Sendable {
    /// The first message of every client.
    case hello(Hello)
    /// Asks for every entry of a table; answered by the entries and a `done`.
    case dump(Table)
    /// Joins the groups that tell of changes of these tables from now on.
    case subscribe([Table])
    /// The home agent has read its configuration again, which has its nodes: nemonetd, which leads their packets, reads
    /// it too.
    case configurationChanged

    case bindingAdd(BindingEntry)
    /// - Parameter correspondent: the address of ours that the node bound with; nil for a home registration.
    case bindingDelete(homeAddress: IPv6Address, bindingIdentifier: UInt16?, correspondent: IPv6Address? = nil)
    /// Removes all bindings of the sender's role: a home agent's are never touched by a correspondent, nor the other way.
    case bindingFlush
    /// Ends an announcement of all that is to stay: what the sender did not add since its hello is swept away.
    case bindingSweep
    /// nemonetd tells, rarely, that a packet from `peer` needs a binding of this home address, and there is none. A Binding
    /// Error makes a node that a restart forgot register again (RFC 6275 §9.3.3).
    ///
    /// To a home agent: the packet was tunnelled. To a correspondent: it had a Home Address option, and `homeAgentAddress`
    /// is the address of ours that it came to.
    case bindingMissing(homeAddress: IPv6Address, peer: IPv6Address, homeAgentAddress: IPv6Address)
    /// nemonetd tells a correspondent, now and then: packets are sent by this binding.
    case bindingUsed(homeAddress: IPv6Address, correspondent: IPv6Address)

    case registrationAdd(RegistrationEntry)
    case registrationDelete(homeAddress: IPv6Address, careOfAddress: IPv6Address)
    case registrationFlush
    case registrationSweep

    case routeAdd(RouteEntry)
    case routeDelete(homeAddress: IPv6Address, peer: IPv6Address)
    /// Removes all routes and resting peers.
    case routeFlush
    /// As `bindingSweep`, of routes and resting peers.
    case routeSweep
    /// nemonetd tells a mobile node, now and then: packets go between the two, through the home agent's tunnel or by an
    /// optimised route.
    case routeHint(homeAddress: IPv6Address, peer: IPv6Address)
    /// Peers that are left alone, for who wants to know; nemonetd does nothing about them.
    case restingPeer(RestingPeerEntry)
    case restingPeerDelete(prefix: IPv6Prefix)
    /// nemonetd tells a mobile node: `peer` answered a Mobility Header, a Home Address option or a type 2 routing header
    /// of ours with an ICMPv6 Parameter Problem of code 1 or 2 (RFC 6275 §11.3.5).
    case parameterProblem(peer: IPv6Address)

    /// The state of one uplink, whenever it changes (from the detector, on to everybody who subscribed).
    case uplinkReport(UplinkReport)
    /// The interface is gone; with a name, that uplink is none any more, whether or not it has an interface (index 0).
    case uplinkGone(interfaceIndex: UInt32, name: String? = nil)
    /// From the detector to nemonetd: what it did not report since its hello is no uplink any more.
    case uplinkSweep
    /// Asks the detector to solicit and probe these uplinks now; none named means all.
    case movementScan(interfaceIndices: [UInt32])
    /// From the detector to nemonetd: have the kernel ask whether this router is there.
    case routerProbe(interfaceIndex: UInt32, router: IPv6Address)
    /// From the detector to nemonetd: send a Router Solicitation (RFC 4861 §4.1).
    case routerSolicit(interfaceIndex: UInt32)
    /// What an uplink has carried.
    case uplinkUsage(UplinkUsage)

    case mobilitySend(MobilityDatagram)
    case mobilityReceived(MobilityDatagram)

    case icmpSend(ICMPv6Datagram)
    case icmpReceived(ICMPv6Datagram)
    /// Asks nemonetd whether somebody on the link has the address (RFC 4862 §5.4); answered by `detectResult`.
    case detectStart(address: IPv6Address, interfaceName: String)
    /// Nobody waits for the answer any more.
    case detectStop(address: IPv6Address)
    case detectResult(address: IPv6Address, isDuplicate: Bool)

    /// An administrator's wish, for the home agent: end the bindings of these nodes and tell them (RFC 5846).
    case bindingRevoke(homeAddresses: [IPv6Address])
    /// An administrator's wish, for the home agent: ask these nodes, or all if none is named, to go to one of `agents`, best
    /// first; with none they discover (RFC 5142).
    case homeAgentSwitch(homeAddresses: [IPv6Address], agents: [IPv6Address])
    /// An administrator's wish, for the mobile node: try this peer again now, although it rests.
    case routeForget(peer: IPv6Address)
    /// An administrator's wish, for the mobile node: never optimise the way to these peers, or do so again.
    case routeExclude(prefix: IPv6Prefix, excluded: Bool)

    /// An administrator's wish, for the home agent: forget the bindings of these nodes, or of all if none is named, without
    /// telling anybody.
    case bindingForget(homeAddresses: [IPv6Address])

    /// An administrator's wish, for the mobile router or node: have this uplink carry the traffic as long as it works; nil
    /// leaves the choice to the policy again.
    case uplinkUse(name: String?)

    /// What a program knows and waits for, as it stands.
    case programState(ProgramState)
    /// The counters of one program, as they stand.
    case counters(program: String, values: [CounterValue])
    case event(EventRecord)
    case tunnel(TunnelStatus)
    case status(ManagerStatus)

    /// The tables that can be dumped and subscribed to.
    public enum Table: UInt8, CaseIterable, Sendable {
        case bindings = 1
        case registrations = 2
        case uplinks = 3
        case tunnels = 4
        case counters = 5
        case events = 6
        case status = 7
        /// Mobility Headers that arrive for the role of the subscriber.
        case mobility = 8
        /// Requests to the detector.
        case scans = 9
        /// Ways past the home agent, and peers that are left alone.
        case routes = 10
        /// What the programs know and wait for.
        case programStates = 11
        /// What the uplinks have carried: of its own, so that a report of an uplink is one a change.
        case usage = 12
        /// What the tunnels of a mobile node carry, while they do: a `tunnel` for each, ten times a second at most.
        case traffic = 13
    }
}

/// The first message of a client.
public struct Hello: Hashable, Sendable {
    /// The version of this protocol; another one is refused.
    public var version: UInt8
    public var role: Role
    public var processIdentifier: UInt32
    /// The addresses whose Mobility Headers the client wants: home agent addresses of `had`; none for `mrd`, whose
    /// home addresses follow from its registrations.
    public var addresses: [IPv6Address]
    /// What a monitor is called that is no console but a program which goes on running; nil for everybody else.
    public var name: String?

    public static let currentVersion: UInt8 = 1
    /// The longest name, in octets of UTF-8: a word, as the names of programs are.
    public static let nameLimit = 32

    /// The program that speaks: what events of it are signed with.
    public var program: String { role.program(named: name) }

    public init(
        role: Role, processIdentifier: UInt32, addresses: [IPv6Address] = [], name: String? = nil,
        version: UInt8 = Hello.currentVersion
    ) {
        self.version = version
        self.role = role
        self.processIdentifier = processIdentifier
        self.addresses = addresses
        self.name = name
    }
}

/// One counter of one program.
public struct CounterValue: Hashable, Sendable {
    public var name: String
    public var value: UInt64

    public init(name: String, value: UInt64) {
        self.name = name
        self.value = value
    }
}

/// Something that happened, for monitors.
public struct EventRecord: Hashable, Sendable {
    /// Monotonic, of nemonetd's machine.
    public var time: Instant
    public var program: String
    /// A stable lower_snake_case name: `registered`, `uplink_down`.
    public var event: String
    /// A sentence for people.
    public var detail: String
    /// The name of the uplink that it is about; empty where it is about none, or about several.
    public var uplink: String

    public init(time: Instant, program: String, event: String, detail: String, uplink: String = "") {
        self.time = time
        self.program = program
        self.event = event
        self.detail = detail
        self.uplink = uplink
    }
}
