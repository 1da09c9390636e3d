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

    case bindingAdd(BindingEntry)
    case bindingDelete(homeAddress: IPv6Address, bindingIdentifier: UInt16?)
    /// Removes all bindings of the sender's role.
    case bindingFlush
    /// Ends an announcement of all that is to stay: what the sender did not add since its hello is swept away.
    case bindingSweep
    /// nemonetd tells a home agent, rarely: a tunnelled packet from `peer` needs a binding of this home address, and
    /// there is none. A Binding Error makes a node that a restart forgot register again (RFC 6275 §9.3.3).
    case bindingMissing(homeAddress: IPv6Address, peer: IPv6Address, homeAgentAddress: IPv6Address)

    case registrationAdd(RegistrationEntry)
    case registrationDelete(homeAddress: IPv6Address, careOfAddress: IPv6Address)
    case registrationFlush
    case registrationSweep

    /// The state of one uplink, whenever it changes (from the detector, on to everybody who subscribed).
    case uplinkReport(UplinkReport)
    /// The interface is gone.
    case uplinkGone(interfaceIndex: UInt32)
    /// Asks the detector to solicit and probe these uplinks now; none named means all.
    case movementScan(interfaceIndices: [UInt32])

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

    public static let currentVersion: UInt8 = 1

    public init(
        role: Role, processIdentifier: UInt32, addresses: [IPv6Address] = [], version: UInt8 = Hello.currentVersion
    ) {
        self.version = version
        self.role = role
        self.processIdentifier = processIdentifier
        self.addresses = addresses
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

    public init(time: Instant, program: String, event: String, detail: String) {
        self.time = time
        self.program = program
        self.event = event
        self.detail = detail
    }
}
