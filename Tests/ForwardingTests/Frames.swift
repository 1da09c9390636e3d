import Examples
import MobilityWire

@testable import Forwarding

typealias Sample = Example

extension Example {
    /// The table of a mobile router with one registration and one care-of address that it left.
    static func mobileRouter(mtu: Int = 1460) -> ForwardingTable {
        ForwardingTable(
            own: [
                .init(
                    homeAddress: homeAddress, prefixes: [prefix],
                    active: tunnel(local: careOf, remote: homeAgent, mtu: mtu),
                    alsoAccepted: [tunnel(local: formerCareOf, remote: homeAgent, mtu: mtu)])
            ], nodes: [])
    }

    /// The table of the home agent of that router.
    static func homeAgentTable() -> ForwardingTable {
        ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: homeAddress, prefixes: [prefix], active: tunnel(local: homeAgent, remote: careOf))
            ])
    }
}

/// A plain virtio net header.
let plain = [UInt8](repeating: 0, count: VirtioNetHeader.size)

/// An IPv6 packet with a payload.
func packet(
    from source: IPv6Address, to destination: IPv6Address, trafficClass: UInt8 = 0, next: UInt8 = 59,
    payload: [UInt8] = []
) -> [UInt8] {
    func octets(_ address: IPv6Address) -> [UInt8] {
        [address.high, address.low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } }
    }
    let length = [UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    return [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0] + length + [next, 63] + octets(source)
        + octets(destination) + payload
}

/// Runs the encapsulator over one frame and gathers what would be sent.
func encapsulate(
    _ frame: [UInt8], by table: ForwardingTable, capacity: Int = 128
) -> (outcome: Encapsulator.Outcome, packets: [[UInt8]]) {
    var batch = OutgoingBatch(capacity: capacity)
    var packets: [[UInt8]] = []
    func take(_ batch: inout OutgoingBatch) {
        for index in 0..<batch.count {
            packets.append(
                batch.pieces[index * 2..<index * 2 + 2].flatMap {
                    Array(UnsafeRawBufferPointer(start: $0.base, count: $0.count))
                })
        }
        batch.removeAll()
    }
    var frame = frame
    let outcome = frame.withUnsafeMutableBytes {
        let outcome = Encapsulator().encapsulate($0, by: table, into: &batch, flush: take)
        take(&batch)
        return outcome
    }
    return (outcome, packets)
}

func hex(_ text: some StringProtocol) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
}
