public import MobilityWire

/// The way out: what the TUN device hands us becomes packets for the tunnels.
///
/// Pure: memory in, memory and answers out. The frames stay where they are until the batch was sent.
public struct Encapsulator: Sendable {
    /// What became of a frame.
    public enum Outcome: Sendable {
        /// Its packets are in the batch (or went out with an earlier one).
        case forwarded
        case dropped(DropReason)
        /// The packet does not fit; `mtu` is what its source has to be told, by `errorSource` (RFC 2473 §7.1).
        case tooBig(mtu: Int, errorSource: IPv6Address)
        /// The packet may enter no further tunnel; its source has to be told where that is said (RFC 2473 §6.7).
        case encapsulationLimit(pointer: Int, errorSource: IPv6Address)
    }

    public init() {}

    /// Encapsulates one frame.
    ///
    /// - Parameters:
    ///   - frame: a virtio net header and a packet, as read from the TUN device. A checksum that the kernel left to us
    ///     is filled in in place.
    ///   - batch: takes the outer packets.
    ///   - flush: sends the batch and empties it; called when the batch is full.
    public func encapsulate(
        _ frame: UnsafeMutableRawBufferPointer, by table: borrowing ForwardingTable, into batch: inout OutgoingBatch,
        flush: (inout OutgoingBatch) -> Void
    ) -> Outcome {
        guard frame.count >= VirtioNetHeader.size else { return .dropped(.truncated) }
        let virtio = VirtioNetHeader(UnsafeRawBufferPointer(frame))
        let packet = frame.slice(VirtioNetHeader.size, frame.count - VirtioNetHeader.size)
        do throws(DropReason) {
            let inner = try InnerPacket(UnsafeRawBufferPointer(packet))
            guard !inner.destination.isMulticast, !inner.destination.isLinkLocal, !inner.source.isLinkLocal,
                !inner.source.isUnspecified
            else { throw .notTunnelled }
            let (index, errorSource) = try table.tunnelOut(inner)
            let tunnel = table.tunnels[index]
            // Not the far end alone: a router behind this one may have the same home agent (RFC 2473 §4.1.2).
            guard
                !(inner.nextHeader == OuterHeader.protocolNumber && inner.destination == tunnel.remote
                    && inner.source == tunnel.local)
            else { throw .recursion }
            var headerLength = OuterHeader.length
            var limit: UInt8?
            switch try Nesting(inner) {
            case .free: break
            case .limited(let further):
                limit = further
                headerLength += OuterHeader.limitLength
            case .exhausted(let pointer): return .encapsulationLimit(pointer: pointer, errorSource: errorSource)
            }
            switch virtio.segmentation & ~VirtioNetHeader.ecn {
            case VirtioNetHeader.none:
                let mtu = tunnel.mtu - (headerLength - OuterHeader.length)
                guard inner.bytes.count <= mtu else { return .tooBig(mtu: mtu, errorSource: errorSource) }
                if virtio.flags & VirtioNetHeader.needsChecksum != 0 {
                    try Self.completeChecksum(of: packet.slice(0, inner.bytes.count), virtio)
                }
                if batch.isFull { flush(&batch) }
                let block = batch.nextBlock()
                OuterHeader.store(to: block, inner: inner, local: tunnel.local, remote: tunnel.remote)
                if let limit { OuterHeader.store(limit: limit, to: block) }
                OuterHeader.storePayloadLength(inner.bytes.count + headerLength - OuterHeader.length, to: block)
                batch.append(headerLength: headerLength, slice: inner.bytes, tunnel: index)
                tunnel.counters.countSent(octets: inner.bytes.count)
                return .forwarded
            case VirtioNetHeader.tcp6:
                guard try Self.segment(inner, virtio, tunnel: tunnel, index: index, into: &batch, flush: flush) else {
                    return .tooBig(mtu: tunnel.mtu, errorSource: errorSource)
                }
                return .forwarded
            default:
                throw .offloadUnknown
            }
        } catch {
            return .dropped(error)
        }
    }

    /// Fills in a transport checksum of which the kernel has stored only the pseudo-header's part.
    private static func completeChecksum(
        of packet: UnsafeMutableRawBufferPointer, _ virtio: VirtioNetHeader
    ) throws(DropReason) {
        let start = Int(virtio.checksumStart)
        let field = start + Int(virtio.checksumOffset)
        guard start >= InnerPacket.headerLength, field + 2 <= packet.count else { throw .truncated }
        var sum = Checksum()
        sum.add(UnsafeRawBufferPointer(packet.slice(start, packet.count - start)).bytes)
        // Zero would say "no checksum" in UDP (RFC 8200 §8.1); for the others both zeros are the same number.
        packet.store(sum.valueForUDP, at: field)
    }
}
