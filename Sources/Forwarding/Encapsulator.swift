public import MobilityWire

/// The way out: what the TUN device hands us becomes packets for the tunnels.
///
/// Pure: memory in, memory and answers out. The frames stay where they are until the batch was sent.
public struct Encapsulator: Sendable {
    /// What became of a frame.
    public enum Outcome: Sendable {
        /// Its packets are in the batch (or went out with an earlier one).
        case forwarded
        /// The same, by a direct route.
        case direct
        /// The same, as it was: it is none of the engine's.
        case unchanged
        case dropped(DropReason)
        /// Its flow has no way yet: to be handed in again when there is another table, or dropped as `.flowWaitedTooLong`.
        case waiting
        /// The packet does not fit and is longer than every link takes; `mtu` is what its source has to be told, by
        /// `errorSource` (RFC 2473 §7.1 (a)).
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
            if let index = table.direct.route(local: inner.source, remote: inner.destination),
                !table.direct.routes[index].isTooNarrow, let place = DirectPlace(inner)
            {
                return try Self.send(
                    packet, inner, virtio, as: DirectShape(table.direct.routes[index], at: place),
                    errorSource: inner.source, sent: .direct, into: &batch, flush: flush)
            }
            let exit: ForwardingTable.Exit
            do throws(DropReason) {
                exit = try table.exit(of: inner)
            } catch {
                guard error == .noBinding, table.direct.passes(inner.destination) else { throw error }
                // The kernel brought it here for the sake of another address of ours: it leaves as if it had not.
                return try Self.send(
                    packet, inner, virtio, as: DirectShape(passingThrough: table.direct.passingEgress),
                    errorSource: inner.source, sent: .unchanged, into: &batch, flush: flush)
            }
            guard case .tunnel(let route, let place) = exit else { return .waiting }
            var shape = route._withUnsafeGuaranteedRef { TunnelShape($0.tunnels[place]) }
            let errorSource = route._withUnsafeGuaranteedRef { $0.errorSource }
            // Not the far end alone: a router behind this one may have the same home agent (RFC 2473 §4.1.2).
            guard
                !(inner.nextHeader == OuterHeader.protocolNumber && inner.destination == shape.remote
                    && inner.source == shape.local)
            else { throw .recursion }
            switch try Nesting(inner) {
            case .free: break
            case .limited(let further): shape.limit = further
            case .exhausted(let pointer): return .encapsulationLimit(pointer: pointer, errorSource: errorSource)
            }
            table.clamp.lower(packet, inner, mtu: shape.tunnelMTU, by: virtio)
            return try Self.send(
                packet, inner, virtio, as: shape, errorSource: errorSource,
                sent: .forwarded, into: &batch, flush: flush)
        } catch {
            return .dropped(error)
        }
    }

    /// Puts the packets of one frame into the batch.
    @inline(__always)
    private static func send(
        _ packet: UnsafeMutableRawBufferPointer, _ inner: borrowing InnerPacket, _ virtio: VirtioNetHeader,
        as shape: some OutgoingShape, errorSource: IPv6Address, sent: Outcome, into batch: inout OutgoingBatch,
        flush: (inout OutgoingBatch) -> Void
    ) throws(DropReason) -> Outcome {
        switch virtio.segmentation & ~VirtioNetHeader.ecn {
        case VirtioNetHeader.none:
            let length = inner.bytes.count
            guard length <= shape.greatestPacket else {
                return .tooBig(mtu: shape.greatestPacket, errorSource: errorSource)
            }
            if virtio.flags & VirtioNetHeader.needsChecksum != 0 {
                try completeChecksum(of: packet.slice(0, length), virtio)
            }
            if batch.isFull { flush(&batch) }
            let leading = shape.leadingLength
            shape.store(inner.bytes.slice(0, leading), of: inner, length: length, to: batch.nextBlock())
            batch.append(
                headerLength: leading + shape.overhead, slice: inner.bytes.slice(leading, length - leading),
                egress: shape.egress)
            if length > shape.mtu { batch.fragmentLast(mtu: shape.mtu + shape.overhead) }
            shape.countSent(octets: length)
            return sent
        case VirtioNetHeader.tcp6:
            guard try segment(inner, virtio, as: shape, into: &batch, flush: flush) else {
                return .tooBig(mtu: shape.greatestPacket, errorSource: errorSource)
            }
            return sent
        case VirtioNetHeader.udp:
            guard try cutDatagrams(inner, virtio, as: shape, into: &batch, flush: flush) else {
                return .tooBig(mtu: shape.greatestPacket, errorSource: errorSource)
            }
            return sent
        default:
            throw .offloadUnknown
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
