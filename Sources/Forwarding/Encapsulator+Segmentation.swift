import MobilityWire

extension Encapsulator {
    private static let finAndPush: UInt8 = 0x09
    private static let congestionWindowReduced: UInt8 = 0x80

    /// Cuts a TCP super-packet into segments: each is a header block made here and a slice of the payload where it lies.
    ///
    /// - Returns: whether the segments fit the tunnel; if not, none was made.
    @inline(__always)
    static func segment(
        _ inner: borrowing InnerPacket, _ virtio: VirtioNetHeader, as shape: some OutgoingShape,
        into batch: inout OutgoingBatch, flush: (inout OutgoingBatch) -> Void
    ) throws(DropReason) -> Bool {
        let bytes = inner.bytes
        let transport = Int(virtio.checksumStart)
        let segmentSize = Int(virtio.segmentSize)
        guard transport >= InnerPacket.headerLength, transport + 20 <= bytes.count, segmentSize > 0 else {
            throw .truncated
        }
        let headerLength = transport + Int(bytes[transport + 12] >> 4) * 4
        guard headerLength >= transport + 20, headerLength <= bytes.count, transport >= shape.leadingLength,
            shape.overhead + headerLength + Fragment.headerLength <= OutgoingBatch.blockSize
        else { throw .truncated }
        let payloadLength = bytes.count - headerLength
        guard headerLength + min(segmentSize, payloadLength) <= shape.greatestPacket else { return false }

        let sequence = bytes.uint32(at: transport + 4)
        let flags = bytes[transport + 13]
        let template = bytes.slice(0, headerLength)
        // All that the segments' checksums share: addresses, protocol, and the TCP header but sequence number, flags and
        // checksum field.
        let common = commonSum(inner, transport: transport, headerLength: headerLength)

        var offset = 0
        repeat {
            let size = min(segmentSize, payloadLength - offset)
            let isLast = offset + size >= payloadLength
            if batch.isFull { flush(&batch) }
            let block = batch.nextBlock()
            shape.store(template, of: inner, length: headerLength + size, to: block)
            let header = block.slice(shape.overhead, headerLength)

            let segmentSequence = sequence &+ UInt32(truncatingIfNeeded: offset)
            var segmentFlags = flags
            if !isLast { segmentFlags &= ~finAndPush }
            if offset > 0 { segmentFlags &= ~congestionWindowReduced }
            header.store(segmentSequence, at: transport + 4)
            header[transport + 13] = segmentFlags

            let slice = bytes.slice(headerLength + offset, size)
            var sum = common
            sum.add(UInt32(truncatingIfNeeded: headerLength - transport + size))
            sum.add(segmentSequence)
            sum.add(UInt16(header[transport + 12]) << 8 | UInt16(segmentFlags))
            sum.add(slice.bytes)
            header.store(sum.value, at: transport + 16)

            batch.append(headerLength: shape.overhead + headerLength, slice: slice, egress: shape.egress)
            if headerLength + size > shape.mtu { batch.fragmentLast(mtu: shape.mtu + shape.overhead) }
            shape.countSent(octets: headerLength + size)
            offset += size
        } while offset < payloadLength
        return true
    }

    private static func commonSum(_ inner: borrowing InnerPacket, transport: Int, headerLength: Int) -> Checksum {
        let bytes = inner.bytes
        var sum = Checksum(source: inner.source, destination: inner.destination, length: 0, nextHeader: .tcp)
        // Ports, acknowledgement number, window, urgent pointer and options.
        sum.add(bytes.slice(transport, 4).bytes)
        sum.add(bytes.slice(transport + 8, 4).bytes)
        sum.add(bytes.slice(transport + 14, 2).bytes)
        sum.add(bytes.slice(transport + 18, headerLength - transport - 18).bytes)
        return sum
    }
}
