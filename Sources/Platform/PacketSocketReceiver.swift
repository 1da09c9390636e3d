import CLinux
import Glibc

/// Receives IPv6 packets addressed to this machine before the kernel's own IPv6 does, many with one system call
/// (AF_PACKET, `recvmmsg`).
///
/// The kernel still processes its own copy of every packet; who wants to be alone drops it with nftables in a
/// prerouting chain. Memory is set up once, and nothing is allocated for a packet.
///
///     while case let count = try receiver.receive(), count > 0 {
///         for index in 0..<count { handle(receiver.packet(at: index)) }
///     }
public final class PacketSocketReceiver {
    /// The longest packet that fits for certain, in octets: the longest that is no jumbogram. A longer one is cut and
    /// marked.
    public static let packetLimit = 65_575
    /// The length of the header that says what the kernel left undone: `struct virtio_net_hdr`.
    public static let virtioHeaderLength = 10

    /// A packet, valid until the next `receive()`.
    public struct Packet {
        /// The packet from its IPv6 header on. It may be changed in place.
        public let bytes: UnsafeMutableRawBufferPointer
        /// The 10 octets of `struct virtio_net_hdr`; all zero when the socket was opened without it. Its offsets count
        /// from the start of `bytes`.
        public let virtioHeader: UnsafeRawBufferPointer
        /// The index of the interface that it came in through.
        public let interface: UInt32
        /// Whether the packet was longer than `packetLimit` and its end is missing.
        public let isTruncated: Bool
    }

    /// For the event loop: readable when a packet waits.
    public let descriptor: Int32
    /// How many packets one `receive()` takes at most.
    public let batch: Int

    private let socket: Descriptor
    private let arena: PacketArena
    private let hasVirtioHeader: Bool
    private var filled = 0
    private var undescribed = 0
    private let messages: UnsafeMutableBufferPointer<linux_message>
    private let pieces: UnsafeMutableBufferPointer<iovec>
    private let origins: UnsafeMutableBufferPointer<sockaddr_ll>
    private let headers: UnsafeMutableRawBufferPointer
    /// One control message with `struct tpacket_auxdata` for each packet.
    private let controls: UnsafeMutableRawBufferPointer
    /// Where in its slot each packet's IPv6 header stands, and how many octets are there.
    private let places: UnsafeMutableBufferPointer<(offset: Int, count: Int)>

    private static let controlLength = 64
    /// Two octets before an Ethernet header of 14, so that the addresses of the IPv6 header stand at multiples of 8.
    private static let alignment = 2

