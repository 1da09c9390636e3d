import CLinux
public import MobilityWire

/// What the kernel knows of another node of a link (`RTM_NEWNEIGH`), with its state of neighbour unreachability detection
/// (RFC 4861 §7.3.2).
public struct Neighbor: Hashable, Sendable {
    /// The interface's index.
    public var interface: UInt32
    public var address: IPv6Address
    public var state: State

    public enum State: Hashable, Sendable {
        /// Nothing is known, and nobody asks.
        case none
        /// It is asked for the first time, or anew after it failed.
        case incomplete
        /// It has answered a moment ago, or cannot be asked on this link.
        case reachable
        /// It answered some time ago; whether it still does shows when it is needed.
        case stale
        /// It is needed, and will be asked in a moment.
        case delay
        /// It is being asked.
        case probe
        /// It was asked and did not answer.
        case failed
    }

    public init(_ address: IPv6Address, interface: UInt32, state: State) {
        self.interface = interface
        self.address = address
        self.state = state
    }

    /// The neighbour of a message's contents; nil for IPv4, for what this machine answers for others, and for what is cut.
    init?(message: UnsafeRawBufferPointer) {
        guard let header: ndmsg = message.value(at: 0), Int32(header.ndm_family) == AF_INET6,
            header.ndm_flags & UInt8(NTF_PROXY) == 0,
            let address = NetlinkAttributes(message, from: MemoryLayout<ndmsg>.size).address(Int(NDA_DST))
        else { return nil }
        self.init(address, interface: UInt32(bitPattern: header.ndm_ifindex), state: State(header.ndm_state))
    }
}

extension Neighbor.State {
    init(_ state: UInt16) {
        switch Int32(state) {
        case NUD_INCOMPLETE: self = .incomplete
        case NUD_REACHABLE, NUD_NOARP, NUD_PERMANENT: self = .reachable
        case NUD_STALE: self = .stale
        case NUD_DELAY: self = .delay
        case NUD_PROBE: self = .probe
        case NUD_FAILED: self = .failed
        default: self = .none
        }
    }
}
