import CLinux
import Glibc

/// A filter in the kernel's classic BPF that lets through IPv6 packets addressed to this machine whose next header, the
/// one that stands in the IPv6 header itself, is in a given set, and ICMPv6 messages of given types right behind the IPv6
/// header.
struct PacketFilter {
    let program: [sock_filter]

    /// Lets nothing through.
    static let nothing = PacketFilter(program: [sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: 0)])

    private init(program: [sock_filter]) { self.program = program }

    /// `nextHeaders` and `icmpTypes` hold at most 200 values together.
    ///
    /// - Parameter multicast: whether packets to a group are let through too.
    init(nextHeaders: Set<UInt8>, icmpTypes: Set<UInt8> = [], multicast: Bool = false) {
        precondition(nextHeaders.count + icmpTypes.count <= 200, "a jump of the filter spans 255 instructions")
        let load = UInt16(BPF_LD | BPF_ABS | BPF_B)
        let jumpIfEqual = UInt16(BPF_JMP | BPF_JEQ | BPF_K)
        let end = UInt16(BPF_RET | BPF_K)
        /// A comparison: where to go if it holds; to the next instruction if it does not.
        enum Target { case next, accept, refuse }
        var steps: [(code: UInt16, value: UInt32, ifEqual: Target, otherwise: Target)] = []
        func compare(_ value: UInt32, _ ifEqual: Target, _ otherwise: Target) {
            steps.append((jumpIfEqual, value, ifEqual, otherwise))
        }
        func look(at offset: Int32) { steps.append((load, UInt32(bitPattern: offset), .next, .next)) }
        // SKF_AD_OFF + SKF_AD_PKTTYPE: what the link layer said of the destination.
        look(at: -0x1000 + 4)
        // Types of packets: 0 is for this host, 1 a broadcast, 2 a group; compared for "not for us" first.
        if multicast {
            for foreign in [PACKET_BROADCAST, PACKET_OTHERHOST, PACKET_OUTGOING] {
                compare(UInt32(foreign), .refuse, .next)
            }
        } else {
            compare(UInt32(PACKET_HOST), .next, .refuse)
        }
        // SKF_NET_OFF + 6: the next header stands at octet 6 of the IPv6 header (RFC 8200 §3).
        look(at: -0x100000 + 6)
        for header in nextHeaders.sorted() { compare(UInt32(header), .accept, .next) }
        if !icmpTypes.isEmpty {
            compare(UInt32(IPPROTO_ICMPV6), .next, .refuse)
            // ICMPv6's type stands right behind the IPv6 header.
            look(at: -0x100000 + 40)
            for type in icmpTypes.sorted() { compare(UInt32(type), .accept, .next) }
        }
        let refusal = steps.count
        func distance(_ target: Target, from index: Int) -> UInt8 {
            switch target {
            case .next: 0
            case .refuse: UInt8(refusal - index - 1)
            case .accept: UInt8(refusal - index)
            }
        }
        var program = steps.enumerated().map { index, step in
            sock_filter(
                code: step.code, jt: distance(step.ifEqual, from: index), jf: distance(step.otherwise, from: index),
                k: step.value)
        }
        program.append(sock_filter(code: end, jt: 0, jf: 0, k: 0))
        program.append(sock_filter(code: end, jt: 0, jf: 0, k: .max))
        self.program = program
    }

    /// Attaches the filter to a socket. The corresponding socket option is `SO_ATTACH_FILTER`.
    func attach(to descriptor: Int32) throws(PlatformError) {
        var program = program
        let failure: Int32 = program.withUnsafeMutableBufferPointer { instructions in
            var filter = sock_fprog(len: UInt16(instructions.count), filter: instructions.baseAddress)
            let size = socklen_t(MemoryLayout<sock_fprog>.size)
            return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, size) == 0 ? 0 : errno
        }
        guard failure == 0 else {
            throw PlatformError(call: "setsockopt", errno: failure, detail: "cannot filter a packet socket")
        }
    }
}
