import CLinux
import Glibc

/// A network interface whose other side is this program: what the kernel sends through it, we read, and what we write,
/// the kernel receives.
///
/// Each packet, in both directions, stands behind the 10 octets of `struct virtio_net_hdr`. The interface goes away with
/// the program.
public final class TunDevice {
    /// What the kernel may leave undone in packets that it hands to us.
    public struct Offload: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Transport checksums; the others need it.
        public static let checksum = Offload(rawValue: linux_tun_checksum)
        /// Cutting TCP over IPv4 into segments.
        public static let tcp4 = Offload(rawValue: linux_tun_tso4)
        /// Cutting TCP over IPv6 into segments.
        public static let tcp6 = Offload(rawValue: linux_tun_tso6)
        /// Cutting UDP into datagrams (since Linux 6.2). A device that has it takes joined datagrams, too.
        public static let udp = Offload(rawValue: linux_tun_uso)
    }

    /// The length of the header before each packet, in octets.
    public static let virtioHeaderLength = 10

    /// The name that the kernel gave.
    public let name: String
    /// The interface's index.
    public let index: UInt32
    /// The offloads that the kernel granted.
    public private(set) var offload: Offload = []
    /// At least one; each has a share of the flows.
    public let queues: [TunQueue]

    /// Makes the interface, which is down at first.
    ///
    /// - Parameters:
    ///   - name: a name of up to 15 octets, with `%d` for a number that the kernel chooses.
    ///   - queues: how many queues, one for each thread that reads.
    ///   - offload: what we can do ourselves. What this kernel does not know is left out; see the property.
    /// - Throws: `EBUSY` when the interface exists and another program holds it.
    public init(
        name: String, queues count: Int = 1, offload: Offload = [.checksum, .tcp6, .udp]
    ) throws(PlatformError) {
        guard InterfaceName.isPossible(name) else {
            throw PlatformError(
                call: "TUNSETIFF", errno: 0,
                detail: "\(name.debugDescription) cannot name an interface: 1 to 15 octets without / and spaces")
        }
        var actual = name
        var queues: [TunQueue] = []
        for _ in 0..<max(1, count) {
            let queue = Descriptor(
                owning: try Syscalls.check(
                    "open", "cannot open /dev/net/tun (is the module tun loaded?)", linux_tun_open))
            actual = try Self.attach(queue.number, name: actual, multiQueue: count > 1)
            queues.append(TunQueue(consume queue))
        }
        self.queues = queues
        self.name = actual
        index = if_nametoindex(actual)
        for queue in queues { self.offload = Self.setOffload(offload, queue.descriptor) }
    }

    private static func attach(
        _ descriptor: Int32, name: String, multiQueue: Bool
    ) throws(PlatformError) -> String {
        var octets = [CChar](repeating: 0, count: 16)
        for (index, octet) in name.utf8.prefix(15).enumerated() { octets[index] = CChar(bitPattern: octet) }
        try Syscalls.check("TUNSETIFF", "cannot make the TUN device \(name)") {
            linux_tun_attach(descriptor, &octets, multiQueue ? 1 : 0)
        }
        try Syscalls.check("TUNSETVNETHDRSZ", "cannot set up the TUN device \(name)") {
            linux_tun_set_header_size(descriptor, Int32(virtioHeaderLength))
        }
        // A device left persistent by somebody else would outlive us.
        try Syscalls.check("TUNSETPERSIST", "cannot set up the TUN device \(name)") {
            linux_tun_set_persistent(descriptor, 0)
        }
        return String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The greatest part of `wanted` that the kernel takes.
    private static func setOffload(_ wanted: Offload, _ descriptor: Int32) -> Offload {
        for attempt in [wanted, wanted.subtracting(.udp), wanted.intersection(.checksum)] {
            if linux_tun_set_offload(descriptor, attempt.rawValue) == 0 { return attempt }
        }
        return []
    }
}
