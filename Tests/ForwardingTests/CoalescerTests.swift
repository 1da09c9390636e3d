import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Joining segments")
struct CoalescerTests {
    /// Feeds packets to a coalescer and gathers the frames it writes, with their headers.
    func run(_ packets: [[UInt8]], joiningDatagrams: Bool = true) -> [(virtio: VirtioNetHeader, packet: [UInt8])] {
        var coalescer = Coalescer(joiningDatagrams: joiningDatagrams)
        var frames: [(virtio: VirtioNetHeader, packet: [UInt8])] = []
        func write(_ pieces: UnsafeMutableBufferPointer<Piece>) {
            let bytes = pieces.flatMap { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.count)) }
            frames.append((bytes.withUnsafeBytes { VirtioNetHeader($0) }, Array(bytes.dropFirst(VirtioNetHeader.size))))
        }
        let memory = packets.map { bytes in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
            buffer.copyBytes(from: bytes)
            return buffer
        }
        for buffer in memory {
            coalescer.add(.init(packet: buffer, virtio: VirtioNetHeader()), write: write)
        }
        coalescer.flush(write: write)
        for buffer in memory { buffer.deallocate() }
        return frames
    }

    /// The segments of scapy's example: 1000, 1000 and 501 octets; the last pushes.
    var segments: [[UInt8]] {
        (EncapsulatorTests.golden.first { $0.name == "tcp_segmentation" }?.packets ?? []).map {
            Array($0.dropFirst(40))
        }
    }

    /// The same without CWR on the first, which would keep it from being joined.
    var plainSegments: [[UInt8]] {
        var result = segments
        guard !result.isEmpty else { return [] }
        result[0][53] &= 0x7f
        // The checksum grows by what the flags lost (RFC 1624).
        let sum = UInt32(result[0][56]) << 8 + UInt32(result[0][57]) + 0x80
        result[0][56] = UInt8(truncatingIfNeeded: (sum + sum >> 16) >> 8)
        result[0][57] = UInt8(truncatingIfNeeded: sum + sum >> 16)
        // FIN on the last is for another test.
        return result
    }

    @Test("consecutive segments become one super-packet, which cut again gives the same segments")
    func roundTrip() throws {
        let frames = run(plainSegments)
        try #require(frames.count == 1)
        let frame = frames[0]
        #expect(frame.virtio.segmentation == VirtioNetHeader.tcp6)
        #expect(frame.virtio.segmentSize == 1000)
        #expect(frame.virtio.headerLength == 72)
        #expect(frame.packet.count == 72 + 2501)
        var header = [UInt8](repeating: 0, count: VirtioNetHeader.size)
        header.withUnsafeMutableBytes { frame.virtio.store(to: $0) }
        let again = encapsulate(header + frame.packet, by: Sample.mobileRouter()).packets
        #expect(again.map { Array($0.dropFirst(40)) } == plainSegments)
    }

    @Test("a segment that reduces the window, is damaged, out of order or another flow's stays alone")
    func staysAlone() {
        #expect(run(segments).count == 2, "CWR is not joined")
        var damaged = plainSegments
        damaged[1][80] ^= 1
        #expect(run(damaged).map(\.packet) == damaged)
        let swapped = [plainSegments[1], plainSegments[0], plainSegments[2]]
        #expect(run(swapped).map(\.packet) == swapped, "order is kept")
        let other = packet(from: Sample.host, to: Sample.peer, next: 17, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        let mixed = [plainSegments[0], other, plainSegments[1]]
        #expect(run(mixed).map(\.packet) == mixed, "a packet of the same hosts does not overtake")
    }

    @Test("nothing that is not joined is changed")
    func unchanged() {
        for bytes in plainSegments { #expect(run([bytes]).map(\.packet) == [bytes]) }
    }
}
