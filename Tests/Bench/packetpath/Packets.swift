import Forwarding
import MobilityWire

/// Packets of the benchmark, and the addresses of the nodes that they are for.
enum Packets {
    static let homeAgent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    static let correspondent = IPv6Address(high: 0x2001_0db8_000c_0000, low: 0xc)
    /// The inner MTU of every tunnel, in octets.
    static let mtu = 1460
    static let udp: UInt8 = 17
    static let tcp: UInt8 = 6

    /// A host in the network behind a node.
    static func host(_ node: Int) -> IPv6Address { IPv6Address(high: prefix(node), low: 0x10) }

    /// The network of a node: a /64.
    static func prefix(_ node: Int) -> UInt64 { 0x2001_0db8_8000_0000 | UInt64(node) }

    static func careOf(_ node: Int) -> IPv6Address { IPv6Address(high: 0x2001_0db8_00a1_0000, low: 2 + UInt64(node)) }

    /// A home agent's table with so many nodes, each with a home address and a network.
    static func table(nodes: Int) -> ForwardingTable {
        let owners = (0..<nodes).map { node in
            ForwardingTable.Owner(
                homeAddress: IPv6Address(high: homeAgent.high, low: 0x100 + UInt64(node)),
                prefixes: [IPv6Prefix(IPv6Address(high: prefix(node), low: 0), length: 64)],
                active: Tunnel(
                    local: homeAgent, remote: careOf(node), egress: 0, mtu: mtu, counters: TunnelCounters()))
        }
        return ForwardingTable(own: [], nodes: owners)
    }

    static func ipv6(from source: IPv6Address, to destination: IPv6Address, next: UInt8, payload: [UInt8]) -> [UInt8] {
        [0x60, 0, 0, 0] + big(UInt16(payload.count)) + [next, 63] + octets(source) + octets(destination) + payload
    }

    /// Ports and length; the checksum is nobody's business on the way, unless datagrams are joined.
    static func datagram(octets count: Int, checksum: UInt16 = 0x1234) -> [UInt8] {
        big(UInt16(40_000)) + big(UInt16(5201)) + big(UInt16(8 + count)) + big(checksum)
            + [UInt8](repeating: 0x5a, count: count)
    }

    /// TCP with the option of timestamps, as nearly all TCP today: 32 octets of header.
    static func segment(sequence: UInt32, payload: [UInt8], checksum: UInt16 = 0) -> [UInt8] {
        big(UInt16(40_000)) + big(UInt16(5201)) + big(UInt16(sequence >> 16)) + big(UInt16(sequence & 0xffff))
            + [0, 0, 0, 1, 0x80, 0x10, 0x20, 0] + big(checksum) + [0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1] + payload
    }

    static func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

    private static func octets(_ address: IPv6Address) -> [UInt8] {
        [address.high, address.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        }
    }
}

/// Memory with these octets, for the life of the program.
func memory(_ octets: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: octets.count, alignment: 64)
    bytes.copyBytes(from: octets)
    return bytes
}
