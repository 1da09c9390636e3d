import CLinux
import Glibc

/// A filter in the kernel's classic BPF that lets through IPv6 packets addressed to this machine whose next header, the
/// one that stands in the IPv6 header itself, is in a given set.
struct PacketFilter {
    let program: [sock_filter]

    /// `nextHeaders` holds at most 200 values.
    init(nextHeaders: Set<UInt8>) {
        precondition(nextHeaders.count <= 200, "a jump of the filter spans 255 instructions")
        let headers = nextHeaders.sorted()
        let load = UInt16(BPF_LD | BPF_ABS | BPF_B)
        let jumpIfEqual = UInt16(BPF_JMP | BPF_JEQ | BPF_K)
        let end = UInt16(BPF_RET | BPF_K)
        let count = UInt8(headers.count)
        var program = [
            // SKF_AD_OFF + SKF_AD_PKTTYPE: what the link layer said of the destination.
            sock_filter(code: load, jt: 0, jf: 0, k: UInt32(bitPattern: -0x1000 + 4)),
            sock_filter(code: jumpIfEqual, jt: 0, jf: count + 1, k: UInt32(PACKET_HOST)),
            // SKF_NET_OFF + 6: the next header stands at octet 6 of the IPv6 header (RFC 8200 §3).
            sock_filter(code: load, jt: 0, jf: 0, k: UInt32(bitPattern: -0x100000 + 6)),
        ]
        for (index, header) in headers.enumerated() {
            program.append(
                sock_filter(code: jumpIfEqual, jt: count - UInt8(index), jf: 0, k: UInt32(header)))
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
