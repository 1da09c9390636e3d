/// The attribute numbers of the mobility socket, `nla_type`, by the message or nest that they stand in.
///
/// Documented in docs/mobility-socket.md. Numbers are only ever added; a reader skips those that it does not know.
enum Attribute {
    /// Inside every list.
    enum List: UInt16 {
        case item = 1
    }

    enum Hello: UInt16 {
        case version = 1
        case role = 2
        case processIdentifier = 3
        case addresses = 4
        case name = 5
    }

    /// Of `subscribe` (a list) and `dump` (one table).
    enum Tables: UInt16 {
        case table = 1
        case tables = 2
    }

    enum Prefix: UInt16 {
        case address = 1
        case length = 2
    }

    enum Binding: UInt16 {
        case homeAddress = 1
        case careOfAddress = 2
        case bindingIdentifier = 3
        case homeAgentAddress = 4
        case lifetime = 5
        case remaining = 6
        case sequenceNumber = 7
        case prefixes = 8
        case mode = 9
        case name = 10
        case formerCareOfAddresses = 11
        case priority = 12
        case flows = 13
        case defendsLinkLocal = 14
        case kind = 15
    }

    /// One of the flows of a binding or registration.
    enum Flow: UInt16 {
        case identifier = 1
        case priority = 2
        /// In the wire form of RFC 6088 §3.2, from the flags on.
        case selector = 3
        /// Of a flow without a way: 0 any, 1 drop, 2 wait.
        case fallback = 4
    }

    /// Of `bindingMissing` and `bindingUsed`.
    enum MissingBinding: UInt16 {
        case homeAddress = 1
        case peer = 2
        case homeAgentAddress = 4
    }

    /// Of `routeAdd`, `routeDelete`, `routeHint`, `parameterProblem` and `routeForget`.
    enum Route: UInt16 {
        case homeAddress = 1
        case peer = 2
        case careOfAddress = 3
        case interfaceIndex = 4
        case interfaceName = 5
        case lifetime = 6
        case remaining = 7
        case state = 8
        case forwards = 9
        case sequenceNumber = 10
        case status = 11
    }

    /// Of `restingPeer`, `restingPeerDelete` and `routeExclude`.
    enum RestingPeer: UInt16 {
        case address = 1
        case length = 2
        case remaining = 3
        case reason = 4
        case excluded = 5
    }

    enum Registration: UInt16 {
        case homeAddress = 1
        case homePrefixLength = 2
        case careOfAddress = 3
        case homeAgentAddress = 4
        case bindingIdentifier = 5
        case interfaceIndex = 6
        case interfaceName = 7
        case priority = 8
        case forwards = 9
        case state = 10
        case status = 11
        case sequenceNumber = 12
        case lifetime = 13
        case remaining = 14
        case prefixes = 15
        case flows = 16
        case revocation = 17
        case stranded = 18
        case buckets = 19
    }

    /// Of `uplinkReport`, `uplinkGone`, `routerProbe` and `routerSolicit`.
    enum Uplink: UInt16 {
        case interfaceIndex = 1
        case name = 2
        case type = 3
        case state = 4
        case candidates = 5
        case defaultRouter = 6
        case mtu = 7
        case metric = 8
        case routerState = 9
        // 10 was a signal with its unit.
        case signal = 11
        case networkName = 12
        case modem = 13
    }

    enum Usage: UInt16 {
        case interfaceIndex = 1
        case octetsIn = 2
        case octetsOut = 3
    }

    enum Modem: UInt16 {
        case state = 1
        case detail = 2
        case operatorName = 3
        case technology = 4
    }

    enum Candidate: UInt16 {
        case address = 1
        case prefixLength = 2
        case flags = 3
        case preferredLifetime = 4
        case validLifetime = 5
    }

    enum Scan: UInt16 {
        case interfaceIndices = 1
    }

    /// Of `mobilitySend`, `mobilityReceived`, `icmpSend` and `icmpReceived`.
    enum Datagram: UInt16 {
        case source = 1
        case destination = 2
        case homeAddressOption = 3
        case routingHeader = 4
        case interfaceIndex = 5
        case hopLimit = 6
        case message = 7
        case throughTunnel = 8
    }

    enum ProgramState: UInt16 {
        case program = 1
        case homeAgents = 2
        case timers = 3
        case choice = 4
    }

    enum Choice: UInt16 {
        case carriers = 1
        case uplinks = 2
        case pinned = 3
    }

    enum Carrier: UInt16 {
        case what = 1
        case way = 2
        case uplinks = 3
        case elapsed = 4
    }

    enum Verdict: UInt16 {
        case interfaceIndex = 1
        case name = 2
        case isActive = 3
        case health = 4
        case healthElapsed = 5
        case isDegraded = 6
        case isWeak = 7
        case roundTrip = 8
        case jitter = 9
        case loss = 10
        case reasons = 11
        case used = 12
        case monthly = 13
        case share = 14
    }

    enum Reason: UInt16 {
        case name = 1
        case text = 2
        case elapsed = 3
        case remaining = 4
    }

    enum HomeAgent: UInt16 {
        case addresses = 1
        case preference = 2
        case mobileRouters = 3
        case isOwn = 4
        case remaining = 5
    }

    enum Timer: UInt16 {
        case name = 1
        case waiting = 2
        case remaining = 3
    }

    /// Of `bindingRevoke`, `bindingForget`, `homeAgentSwitch` and `uplinkUse`.
    enum Command: UInt16 {
        case homeAddresses = 1
        case agents = 2
        case uplink = 3
    }

    /// Of `detectStart`, `detectStop` and `detectResult`.
    enum Detection: UInt16 {
        case address = 1
        case interfaceName = 2
        case isDuplicate = 3
    }

    enum Counters: UInt16 {
        case program = 1
        case values = 2
    }

    enum Counter: UInt16 {
        case name = 1
        case value = 2
    }

    enum Event: UInt16 {
        case time = 1
        case program = 2
        case event = 3
        case detail = 4
        case uplink = 5
    }

    enum Tunnel: UInt16 {
        case local = 1
        case remote = 2
        case homeAddress = 3
        case interfaceIndex = 4
        case interfaceName = 5
        case mtu = 6
        case active = 7
        case packetsIn = 8
        case packetsOut = 9
        case bytesIn = 10
        case bytesOut = 11
    }

    enum Status: UInt16 {
        case version = 1
        case plane = 2
        case device = 3
        case uptime = 4
        case clients = 5
    }

    enum Client: UInt16 {
        case role = 1
        case processIdentifier = 2
        case name = 3
    }
}