    /// Opens the socket.
    ///
    /// - Parameters:
    ///   - interface: the index of the interface to listen at; nil for all.
    ///   - nextHeaders: which values of the IPv6 header's Next Header to take.
    ///   - icmpTypes: which ICMPv6 messages to take besides, where they stand right behind the IPv6 header.
    ///   - multicast: whether to take what is sent to a group, too.
    ///   - virtioHeader: whether to take packets with unfinished checksums and joined segments as they are. Without it
    ///     there are such packets too (from other namespaces of this machine), only nothing tells.
    ///   - group: with whom it shares the packets; nil to have all of them.
    ///   - receiveBuffer: octets that may wait in the kernel.
    public init(
        interface: UInt32? = nil, nextHeaders: Set<UInt8>, icmpTypes: Set<UInt8> = [], multicast: Bool = false,
        batch: Int = 64, virtioHeader: Bool = true,
        group: PacketSocketGroup? = nil, receiveBuffer: Int = 8 << 20
    ) throws(PlatformError) {
        let detail = "cannot receive packets"
        // Without a protocol nothing arrives before the filter stands.
        // The kernel gives the virtio header only together with the link layer's, which is skipped in `settle`.
        let socket = try Syscalls.socket(AF_PACKET, virtioHeader ? SOCK_RAW : SOCK_DGRAM, 0, detail)
        let number = socket.number
        let filter = PacketFilter(nextHeaders: nextHeaders, icmpTypes: icmpTypes, multicast: multicast)
        // Before it has its share of a group it would have what the others have, too.
        try (group == nil ? filter : .nothing).attach(to: number)
        Syscalls.setBuffers(number, receive: receiveBuffer)
        // Saves work only: the filter refuses what goes out. Kernels before 4.20 do not know it.
        try? Syscalls.setOption(number, SOL_PACKET, PACKET_IGNORE_OUTGOING, Int32(1), detail)
        if virtioHeader {
            try Syscalls.setOption(number, SOL_PACKET, PACKET_VNET_HDR, Int32(1), detail)
            try Syscalls.setOption(number, SOL_PACKET, PACKET_AUXDATA, Int32(1), detail)
        }
        var address = sockaddr_ll()
        address.sll_family = UInt16(AF_PACKET)
        address.sll_protocol = UInt16(linux_eth_p_ipv6).bigEndian
        address.sll_ifindex = Int32(bitPattern: interface ?? 0)
        try Syscalls.check("bind", detail + (interface.map { " at interface \($0)" } ?? "")) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(number, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
                }
            }
        }
        if let group {
            try group.join(number)
            try filter.attach(to: number)
        }
        arena = try PacketArena(slots: batch)
        descriptor = number
        hasVirtioHeader = virtioHeader
        self.batch = batch
        self.socket = consume socket
        messages = .allocate(capacity: batch)
        pieces = .allocate(capacity: batch * 2)
        origins = .allocate(capacity: batch)
        headers = .allocate(byteCount: batch * Self.virtioHeaderLength, alignment: 8)
        messages.initialize(repeating: linux_message())
        pieces.initialize(repeating: iovec())
        origins.initialize(repeating: sockaddr_ll())
        headers.initializeMemory(as: UInt8.self, repeating: 0)
        controls = .allocate(byteCount: batch * Self.controlLength, alignment: 16)
        controls.initializeMemory(as: UInt8.self, repeating: 0)
        places = .allocate(capacity: batch)
        places.initialize(repeating: (0, 0))
        for index in 0..<batch { prepare(index) }
    }

    deinit {
        messages.deallocate()
        pieces.deallocate()
        origins.deallocate()
        headers.deallocate()
        controls.deallocate()
        places.deallocate()
    }

    /// Takes the packets that wait, up to `batch`, without waiting. The packets before are gone with this call.
    /// - Returns: how many there are.
    public func receive() throws(PlatformError) -> Int {
        // The kernel has changed the lengths of those that it filled; it must find them as they were.
        for index in 0..<filled {
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_ll>.size)
            messages[index].header.msg_controllen = hasVirtioHeader ? Self.controlLength : 0
        }
        filled = 0
        for _ in 0..<batch {
            let count = Syscalls.receiveMessages(descriptor, messages)
            if count >= 0 {
                filled = count
                for index in 0..<count { settle(index) }
                return count
            }
            switch Int32(-count) {
            // The interface went down; the socket works again when it comes up.
            case ENETDOWN: return 0
            // A joined packet of a kind that the virtio header has no name for (UDP before Linux 6.2): the kernel has
            // thrown it away, and whoever sent it must not stop us.
            case EINVAL: undescribed += 1
            default: throw PlatformError(call: "recvmmsg", errno: Int32(-count), detail: "cannot receive packets")
            }
        }
        return 0
    }

    /// Packet `index` of the last `receive()`, below what it returned.
    public func packet(at index: Int) -> Packet {
        precondition(index < filled, "packet \(index) of \(filled)")
        let place = places[index]
        let slot = arena.slot(index)
        return Packet(
            bytes: UnsafeMutableRawBufferPointer(rebasing: slot[place.offset..<place.offset + place.count]),
            virtioHeader: UnsafeRawBufferPointer(
                rebasing: headers[index * Self.virtioHeaderLength..<(index + 1) * Self.virtioHeaderLength]),
            interface: UInt32(bitPattern: origins[index].sll_ifindex),
            isTruncated: messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0)
    }

    /// How many packets the kernel has thrown away since the last question: for want of room, or because it could not
    /// describe them.
    public func takeDropCount() -> Int {
        defer { undescribed = 0 }
        var statistics = tpacket_stats()
        var length = socklen_t(MemoryLayout<tpacket_stats>.size)
        guard getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0 else {
            return undescribed
        }
        return Int(statistics.tp_drops) + undescribed
    }

    /// Finds where the packet starts, behind the link layer's header, and lets the virtio header count from there.
    private func settle(_ index: Int) {
        let room = PacketArena.slotSize - Self.alignment
        guard hasVirtioHeader else {
            places[index] = (Self.alignment, min(Int(messages[index].length), room))
            return
        }
        let length = min(max(0, Int(messages[index].length) - Self.virtioHeaderLength), room)
        // struct cmsghdr has 16 octets; tp_net stands at octet 14 of struct tpacket_auxdata.
        var link = 0
        if messages[index].header.msg_controllen >= 16 + MemoryLayout<tpacket_auxdata>.size {
            link = Int(controls.load(fromByteOffset: index * Self.controlLength + 30, as: UInt16.self))
        }
        link = min(link, length)
        places[index] = (Self.alignment + link, length - link)
        let header = index * Self.virtioHeaderLength
        // hdr_len and csum_start.
        shift(header + 2, by: UInt16(link))
        shift(header + 6, by: UInt16(link))
    }

    @inline(__always)
    private func shift(_ field: Int, by link: UInt16) {
        let value = headers.loadUnaligned(fromByteOffset: field, as: UInt16.self)
        headers.storeBytes(of: value - min(value, link), toByteOffset: field, as: UInt16.self)
    }

    private func prepare(_ index: Int) {
        let slot = arena.slot(index)
        let first = index * 2
        pieces[first] = iovec(
            iov_base: headers.baseAddress.map { $0 + index * Self.virtioHeaderLength }, iov_len: Self.virtioHeaderLength
        )
        pieces[first + 1] = iovec(
            iov_base: slot.baseAddress.map { $0 + Self.alignment }, iov_len: slot.count - Self.alignment)
        let skipped = hasVirtioHeader ? 0 : 1
        messages[index].header.msg_name = origins.baseAddress.map { UnsafeMutableRawPointer($0 + index) }
        messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_ll>.size)
        messages[index].header.msg_iov = pieces.baseAddress.map { $0 + first + skipped }
        messages[index].header.msg_iovlen = 2 - skipped
        if hasVirtioHeader {
            messages[index].header.msg_control = controls.baseAddress.map { $0 + index * Self.controlLength }
            messages[index].header.msg_controllen = Self.controlLength
        }
    }
}
