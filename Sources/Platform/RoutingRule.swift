import CLinux
import Glibc
public import MobilityWire

/// A rule of IPv6 policy routing: which packets ask which table (`RTM_NEWRULE`).
public struct RoutingRule: Hashable, Sendable {
    /// Rules are asked from the smallest priority on. The main table's own rule has 32766.
    public var priority: UInt32
    public var action: Action
    /// Only packets from this prefix; nil for all.
    public var source: IPv6Prefix?
    /// Only packets to this prefix; nil for all.
    public var destination: IPv6Prefix?
    /// Only packets that came in through this interface; `lo` is what this machine sends itself.
    public var inputInterface: String?
    /// Only packets of sockets that are bound to this interface.
    public var outputInterface: String?
    /// Only packets whose mark, under `markMask`, is this one.
    public var firewallMark: UInt32?
    public var firewallMarkMask: UInt32?
    /// An answer of the table counts only if its prefix is longer than this: 0 passes default routes over.
    public var suppressPrefixLength: UInt32?
    /// Packets of this machine that have no source address yet are asked for as well: the rule holds for them if the
    /// address that they would get on the way that the table names is in `source`. `FIB_RULE_FIND_SADDR`, which the kernel
    /// has for mobile nodes.
    public var choosesSource: Bool
    /// Only packets of this protocol, and of TCP, UDP and their like only those with these ports; nil for all.
    public var ipProtocol: UInt8?
    public var sourcePorts: ClosedRange<UInt16>?
    public var destinationPorts: ClosedRange<UInt16>?
    /// Who made the rule; `RouteNetlink.mark` for us.
    public var mark: UInt8

    public enum Action: Hashable, Sendable {
        /// To ask the table.
        case table(UInt32)
        case unreachable
        case blackhole
        case prohibit
        /// Another of the kernel's actions.
        case other(UInt8)
    }

    public init(
        priority: UInt32, action: Action, source: IPv6Prefix? = nil, destination: IPv6Prefix? = nil,
        inputInterface: String? = nil, outputInterface: String? = nil, firewallMark: UInt32? = nil,
        firewallMarkMask: UInt32? = nil, suppressPrefixLength: UInt32? = nil, choosesSource: Bool = false,
        ipProtocol: UInt8? = nil, sourcePorts: ClosedRange<UInt16>? = nil,
        destinationPorts: ClosedRange<UInt16>? = nil, mark: UInt8 = RouteNetlink.mark
    ) {
        self.priority = priority
        self.action = action
        self.source = source
        self.destination = destination
        self.inputInterface = inputInterface
        self.outputInterface = outputInterface
        self.firewallMark = firewallMark
        self.firewallMarkMask = firewallMarkMask
        self.suppressPrefixLength = suppressPrefixLength
        self.choosesSource = choosesSource
        self.ipProtocol = ipProtocol
        self.sourcePorts = sourcePorts
        self.destinationPorts = destinationPorts
        self.mark = mark
    }

    /// The rule of a message's contents; nil for IPv4 and for what is cut.
    init?(message: UnsafeRawBufferPointer) {
        guard let header: fib_rule_hdr = message.value(at: 0), Int32(header.family) == AF_INET6 else { return nil }
        let attributes = NetlinkAttributes(message, from: MemoryLayout<fib_rule_hdr>.size)
        func prefix(_ type: Int, _ length: UInt8) -> IPv6Prefix? {
            length == 0 ? nil : attributes.address(type).map { IPv6Prefix($0, length: length) }
        }
        func ports(_ type: Int) -> ClosedRange<UInt16>? {
            attributes.load(type, as: fib_rule_port_range.self).flatMap { $0.start <= $0.end ? $0.start...$0.end : nil }
        }
        let action: Action =
            switch Int(header.action) {
            case Int(FR_ACT_TO_TBL): .table(attributes.uint32(Int(FRA_TABLE)) ?? UInt32(header.table))
            case Int(FR_ACT_UNREACHABLE): .unreachable
            case Int(FR_ACT_BLACKHOLE): .blackhole
            case Int(FR_ACT_PROHIBIT): .prohibit
            default: .other(header.action)
            }
        let suppress = attributes.uint32(Int(FRA_SUPPRESS_PREFIXLEN))
        self.init(
            priority: attributes.uint32(Int(FRA_PRIORITY)) ?? 0, action: action,
            source: prefix(Int(FRA_SRC), header.src_len), destination: prefix(Int(FRA_DST), header.dst_len),
            inputInterface: attributes.string(Int(FRA_IIFNAME)), outputInterface: attributes.string(Int(FRA_OIFNAME)),
            firewallMark: attributes.uint32(Int(FRA_FWMARK)), firewallMarkMask: attributes.uint32(Int(FRA_FWMASK)),
            suppressPrefixLength: suppress == .max ? nil : suppress,
            choosesSource: header.flags & UInt32(FIB_RULE_FIND_SADDR) != 0,
            ipProtocol: attributes.uint8(Int(FRA_IP_PROTO)), sourcePorts: ports(Int(FRA_SPORT_RANGE)),
            destinationPorts: ports(Int(FRA_DPORT_RANGE)), mark: attributes.uint8(Int(FRA_PROTOCOL)) ?? 0)
        // The kernel writes a mask of all bits where none was given.
        if firewallMarkMask == .max { firewallMarkMask = nil }
    }

    func put(into message: NetlinkMessage) {
        var header = fib_rule_hdr()
        header.family = UInt8(AF_INET6)
        header.src_len = source?.length ?? 0
        header.dst_len = destination?.length ?? 0
        var table: UInt32 = 0
        switch action {
        case .table(let number):
            header.action = UInt8(FR_ACT_TO_TBL)
            table = number
        case .unreachable: header.action = UInt8(FR_ACT_UNREACHABLE)
        case .blackhole: header.action = UInt8(FR_ACT_BLACKHOLE)
        case .prohibit: header.action = UInt8(FR_ACT_PROHIBIT)
        case .other(let value): header.action = value
        }
        if choosesSource { header.flags |= UInt32(FIB_RULE_FIND_SADDR) }
        header.table = table < 256 ? UInt8(table) : 0
        message.fixed(header)
        message.put(Int(FRA_PRIORITY), priority)
        if table != 0 { message.put(Int(FRA_TABLE), table) }
        if let source { message.put(Int(FRA_SRC), source.address) }
        if let destination { message.put(Int(FRA_DST), destination.address) }
        if let inputInterface { message.put(Int(FRA_IIFNAME), interface: inputInterface) }
        if let outputInterface { message.put(Int(FRA_OIFNAME), interface: outputInterface) }
        if let firewallMark { message.put(Int(FRA_FWMARK), firewallMark) }
        if let firewallMarkMask { message.put(Int(FRA_FWMASK), firewallMarkMask) }
        if let suppressPrefixLength { message.put(Int(FRA_SUPPRESS_PREFIXLEN), suppressPrefixLength) }
        if let ipProtocol { message.put(Int(FRA_IP_PROTO), ipProtocol) }
        for (type, ports) in [(FRA_SPORT_RANGE, sourcePorts), (FRA_DPORT_RANGE, destinationPorts)] {
            guard let ports else { continue }
            message.put(
                Int(type), structure: fib_rule_port_range(start: ports.lowerBound, end: ports.upperBound))
        }
        message.put(Int(FRA_PROTOCOL), mark)
    }

    /// A name that cannot be an interface's, for the error before the kernel is asked.
    var impossibleName: String? {
        [inputInterface, outputInterface].compactMap { $0 }.first { !InterfaceName.isPossible($0) }
    }
}
