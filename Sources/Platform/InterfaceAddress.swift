import CLinux
public import MobilityWire

/// An IPv6 address of an interface (`RTM_NEWADDR`).
public struct InterfaceAddress: Hashable, Sendable {
    /// The interface's index.
    public var interface: UInt32
    public var address: IPv6Address
    public var prefixLength: UInt8
    public var flags: Flags
    /// Seconds for which the address may be used for new conversations; nil for ever. With 0 it is deprecated.
    public var preferredLifetime: UInt32?
    /// Seconds after which the kernel takes the address away; nil for never.
    public var validLifetime: UInt32?
    /// Who made the address (`IFA_PROTO`, since Linux 5.18); 0 when nobody tells.
    public var origin: UInt8

    /// The kernel's `IFA_F_` flags.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// A privacy address (RFC 8981), `IFA_F_TEMPORARY`.
        public static let temporary = Flags(rawValue: 0x01)
        /// No duplicate address detection; when adding.
        public static let noDuplicateDetection = Flags(rawValue: 0x02)
        /// Usable while duplicate address detection goes on (RFC 4429).
        public static let optimistic = Flags(rawValue: 0x04)
        /// Another node has the address.
        public static let duplicate = Flags(rawValue: 0x08)
        /// A home address, which source address selection prefers (RFC 6724 §5 rule 4).
        public static let home = Flags(rawValue: 0x10)
        public static let deprecated = Flags(rawValue: 0x20)
        /// Duplicate address detection is not finished: the address cannot be used.
        public static let tentative = Flags(rawValue: 0x40)
        /// Not from a Router Advertisement.
        public static let permanent = Flags(rawValue: 0x80)
        /// No route for the prefix; when adding.
        public static let noPrefixRoute = Flags(rawValue: 0x200)
    }

    public init(
        _ address: IPv6Address, prefixLength: UInt8, interface: UInt32, flags: Flags = [],
        preferredLifetime: UInt32? = nil, validLifetime: UInt32? = nil, origin: UInt8 = 0
    ) {
        self.interface = interface
        self.address = address
        self.prefixLength = min(prefixLength, 128)
        self.flags = flags
        self.preferredLifetime = preferredLifetime
        self.validLifetime = validLifetime
        self.origin = origin
    }

    /// Whether packets may be sent from the address now, to new peers too.
    public var isUsable: Bool {
        flags.isDisjoint(with: [.duplicate, .deprecated])
            && (!flags.contains(.tentative) || flags.contains(.optimistic))
    }

    /// The address of a message's contents; nil for IPv4 and for what is cut.
    init?(message: UnsafeRawBufferPointer) {
        guard let header: ifaddrmsg = message.value(at: 0), Int32(header.ifa_family) == AF_INET6 else { return nil }
        let attributes = NetlinkAttributes(message, from: MemoryLayout<ifaddrmsg>.size)
        // With a peer, IFA_LOCAL is our side and IFA_ADDRESS the other.
        guard let address = attributes.address(Int(IFA_LOCAL)) ?? attributes.address(Int(IFA_ADDRESS)) else {
            return nil
        }
        let times: ifa_cacheinfo? = attributes.load(Int(IFA_CACHEINFO))
        self.init(
            address, prefixLength: header.ifa_prefixlen, interface: header.ifa_index,
            flags: Flags(rawValue: attributes.uint32(Int(IFA_FLAGS)) ?? UInt32(header.ifa_flags)),
            preferredLifetime: times.flatMap { $0.ifa_prefered == .max ? nil : $0.ifa_prefered },
            validLifetime: times.flatMap { $0.ifa_valid == .max ? nil : $0.ifa_valid },
            origin: attributes.uint8(Int(IFA_PROTO)) ?? 0)
    }

    func put(into message: NetlinkMessage) {
        var header = ifaddrmsg()
        header.ifa_family = UInt8(AF_INET6)
        header.ifa_prefixlen = prefixLength
        header.ifa_index = interface
        message.fixed(header)
        message.put(Int(IFA_LOCAL), address)
        message.put(Int(IFA_ADDRESS), address)
    }

    func putDetails(into message: NetlinkMessage) {
        message.put(Int(IFA_FLAGS), flags.rawValue)
        message.put(
            Int(IFA_CACHEINFO),
            structure: ifa_cacheinfo(
                ifa_prefered: preferredLifetime ?? validLifetime ?? .max, ifa_valid: validLifetime ?? .max, cstamp: 0,
                tstamp: 0))
        if origin != 0 { message.put(Int(IFA_PROTO), origin) }
    }
}
