import MobilityWire

/// Joins consecutive TCP segments of a flow, and datagrams of one length, into one super-packet, so that the TUN device is
/// written to once for many.
///
/// A packet joins only if its checksum is right: the kernel trusts the checksum of what is handed to it in this form.
/// Packets of one flow keep their order; nothing waits longer than until `flush`.
public struct Coalescer: ~Copyable {
    /// Flows that are collected at one time; with one more, the oldest is written.
    private static let flowLimit = 8
    /// Segments of one super-packet: the pieces of one write, less two for the headers.
    private static let segmentLimit = 64
    /// The greatest payload length of an IPv6 packet.
    private static let payloadLimit = 65_535

    private struct Flow {
        /// The first segment: its headers are those of the super-packet.
        var first: UnsafeMutableRawBufferPointer
        var headerLength: Int
        var segmentSize: Int
        var payloadLength: Int
        var segments: Int
        var nextSequence: UInt32
        /// PSH or FIN of a later segment.
        var laterFlags: UInt8
        var isDatagrams: Bool
        /// Where the flow's pieces lie in the store.
        var slot: Int
    }

    /// What became of a segment that is of a flow.
    private enum Appended {
        /// It belongs to the flow's super-packet, which may go on.
        case joined
        /// The same, and it is the last.
        case closed
        case refused
    }

    /// The flows that are collected, the oldest first.
    private let flows: UnsafeMutableBufferPointer<Flow>
    private var flowCount = 0
    private let pieces: UnsafeMutableBufferPointer<Piece>
    private let headers: UnsafeMutableRawBufferPointer
    private var freeSlots: [Int]
    private static let piecesPerSlot = segmentLimit + 2
    private let joinsDatagrams: Bool
    private var company = DatagramCompany()

    /// - Parameter joiningDatagrams: whether the device takes super-packets of UDP.
    public init(joiningDatagrams: Bool) {
        joinsDatagrams = joiningDatagrams
        // One slot more, for packets that pass as they are.
        pieces = .allocate(capacity: (Self.flowLimit + 1) * Self.piecesPerSlot)
        headers = .allocate(byteCount: (Self.flowLimit + 1) * VirtioNetHeader.size, alignment: 8)
        freeSlots = Array(0..<Self.flowLimit)
        flows = .allocate(capacity: Self.flowLimit)
    }

    deinit {
        pieces.deallocate()
        headers.deallocate()
        flows.deallocate()
    }

    /// Takes one inner packet; it must stay where it is until `flush`.
    ///
    /// - Parameter write: writes the pieces of one frame, virtio net header first, to the TUN device.
    public mutating func add(
        _ accepted: Decapsulator.Accepted, write: (UnsafeMutableBufferPointer<Piece>) -> Void
    ) {
        guard accepted.virtio.flags == 0, let segment = segment(accepted.packet) else {
            return pass(accepted, write: write)
        }
        var index = 0
        while index < flowCount, !segment.isOfFlow(of: flows[index].first) { index += 1 }
        if index < flowCount {
            switch append(segment, to: &flows[index]) {
            case .joined: return
            case .closed: return writeFlow(at: index, write: write)
            case .refused: writeFlow(at: index, write: write)
            }
        }
        guard segment.mayStart else { return pass(accepted, write: write) }
        if flowCount == Self.flowLimit { writeFlow(at: 0, write: write) }
        start(segment)
    }

    /// Writes everything that was collected.
    public mutating func flush(write: (UnsafeMutableBufferPointer<Piece>) -> Void) {
        while flowCount > 0 { writeFlow(at: 0, write: write) }
        company.forget()
    }

    // MARK: -

    @inline(__always)
    private mutating func segment(_ packet: UnsafeMutableRawBufferPointer) -> Segment? {
        switch packet[6] {
        case IPProtocol.tcp.rawValue: Segment(tcp: packet)
        case IPProtocol.udp.rawValue where joinsDatagrams && company.isIn(UnsafeRawBufferPointer(packet)):
            Segment(udp: packet)
        default: nil
        }
    }

