import MobilityWire

extension Encapsulator {
    private static let finAndPush: UInt8 = 0x09
    private static let congestionWindowReduced: UInt8 = 0x80

    /// Cuts a TCP super-packet into segments.
    ///
    /// - Returns: whether the segments fit the tunnel; if not, none was made.
    @inline(__always)
    static func segment(
        _ inner: borrowing InnerPacket, _ virtio: VirtioNetHeader, as shape: some OutgoingShape,
        into batch: inout OutgoingBatch, flush: (inout OutgoingBatch) -> Void
    ) throws(DropReason) -> Bool {
        let bytes = inner.bytes
        let transport = Int(virtio.checksumStart)
        guard transport >= InnerPacket.headerLength, transport + Segment.leastTCPHeader <= bytes.count else {
            throw .truncated
        }
        let transportHeader = Int(bytes[transport + 12] >> 4) * 4
        guard transportHeader >= Segment.leastTCPHeader, transport + transportHeader <= bytes.count else {
            throw .truncated
        }
        let sequence = bytes.uint32(at: transport + 4)
        let flags = bytes[transport + 13]
        // All that the segments' checksums share: addresses, protocol, and the TCP header but sequence number, flags and
        // checksum field.
        var common = try pseudoHeader(of: bytes, field: transport + 16, virtio)
        // Ports, acknowledgement number, window, urgent pointer and options.
        common.add(bytes.slice(transport, 4).bytes)
        common.add(bytes.slice(transport + 8, 4).bytes)
        common.add(bytes.slice(transport + 14, 2).bytes)
        common.add(bytes.slice(transport + 18, transportHeader - 18).bytes)
        return try cut(
            inner, headers: transport + transportHeader, pieces: virtio, as: shape, into: &batch, flush: flush
        ) { header, slice, offset, isLast in
            let segmentSequence = sequence &+ UInt32(truncatingIfNeeded: offset)
            var segmentFlags = flags
            if !isLast { segmentFlags &= ~finAndPush }
            if offset > 0 { segmentFlags &= ~congestionWindowReduced }
            header.store(segmentSequence, at: transport + 4)
            header[transport + 13] = segmentFlags
            var sum = common
            sum.add(UInt32(truncatingIfNeeded: transportHeader + slice.count))
            sum.add(segmentSequence)
            sum.add(UInt16(header[transport + 12]) << 8 | UInt16(segmentFlags))
            sum.add(slice.bytes)
            header.store(sum.value, at: transport + 16)
        }
    }

    /// Cuts a super-packet of UDP into datagrams.
    ///
    /// - Returns: whether the datagrams fit the tunnel; if not, none was made.
    @inline(__always)
    static func cutDatagrams(
        _ inner: borrowing InnerPacket, _ virtio: VirtioNetHeader, as shape: some OutgoingShape,
        into batch: inout OutgoingBatch, flush: (inout OutgoingBatch) -> Void
    ) throws(DropReason) -> Bool {
        let bytes = inner.bytes
        let transport = Int(virtio.checksumStart)
        guard transport >= InnerPacket.headerLength, transport + Segment.datagramHeader <= bytes.count else {
            throw .truncated
        }
        var common = try pseudoHeader(of: bytes, field: transport + 6, virtio)
        common.add(bytes.slice(transport, 4).bytes)
        return try cut(
            inner, headers: transport + Segment.datagramHeader, pieces: virtio, as: shape, into: &batch, flush: flush
        ) { header, slice, _, _ in
            let length = Segment.datagramHeader + slice.count
            header.store(UInt16(truncatingIfNeeded: length), at: transport + 4)
            var sum = common
            // Once in the pseudo-header, once in the header.
            sum.add(UInt32(truncatingIfNeeded: length))
            sum.add(UInt16(truncatingIfNeeded: length))
            sum.add(slice.bytes)
            header.store(sum.valueForUDP, at: transport + 6)
        }
    }

    /// The sum over the pseudo-header but for the length, of which each piece has its own.
    ///
    /// The kernel left that of the whole in the checksum field. The addresses of the packet do not tell it: a routing
    /// header on its way has the last destination, which counts (RFC 8200 §8.1).
    @inline(__always)
    private static func pseudoHeader(
        of bytes: UnsafeRawBufferPointer, field: Int, _ virtio: VirtioNetHeader
    ) throws(DropReason) -> Checksum {
        guard virtio.flags & VirtioNetHeader.needsChecksum != 0 else { throw .offloadUnknown }
        var sum = Checksum()
        sum.add(bytes.uint16(at: field))
        // No more than the payload length of an IPv6 packet.
        sum.subtract(UInt16(truncatingIfNeeded: bytes.count - Int(virtio.checksumStart)))
        return sum
    }

    /// Cuts a super-packet: each piece is a header block made here and a slice of the payload where it lies.
    ///
    /// - Parameters:
    ///   - headers: how many octets of the packet go before each piece; the transport header is their end.
    ///   - finish: makes the headers, which are those of the super-packet at first, the piece's; of the piece it is told
    ///     where it begins in the whole, and whether it is the last.
    @inline(__always)
    private static func cut(
        _ inner: borrowing InnerPacket, headers headerLength: Int, pieces virtio: VirtioNetHeader,
        as shape: some OutgoingShape, into batch: inout OutgoingBatch, flush: (inout OutgoingBatch) -> Void,
        finish: (
            _ header: UnsafeMutableRawBufferPointer, _ slice: UnsafeRawBufferPointer, _ offset: Int, _ isLast: Bool
        ) -> Void
    ) throws(DropReason) -> Bool {
        let bytes = inner.bytes
        let pieceLength = Int(virtio.segmentSize)
        guard pieceLength > 0, Int(virtio.checksumStart) >= shape.leadingLength,
            shape.overhead + headerLength + Fragment.headerLength <= OutgoingBatch.blockSize
        else { throw .truncated }
        let payloadLength = bytes.count - headerLength
        guard headerLength + min(pieceLength, payloadLength) <= shape.greatestPacket else { return false }
        let template = bytes.slice(0, headerLength)
        var offset = 0
        repeat {
            let size = min(pieceLength, payloadLength - offset)
            if batch.isFull { flush(&batch) }
            let block = batch.nextBlock()
            shape.store(template, of: inner, length: headerLength + size, to: block)
            let slice = bytes.slice(headerLength + offset, size)
            finish(block.slice(shape.overhead, headerLength), slice, offset, offset + size >= payloadLength)
            batch.append(headerLength: shape.overhead + headerLength, slice: slice, egress: shape.egress)
            if headerLength + size > shape.mtu { batch.fragmentLast(mtu: shape.mtu + shape.overhead) }
            shape.countSent(octets: headerLength + size)
            offset += size
        } while offset < payloadLength
        return true
    }
}
