import MobilityWire

/// Joins consecutive TCP segments of a flow into one super-packet, so that the TUN device is written to once for many.
///
/// A segment joins only if its checksum is right: the kernel trusts the checksum of what is handed to it in this form.
/// Packets of one flow keep their order; nothing waits longer than until `flush`.
public struct Coalescer: ~Copyable {
    /// Flows that are collected at one time; with one more, the oldest is written.
    private static let flowLimit = 8
    /// Segments of one super-packet: the pieces of one write, less two for the headers.
    private static let segmentLimit = 64
    /// The greatest payload length of an IPv6 packet.
    private static let payloadLimit = 65_535

    private struct Flow {
        var source: IPv6Address
        var destination: IPv6Address
        var ports: UInt32
        var acknowledgement: UInt32
        var nextSequence: UInt32
        /// The first segment: its headers are those of the super-packet.
        var first: UnsafeMutableRawBufferPointer
        var headerLength: Int
        var segmentSize: Int
        var payloadLength: Int
        var segments: Int
        /// PSH or FIN of a later segment.
        var laterFlags: UInt8
        var isClosed: Bool
        /// Where the flow's pieces lie in the store.
        var slot: Int
    }

    private var flows: [Flow] = []
    private let pieces: UnsafeMutableBufferPointer<Piece>
    private let headers: UnsafeMutableRawBufferPointer
    private var freeSlots: [Int]
    private static let piecesPerSlot = segmentLimit + 2

    public init() {
        // One slot more, for packets that pass as they are.
        pieces = .allocate(capacity: (Self.flowLimit + 1) * Self.piecesPerSlot)
        headers = .allocate(byteCount: (Self.flowLimit + 1) * VirtioNetHeader.size, alignment: 8)
        freeSlots = Array(0..<Self.flowLimit)
        flows.reserveCapacity(Self.flowLimit)
    }

    deinit {
        pieces.deallocate()
        headers.deallocate()
    }

    /// Takes one inner packet; it must stay where it is until `flush`.
    ///
    /// - Parameter write: writes the pieces of one frame, virtio net header first, to the TUN device.
    public mutating func add(
        _ accepted: Decapsulator.Accepted, write: (UnsafeMutableBufferPointer<Piece>) -> Void
    ) {
        let packet = accepted.packet
        guard accepted.virtio.flags == 0, let segment = Segment(packet) else {
            return pass(accepted, write: write)
        }
        if let index = flows.firstIndex(where: { segment.belongs(source: $0.source, $0.destination, $0.ports) }) {
            if append(segment, toFlowAt: index) {
                if flows[index].isClosed { writeFlow(at: index, write: write) }
                return
            }
            writeFlow(at: index, write: write)
        }
        guard segment.mayStart else { return pass(accepted, write: write) }
        if flows.count == Self.flowLimit { writeFlow(at: 0, write: write) }
        start(segment)
    }

    /// Writes everything that was collected.
    public mutating func flush(write: (UnsafeMutableBufferPointer<Piece>) -> Void) {
        while !flows.isEmpty { writeFlow(at: 0, write: write) }
    }

    // MARK: -

    private mutating func start(_ segment: Segment) {
        // A slot is free: there are as many as flows.
        guard let slot = freeSlots.popLast() else { return }
        pieces[slot * Self.piecesPerSlot + 1] = Piece(base: segment.packet.baseAddress, count: segment.packet.count)
        flows.append(
            Flow(
                source: segment.source, destination: segment.destination, ports: segment.ports,
                acknowledgement: segment.acknowledgement,
                nextSequence: segment.sequence &+ UInt32(truncatingIfNeeded: segment.payloadLength),
                first: segment.packet, headerLength: segment.headerLength, segmentSize: segment.payloadLength,
                payloadLength: segment.payloadLength, segments: 1, laterFlags: 0, isClosed: false, slot: slot))
    }

