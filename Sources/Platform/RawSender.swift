import CLinux
import Glibc
public import MobilityWire

/// Sends IPv6 packets whose headers are complete already, many with one system call (`IPPROTO_RAW`, `sendmmsg`).
///
/// The kernel routes each packet by the destination in its IPv6 header. Memory is set up once, and nothing is allocated
/// for a packet.
public final class RawSender {
    /// What became of a batch.
    public struct Report: Hashable, Sendable {
        /// Packets that the kernel took.
        public var sent = 0
        /// Packets given up because the interface's queue or the socket's buffer stayed full.
        public var congested = 0
        /// Packets longer than the interface's MTU.
        public var tooBig = 0
        /// Packets without a way, or refused for another reason.
        public var refused = 0
    }

    public let descriptor: Int32
    private let socket: Descriptor
    private let batch: Int
    private let scope: UInt32
    private let messages: UnsafeMutableBufferPointer<linux_message>
    private let destinations: UnsafeMutableBufferPointer<sockaddr_in6>
    /// How long a full socket holds the path up before the rest of a batch is given up: 10 ms is 1 MB at 1 Gbit/s.
    private static let patience: Int32 = 10

    /// Opens the socket.
    ///
    /// - Parameters:
    ///   - interface: the name of the only interface to send through; nil to follow the routes.
    ///   - source: the source address of all packets; nil for any. With it the kernel need not think of one for each
    ///     packet, which takes longer than the rest of its way.
    ///   - mark: a mark for rules and nftables (`SO_MARK`).
    ///   - batch: how many packets go to the kernel with one call.
    public init(
        interface: String? = nil, source: IPv6Address? = nil, mark: UInt32? = nil, batch: Int = 128,
        sendBuffer: Int = 4 << 20
    ) throws(PlatformError) {
        let detail = "cannot send raw packets"
        // To the kernel an empty name stands for any interface.
        guard interface?.isEmpty != true else {
            throw PlatformError(
                call: "setsockopt", errno: ENODEV, detail: "\(detail) through an interface without a name")
        }
        let socket = try Syscalls.socket(AF_INET6, SOCK_RAW, Int32(IPPROTO_RAW), detail)
        let number = socket.number
        try Syscalls.setOption(number, Int32(IPPROTO_IPV6), linux_ipv6_hdrincl, Int32(1), detail)
        Syscalls.setBuffers(number, send: sendBuffer)
        if let mark { try Syscalls.setOption(number, SOL_SOCKET, SO_MARK, mark, detail) }
        var scope: UInt32 = 0
        if let interface {
            scope = if_nametoindex(interface)
            try Syscalls.check("setsockopt", "\(detail) through \(interface)") {
                setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, interface, socklen_t(interface.utf8.count))
            }
        }
        if let source {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: source.octets) }
            if source.isLinkLocal { address.sin6_scope_id = scope }
            try Syscalls.check("bind", "\(detail) from \(source)") {
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(number, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                    }
                }
            }
        }
        self.scope = scope
        self.batch = batch
        descriptor = number
        self.socket = consume socket
        messages = .allocate(capacity: batch)
        destinations = .allocate(capacity: batch)
        messages.initialize(repeating: linux_message())
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        destinations.initialize(repeating: address)
        for index in 0..<batch {
            messages[index].header.msg_name = destinations.baseAddress.map { UnsafeMutableRawPointer($0 + index) }
            messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    deinit {
        messages.deallocate()
        destinations.deallocate()
    }

    /// Sends the packets whose pieces lie one after the other in `pieces`.
    ///
    /// - Parameters:
    ///   - pieces: descriptions of memory in the layout of `struct iovec` (base, count), `piecesPerPacket` for each
    ///     packet. The first piece of a packet holds at least its whole IPv6 header.
    ///   - piecesPerPacket: 1 or more.
    ///   - onFailure: called with the number in the batch and the kernel's error number of each packet that was refused.
    ///     `EMSGSIZE` (90) is a packet longer than the interface's MTU.
    @discardableResult
    public func send(
        pieces: UnsafeRawBufferPointer, piecesPerPacket: Int,
        onFailure: (_ packet: Int, _ error: Int32) -> Void = { _, _ in }
    ) -> Report {
        var report = Report()
        guard piecesPerPacket > 0, let base = pieces.baseAddress else { return report }
        let vectors = UnsafeMutablePointer(mutating: base.assumingMemoryBound(to: iovec.self))
        let count = pieces.count / (MemoryLayout<iovec>.stride * piecesPerPacket)
        var first = 0
        while first < count {
            let size = min(batch, count - first)
            for index in 0..<size {
                let vector = vectors + (first + index) * piecesPerPacket
                messages[index].header.msg_iov = vector
                messages[index].header.msg_iovlen = piecesPerPacket
                setDestination(index, vector)
            }
            sendBatch(size, first: first, &report, onFailure)
            first += size
        }
        return report
    }

    /// Sends one packet. `errno` of the failure, or 0.
    @discardableResult
    public func send(_ packet: [UInt8]) -> Int32 {
        var failure: Int32 = 0
        packet.withUnsafeBytes { bytes in
            var vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            _ = withUnsafeBytes(of: &vector) { send(pieces: $0, piecesPerPacket: 1) { failure = $1 } }
        }
        return failure
    }

    @inline(__always)
    private func setDestination(_ index: Int, _ header: UnsafeMutablePointer<iovec>) {
        guard let octets = header.pointee.iov_base, header.pointee.iov_len >= 40 else {
            // The kernel refuses a packet without octets, and it is counted like any other.
            messages[index].header.msg_iovlen = 0
            return
        }
        withUnsafeMutableBytes(of: &destinations[index].sin6_addr) {
            // The destination address stands at octet 24 of the IPv6 header (RFC 8200 §3).
            $0.copyMemory(from: UnsafeRawBufferPointer(start: octets + 24, count: 16))
        }
        // Only the kernel's handling of link-local addresses looks at the scope.
        destinations[index].sin6_scope_id = scope
    }

    private func sendBatch(
        _ size: Int, first: Int, _ report: inout Report, _ onFailure: (Int, Int32) -> Void
    ) {
        var done = 0
        while done < size {
            let taken = Syscalls.sendMessages(descriptor, UnsafeMutableBufferPointer(rebasing: messages[done..<size]))
            if taken > 0 {
                report.sent += taken
                done += taken
                continue
            }
            let error = Int32(-taken)
            switch error {
            case EAGAIN:
                if Syscalls.waitWritable(descriptor, milliseconds: Self.patience) { continue }
                report.congested += size - done
                for index in done..<size { onFailure(first + index, error) }
                return
            case ENOBUFS: report.congested += 1
            case EMSGSIZE: report.tooBig += 1
            default: report.refused += 1
            }
            onFailure(first + done, error)
            done += 1
        }
    }
}
