import Forwarding
import MobilityWire

extension FuzzTarget {
    /// The whole way in: outer packets of a batch, as the inbound worker takes them, become what is written to the TUN device.
    ///
    /// The flags' lower two bits say which node it is, 4 that lengths are made to fit, 8 that the checksums of TCP and UDP are
    /// made right.
    static let inbound: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("inbound", limit: 8192) { input in
            guard let pieces = Pieces(input) else { return }
            var path = InboundPath(stage: Stage.numbered(pieces.flags))
            for (index, piece) in pieces.octets.enumerated() {
                let packet = memory.place(piece, slot: index)
                if pieces.flags & 4 != 0 { packet.fitLength(at: 0) }
                // An inner packet, where there is one right behind the outer header.
                if pieces.flags & 4 != 0, packet.count > 80, packet[6] == 41 { packet.fitLength(at: 40) }
                if pieces.flags & 8 != 0, packet.count > 100, packet[6] == 41 { packet.fitChecksum(at: 40) }
                path.take(packet)
            }
            path.end()
        }
    }()
}

/// What the inbound worker does with the packets of a batch, and what must hold of what comes out.
private struct InboundPath: ~Copyable {
    let stage: Stage
    private let direct = DirectReceiver()
    private let decapsulator = Decapsulator()
    private var coalescer = Coalescer(joiningDatagrams: true)
    /// Octets of packets that were accepted and not written yet.
    private var accepted = 0

    init(stage: Stage) { self.stage = stage }

    mutating func take(_ packet: UnsafeMutableRawBufferPointer) {
        // Both change the packet in place.
        let arrived = Array(packet)
        do throws(DropReason) {
            if packet.count > 6, packet[6] != IPProtocol.ipv6.rawValue,
                let opened = try direct.receive(packet, by: stage.table)
            {
                judge(opened.packet, within: packet)
                arrived.withUnsafeBytes { judgeDirect(opened.packet, from: $0) }
                return add(opened)
            }
            let opened = try decapsulator.decapsulate(packet, by: stage.table)
            judge(opened.packet, within: packet)
            arrived.withUnsafeBytes { judgeTunnelled(opened.packet, from: $0) }
            add(opened)
        } catch {
            // Whatever the reason is, it has a name.
        }
    }

    mutating func end() {
        var written = 0
        coalescer.flush { written += Self.judgeFrame($0) }
        accepted -= written
        hold(accepted == 0, "\(accepted) octets of accepted packets were not written")
    }

    private mutating func add(_ opened: Decapsulator.Accepted) {
        accepted += opened.packet.count
        var written = 0
        coalescer.add(opened) { written += Self.judgeFrame($0) }
        accepted -= written
        hold(accepted >= 0, "more was written than came in")
    }

    /// A whole IPv6 packet that lies in the one that came.
    private func judge(_ inner: UnsafeMutableRawBufferPointer, within outer: UnsafeMutableRawBufferPointer) {
        guard let start = inner.baseAddress, let first = outer.baseAddress else {
            fatalError("a packet without octets")
        }
        hold(start >= first && start + inner.count <= first + outer.count, "the packet lies outside the one that came")
        let bytes = UnsafeRawBufferPointer(inner)
        hold(bytes.count >= 40 && bytes[0] >> 4 == 6, "no IPv6 packet")
        hold(bytes.number(at: 4) + 40 == bytes.count, "its length is wrong")
    }

    private func judgeTunnelled(_ inner: UnsafeMutableRawBufferPointer, from outer: UnsafeRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(inner)
        let (source, destination) = (Self.address(bytes, 8), Self.address(bytes, 24))
        let (remote, local) = (Self.address(outer, 8), Self.address(outer, 24))
        hold(inner.count + 40 <= outer.count, "longer than what came")
        hold(
            stage.tunnels.contains { way in
                way.local == local && way.remote == remote && way.sources.contains { $0.contains(source) }
                    && way.destinations.contains { $0.contains(destination) }
            }, "\(source) to \(destination) is not of the tunnel from \(remote) to \(local)")
        hold(!stage.own.contains { $0.contains(source) }, "\(source) is ours and came from outside")
        hold(source.isRoutableUnicast || source.isLoopback, "from \(source)")
        hold(!destination.isMulticast && !destination.isLinkLocal, "to \(destination)")
    }

    private func judgeDirect(_ packet: UnsafeMutableRawBufferPointer, from arrived: UnsafeRawBufferPointer) {
        let bytes = UnsafeRawBufferPointer(packet)
        let (source, destination) = (Self.address(bytes, 8), Self.address(bytes, 24))
        let (wireSource, wireDestination) = (Self.address(arrived, 8), Self.address(arrived, 24))
        hold(packet.count <= arrived.count, "longer than what came")
        hold(stage.directDestinations.contains(wireDestination), "\(wireDestination) is not this node's")
        hold(stage.directDestinations.contains(destination), "\(destination) is not this node's")
        hold(source.isRoutableUnicast, "from \(source)")
        hold(!stage.own.contains { $0.contains(source) }, "\(source) is ours and came from outside")
        // ESP finds out for itself whom a packet is from (RFC 6275 §9.3.1).
        guard source != wireSource, !Self.hasESP(bytes) else { return }
        hold(stage.bound[source] == wireSource, "\(source) is not bound at \(wireSource)")
    }

    private static func hasESP(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var (next, offset) = (bytes[6], 40)
        for _ in 0..<16 {
            if next == 50 { return true }
            guard [0, 43, 44, 60].contains(next), offset + 8 <= bytes.count else { return false }
            let length = next == 44 ? 8 : (Int(bytes[offset + 1]) + 1) * 8
            next = bytes[offset]
            offset += length
        }
        return false
    }

    /// A frame for the TUN device: its header, then one packet or a super-packet of TCP or UDP.
    ///
    /// - Returns: the octets of the packets that went into it.
    private static func judgeFrame(_ pieces: UnsafeMutableBufferPointer<Piece>) -> Int {
        var frame: [UInt8] = []
        for piece in pieces { frame += UnsafeRawBufferPointer(start: piece.base, count: piece.count) }
        return frame.withUnsafeBytes { bytes in
            hold(bytes.count >= 10 + 40, "a frame without a packet")
            let packet = UnsafeRawBufferPointer(rebasing: bytes[10...])
            hold(packet.number(at: 4) + 40 == packet.count, "the length of a frame's packet is wrong")
            let virtio = VirtioNetHeader(bytes)
            guard virtio.segmentation != 0 else {
                hold(pieces.count == 2, "several packets in a frame that has one")
                return packet.count
            }
            let isDatagrams = virtio.segmentation == VirtioNetHeader.udp
            hold(
                isDatagrams ? packet[6] == 17 : virtio.segmentation == VirtioNetHeader.tcp6 && packet[6] == 6,
                "offload \(virtio.segmentation) of protocol \(packet[6])")
            let header = isDatagrams ? 48 : 40 + Int(packet[52] >> 4) * 4
            let (size, count) = (Int(virtio.segmentSize), pieces.count - 1)
            hold(Int(virtio.headerLength) == header && virtio.checksumStart == 40, "offload header")
            hold(size > 0 && count > 1, "segments of \(size) octets")
            let payload = packet.count - header
            hold((payload + size - 1) / size == count, "\(payload) octets are not \(count) segments of \(size)")
            return payload + count * header
        }
    }

    private static func address(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> IPv6Address {
        IPv6Address(octets: bytes.octets(at: offset, 16)) ?? .unspecified
    }
}
