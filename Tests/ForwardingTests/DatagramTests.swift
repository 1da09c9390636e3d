import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Joining and cutting datagrams")
struct DatagramTests {
    /// The inner packets of scapy's example: 1000, 1000 and 501 octets of one flow.
    private let datagrams = (EncapsulatorTests.golden.first { $0.name == "udp_segmentation" }?.packets ?? []).map {
        Array($0.dropFirst(40))
    }

    private func run(_ packets: [[UInt8]], joiningDatagrams: Bool = true) -> [(
        virtio: VirtioNetHeader, packet: [UInt8]
    )] {
        CoalescerTests().run(packets, joiningDatagrams: joiningDatagrams)
    }

    /// What the kernel would cut a frame into, as far as our own cutting is right.
    private func cut(_ frame: (virtio: VirtioNetHeader, packet: [UInt8])) -> [[UInt8]] {
        var header = [UInt8](repeating: 0, count: VirtioNetHeader.size)
        header.withUnsafeMutableBytes { frame.virtio.store(to: $0) }
        return encapsulate(header + frame.packet, by: Sample.mobileRouter()).packets.map { Array($0.dropFirst(40)) }
    }

    @Test("after the first of a flow, datagrams become one super-packet, which cut again gives the same")
    func joined() throws {
        try #require(datagrams.count == 3)
        let packets = [datagrams[0], datagrams[0], datagrams[1], datagrams[2], datagrams[0]]
        let frames = run(packets)
        try #require(frames.count == 3)
        #expect(frames[0].virtio == VirtioNetHeader() && frames[2].virtio == VirtioNetHeader())
        let joined = frames[1].virtio
        #expect(joined.flags == VirtioNetHeader.needsChecksum && joined.segmentation == VirtioNetHeader.udp)
        #expect(joined.segmentSize == 1000 && joined.headerLength == 48)
        #expect(joined.checksumStart == 40 && joined.checksumOffset == 6)
        #expect(frames[1].packet.count == 48 + 2501)
        // A shorter one is the last of its super-packet.
        #expect(frames.flatMap(cut) == packets)
    }

    @Test("the pseudo-header's sum, lengths and headers of a super-packet are those that scapy gives it")
    func superPacket() throws {
        let golden = try #require(EncapsulatorTests.golden.first { $0.name == "udp_segmentation" })
        let frames = run([datagrams[0]] + datagrams)
        try #require(frames.count == 2)
        #expect(frames[1].packet == Array(golden.frame.dropFirst(VirtioNetHeader.size)))
    }

    @Test("a device that does not take them gets none")
    func notJoined() {
        #expect(run(datagrams + datagrams, joiningDatagrams: false).map(\.packet) == datagrams + datagrams)
    }

    @Test("what is damaged, has no checksum, another length or other headers stays as it is, in order")
    func staysAlone() throws {
        try #require(datagrams.count == 3)
        let whole = datagrams[0]
        func changed(_ places: [Int: UInt8]) -> [UInt8] {
            var bytes = whole
            for (place, value) in places { bytes[place] = value }
            return bytes
        }
        let rows: [(String, [UInt8])] = [
            ("damaged", changed([100: whole[100] ^ 1])),
            ("without checksum", changed([46: 0, 47: 0])),
            ("a length of the header's own", changed([44: 0, 45: 8])),
            ("another traffic class", changed([1: whole[1] ^ 0x10])),
            ("another hop limit", changed([7: whole[7] - 1])),
            ("no payload", packet(from: Sample.host, to: Sample.peer, next: 17, payload: [1, 2, 3, 4, 0, 8, 0, 0])),
            ("cut within the header", packet(from: Sample.host, to: Sample.peer, next: 17, payload: [19, 196, 19])),
        ]
        for (name, odd) in rows {
            let packets = [whole, whole, odd, whole]
            let frames = run(packets)
            #expect(frames.map(\.packet) == packets, "\(name)")
            #expect(frames.allSatisfy { $0.virtio.segmentation == VirtioNetHeader.none }, "\(name)")
        }
        // A longer one begins anew.
        let growing = [whole, datagrams[2], whole, whole, datagrams[2]]
        #expect(run(growing).flatMap(cut) == growing)
        #expect(run(growing).count == 3)
    }

    @Test("TCP of the same ports is another flow")
    func otherProtocol() {
        let segments = CoalescerTests().plainSegments
        let mixed = [datagrams[0], segments[0], datagrams[0], segments[1], datagrams[1], datagrams[0]]
        #expect(run(mixed).count == 3, "one datagram, then those of each protocol")
        #expect(run(mixed).flatMap(cut).filter { $0[6] == 17 } == mixed.filter { $0[6] == 17 })
        #expect(run(mixed).flatMap(cut).filter { $0[6] == 6 } == mixed.filter { $0[6] == 6 })
    }

    @Test("a batch does not remember the one before")
    func batches() {
        var company = DatagramCompany()
        datagrams[0].withUnsafeBytes { bytes in
            let first = company.isIn(bytes)
            let second = company.isIn(bytes)
            company.forget()
            let third = company.isIn(bytes)
            #expect(!first && second && !third)
        }
    }

    @Test("as many as the kernel takes go into one")
    func limit() {
        let frames = run(Array(repeating: datagrams[1], count: 1 + 64 + 64))
        #expect(frames.map(\.packet.count) == [1048, 48 + 64 * 1000, 48 + 64 * 1000])
        #expect(frames.flatMap(cut).count == 129)
        // What is longer ends where an IPv6 packet does: 46 of 1,400 octets and 8 of UDP's header fit 65,535.
        var long = datagrams[1] + [UInt8](repeating: 0, count: 400)
        for place in [4, 44] {
            long[place] = UInt8(1408 >> 8)
            long[place + 1] = UInt8(1408 & 0xff)
        }
        // The length stands in the pseudo-header, too.
        let sum = UInt32(long[46]) << 8 + UInt32(long[47]) + 2 * UInt32(UInt16.max - 400)
        let folded = (sum & 0xffff) + (sum >> 16)
        long[46] = UInt8(truncatingIfNeeded: folded >> 8)
        long[47] = UInt8(truncatingIfNeeded: folded)
        #expect(
            run(Array(repeating: long, count: 1 + 46 + 3)).map(\.packet.count) == [1448, 48 + 46 * 1400, 48 + 3 * 1400])
    }

    @Test("datagrams that do not fit are answered with the tunnel's MTU, and none is sent")
    func tooBig() throws {
        let golden = try #require(EncapsulatorTests.golden.first { $0.name == "udp_segmentation" })
        var frame = golden.frame
        // The same in datagrams of 1,300 octets with their headers of 48.
        frame[4] = UInt8(1252 & 0xff)
        frame[5] = UInt8(1252 >> 8)
        let fits = encapsulate(frame, by: Sample.mobileRouter(mtu: 1300))
        #expect(fits.packets.map(\.count) == [1340, 1337])
        let small = encapsulate(frame, by: Sample.mobileRouter(mtu: 1299))
        guard case .tooBig(mtu: 1299, errorSource: _) = small.outcome else {
            Issue.record("\(small.outcome)")
            return
        }
        #expect(small.packets.isEmpty)
    }
}