    private mutating func append(_ segment: Segment, toFlowAt index: Int) -> Bool {
        let flow = flows[index]
        guard !flow.isClosed, segment.sequence == flow.nextSequence, segment.acknowledgement == flow.acknowledgement,
            segment.payloadLength <= flow.segmentSize, flow.segments < Self.segmentLimit,
            flow.headerLength - InnerPacket.headerLength + flow.payloadLength + segment.payloadLength
                <= Self.payloadLimit,
            segment.headersMatch(flow.first, headerLength: flow.headerLength)
        else { return false }
        pieces[flow.slot * Self.piecesPerSlot + 1 + flow.segments] = Piece(
            base: segment.packet.baseAddress.map { $0 + segment.headerLength }, count: segment.payloadLength)
        flows[index].segments += 1
        flows[index].payloadLength += segment.payloadLength
        flows[index].nextSequence = segment.sequence &+ UInt32(truncatingIfNeeded: segment.payloadLength)
        flows[index].laterFlags |= segment.flags & Segment.endFlags
        // A short segment or one that pushes is the last of its super-packet.
        flows[index].isClosed =
            segment.payloadLength < flow.segmentSize || segment.flags & Segment.endFlags != 0
        return true
    }

    private mutating func writeFlow(at index: Int, write: (UnsafeMutableBufferPointer<Piece>) -> Void) {
        let flow = flows.remove(at: index)
        freeSlots.append(flow.slot)
        var virtio = VirtioNetHeader()
        if flow.segments > 1 {
            virtio.flags = VirtioNetHeader.needsChecksum
            virtio.segmentation = VirtioNetHeader.tcp6
            virtio.headerLength = UInt16(truncatingIfNeeded: flow.headerLength)
            virtio.segmentSize = UInt16(truncatingIfNeeded: flow.segmentSize)
            virtio.checksumStart = UInt16(InnerPacket.headerLength)
            virtio.checksumOffset = 16
            let transportLength = flow.headerLength - InnerPacket.headerLength + flow.payloadLength
            flow.first.store(UInt16(truncatingIfNeeded: transportLength), at: 4)
            flow.first[InnerPacket.headerLength + 13] |= flow.laterFlags
            // The kernel goes on from the pseudo-header's sum.
            let pseudo = Checksum(
                source: flow.source, destination: flow.destination, length: transportLength, nextHeader: .tcp)
            flow.first.store(~pseudo.value, at: InnerPacket.headerLength + 16)
        }
        let header = headers.slice(flow.slot * VirtioNetHeader.size, VirtioNetHeader.size)
        virtio.store(to: header)
        let base = flow.slot * Self.piecesPerSlot
        pieces[base] = Piece(base: header.baseAddress, count: VirtioNetHeader.size)
        write(.init(rebasing: pieces[base..<base + 1 + flow.segments]))
    }

    /// Writes a packet as it is, with what the kernel said about it, behind what was collected of the same hosts.
    private mutating func pass(
        _ accepted: Decapsulator.Accepted, write: (UnsafeMutableBufferPointer<Piece>) -> Void
    ) {
        if !flows.isEmpty {
            let bytes = UnsafeRawBufferPointer(accepted.packet)
            let (source, destination) = (bytes.address(at: 8), bytes.address(at: 24))
            while let index = flows.firstIndex(where: { $0.source == source && $0.destination == destination }) {
                writeFlow(at: index, write: write)
            }
        }
        let header = headers.slice(Self.flowLimit * VirtioNetHeader.size, VirtioNetHeader.size)
        accepted.virtio.store(to: header)
        let base = Self.flowLimit * Self.piecesPerSlot
        pieces[base] = Piece(base: header.baseAddress, count: VirtioNetHeader.size)
        pieces[base + 1] = Piece(base: accepted.packet.baseAddress, count: accepted.packet.count)
        write(.init(rebasing: pieces[base..<base + 2]))
    }
}