    private mutating func start(_ segment: Segment) {
        // A slot is free: there are as many as flows.
        guard let slot = freeSlots.popLast() else { return }
        pieces[slot * Self.piecesPerSlot + 1] = Piece(base: segment.packet.baseAddress, count: segment.packet.count)
        flows.initializeElement(
            at: flowCount,
            to: Flow(
                first: segment.packet, headerLength: segment.headerLength, segmentSize: segment.payloadLength,
                payloadLength: segment.payloadLength, segments: 1, nextSequence: segment.nextSequence, laterFlags: 0,
                isDatagrams: segment.isDatagram, slot: slot))
        flowCount += 1
    }

    @inline(__always)
    private func append(_ segment: Segment, to flow: inout Flow) -> Appended {
        let payloadLength = segment.payloadLength
        guard segment.sequence == flow.nextSequence, payloadLength <= flow.segmentSize,
            flow.segments < Self.segmentLimit,
            flow.headerLength - InnerPacket.headerLength + flow.payloadLength + payloadLength <= Self.payloadLimit,
            segment.headersMatch(flow.first, headerLength: flow.headerLength)
        else { return .refused }
        pieces[flow.slot * Self.piecesPerSlot + 1 + flow.segments] = Piece(
            base: segment.packet.baseAddress.map { $0 + segment.headerLength }, count: payloadLength)
        flow.segments += 1
        flow.payloadLength += payloadLength
        flow.nextSequence = segment.nextSequence
        flow.laterFlags |= segment.flags & Segment.endFlags
        // A short one or one that pushes is the last of its super-packet.
        return payloadLength < flow.segmentSize || segment.flags & Segment.endFlags != 0 ? .closed : .joined
    }

    private mutating func writeFlow(at index: Int, write: (UnsafeMutableBufferPointer<Piece>) -> Void) {
        let flow = flows[index]
        for later in index + 1..<flowCount { flows[later - 1] = flows[later] }
        flowCount -= 1
        freeSlots.append(flow.slot)
        var virtio = VirtioNetHeader()
        if flow.segments > 1 {
            let transport = Segment.transport
            let length = flow.headerLength - transport + flow.payloadLength
            virtio.flags = VirtioNetHeader.needsChecksum
            virtio.segmentation = flow.isDatagrams ? VirtioNetHeader.udp : VirtioNetHeader.tcp6
            virtio.headerLength = UInt16(truncatingIfNeeded: flow.headerLength)
            virtio.segmentSize = UInt16(truncatingIfNeeded: flow.segmentSize)
            virtio.checksumStart = UInt16(transport)
            virtio.checksumOffset = flow.isDatagrams ? 6 : 16
            flow.first.store(UInt16(truncatingIfNeeded: length), at: 4)
            if flow.isDatagrams {
                flow.first.store(UInt16(truncatingIfNeeded: length), at: transport + 4)
            } else {
                flow.first[transport + 13] |= flow.laterFlags
            }
            // The kernel goes on from the pseudo-header's sum.
            let (source, destination) = (
                UnsafeRawBufferPointer(flow.first).address(at: 8), UnsafeRawBufferPointer(flow.first).address(at: 24)
            )
            let pseudo = Checksum(
                source: source, destination: destination, length: length, nextHeader: flow.isDatagrams ? .udp : .tcp)
            flow.first.store(~pseudo.value, at: transport + Int(virtio.checksumOffset))
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
        if flowCount > 0 {
            let bytes = UnsafeRawBufferPointer(accepted.packet)
            var index = 0
            while index < flowCount {
                if bytes.hasSameHosts(as: UnsafeRawBufferPointer(flows[index].first)) {
                    writeFlow(at: index, write: write)
                } else {
                    index += 1
                }
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
