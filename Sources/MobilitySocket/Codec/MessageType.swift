/// The message types of the mobility socket, `nlmsg_type`. Numbers below 16 are netlink's own.
///
/// Documented in docs/mobility-socket.md; a number once used is never given another meaning.
enum MessageType: UInt16, CaseIterable {
    case hello = 0x10
    case subscribe = 0x11
    /// Always with `NLM_F_DUMP`.
    case dump = 0x12
    case configurationChanged = 0x13

    case bindingAdd = 0x20
    case bindingDelete = 0x21
    case bindingFlush = 0x22
    case bindingSweep = 0x23
    case bindingMissing = 0x24
    case bindingUsed = 0x25

    case registrationAdd = 0x30
    case registrationDelete = 0x31
    case registrationFlush = 0x32
    case registrationSweep = 0x33

    case routeAdd = 0x38
    case routeDelete = 0x39
    case routeFlush = 0x3A
    case routeSweep = 0x3B
    case routeHint = 0x3C
    case restingPeer = 0x3D
    case restingPeerDelete = 0x3E
    case parameterProblem = 0x3F

    case uplinkReport = 0x40
    case uplinkGone = 0x41
    case movementScan = 0x42
    case routerProbe = 0x43
    case routerSolicit = 0x44
    case uplinkUsage = 0x45
    case uplinkSweep = 0x46

    case mobilitySend = 0x50
    case mobilityReceived = 0x51

    case counters = 0x60
    case event = 0x61
    case tunnel = 0x62
    case status = 0x63
    case programState = 0x64

    case icmpSend = 0x78
    case icmpReceived = 0x79
    case detectStart = 0x7A
    case detectStop = 0x7B
    case detectResult = 0x7C

    case bindingRevoke = 0x80
    case homeAgentSwitch = 0x81
    case routeForget = 0x82
    case routeExclude = 0x83
    case bindingForget = 0x84
    case uplinkUse = 0x85
}

/// The control types that netlink fixes for every family (`linux/netlink.h`).
enum ControlType {
    /// `NLMSG_ERROR`: an acknowledgement where the error is 0.
    static let error: UInt16 = 2
    /// `NLMSG_DONE`: the end of a dump.
    static let done: UInt16 = 3
    /// `NLMSG_OVERRUN`: notifications were lost; a dump tells what became of them.
    static let overrun: UInt16 = 4
}

/// The attributes of `NLMSG_ERROR` (`linux/netlink.h`).
enum ErrorAttribute: UInt16 {
    /// `NLMSGERR_ATTR_MSG`.
    case message = 1
}
