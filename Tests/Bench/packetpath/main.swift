// Runs the engine's own code over packets in memory, without a system call, so that its instructions can be counted:
//
//     packetpath encapsulate NODES PACKETS   UDP with 64 octets, each for the next node's network
//     packetpath decapsulate NODES PACKETS   the same the other way, up to what is written to the TUN device; of one node
//                                            all are of one flow, and joined
//     packetpath segment FRAMES              TCP super-packets of 64 KiB cut into segments of 1388 octets
//     packetpath coalesce FRAMES             as many segments joined again
//     packetpath handover FLOWS              nanoseconds until FLOWS conversations of a node go to its new address
//
// What it costs to start falls out of the difference of two runs. Whatever did not take the way that is measured ends it
// with an error.

import Forwarding
import Glibc
import MobilityWire

func fail(_ reason: String) -> Never {
    let text = "packetpath: \(reason)\n"
    _ = text.withCString { write(2, $0, text.utf8.count) }
    exit(1)
}

/// Payload of a segment where the ends' MTU is 1460.
let segmentSize = Packets.mtu - 40 - 32
/// As many as one IPv6 packet holds.
let segmentsOfFrame = (65_535 - 32) / segmentSize
/// Packets that a worker takes at a time.
let atATime = 64

/// The next node: far from the one before, and each comes once before one comes again.
struct Walk {
    private var node = 0
    private let nodes: Int
    private let step: Int

    init(nodes: Int) {
        self.nodes = nodes
        // Odd and no multiple of five, which is all that powers of ten ask for.
        step = (nodes / 10 * 6 + 7) % nodes
    }

    @inline(__always)
    mutating func next() -> Int {
        node += step
        if node >= nodes { node -= nodes }
        return node
    }
}

func encapsulate(nodes: Int, packets: Int) {
    let table = Packets.table(nodes: nodes)
    let frame = memory(
        [UInt8](repeating: 0, count: VirtioNetHeader.size)
            + Packets.ipv6(
                from: Packets.correspondent, to: Packets.host(0), next: Packets.udp,
                payload: Packets.datagram(octets: 64)))
    let encapsulator = Encapsulator()
    var batch = OutgoingBatch()
    var walk = Walk(nodes: nodes)
    var sent = 0
    for _ in 0..<packets {
        frame.storeBytes(
            of: Packets.prefix(walk.next()).bigEndian, toByteOffset: VirtioNetHeader.size + 24, as: UInt64.self)
        let outcome = encapsulator.encapsulate(frame, by: table, into: &batch) { _ in fail("the batch is full") }
        guard case .forwarded = outcome else { fail("not forwarded: \(outcome)") }
        if batch.count >= atATime {
            sent += batch.count
            batch.removeAll()
        }
    }
    guard sent + batch.count == packets else { fail("packets are missing") }
}

func decapsulate(nodes: Int, packets: Int) {
    let table = Packets.table(nodes: nodes)
    let bare = Packets.datagram(octets: 64, checksum: 0)
    var sum = Checksum(
        source: Packets.host(0), destination: Packets.correspondent, length: bare.count, nextHeader: .udp)
    sum.add(bare.span.bytes)
    let inner = Packets.ipv6(
        from: Packets.host(0), to: Packets.correspondent, next: Packets.udp,
        payload: Packets.datagram(octets: 64, checksum: sum.value))
    let whole = Packets.ipv6(from: Packets.careOf(0), to: Packets.homeAgent, next: 41, payload: inner)
    let slots = (0..<atATime).map { _ in memory(whole) }
    // A super-packet's lengths and checksum are written over its first datagram's.
    let length = slots[0].load(fromByteOffset: 44, as: UInt16.self)
    let lengthAndChecksum = slots[0].load(fromByteOffset: 84, as: UInt32.self)
    let decapsulator = Decapsulator()
    var coalescer = Coalescer(joiningDatagrams: true)
    var walk = Walk(nodes: nodes)
    var written = 0
    for number in 1...packets {
        let node = walk.next()
        let packet = slots[number % atATime]
        packet.storeBytes(of: length, toByteOffset: 44, as: UInt16.self)
        packet.storeBytes(of: lengthAndChecksum, toByteOffset: 84, as: UInt32.self)
        packet.storeBytes(of: Packets.careOf(node).low.bigEndian, toByteOffset: 16, as: UInt64.self)
        packet.storeBytes(of: Packets.prefix(node).bigEndian, toByteOffset: 48, as: UInt64.self)
        do throws(DropReason) {
            coalescer.add(try decapsulator.decapsulate(packet, by: table)) { written += $0.count - 1 }
        } catch {
            fail("dropped: \(error)")
        }
        if number % atATime == 0 { coalescer.flush { written += $0.count - 1 } }
    }
    coalescer.flush { written += $0.count - 1 }
    guard written == packets else { fail("packets are missing") }
}

func segment(frames: Int) {
    let table = Packets.table(nodes: 1)
    var header = [UInt8](repeating: 0, count: VirtioNetHeader.size)
    header.withUnsafeMutableBytes { bytes in
        bytes[0] = VirtioNetHeader.needsChecksum
        bytes[1] = VirtioNetHeader.tcp6
        bytes.storeBytes(of: 72, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: UInt16(segmentSize), toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(of: 40, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: 16, toByteOffset: 8, as: UInt16.self)
    }
    let payload = [UInt8](repeating: 0x5a, count: segmentSize * segmentsOfFrame)
    let frame = memory(
        header
            + Packets.ipv6(
                from: Packets.correspondent, to: Packets.host(0), next: Packets.tcp,
                payload: Packets.segment(sequence: 1, payload: payload)))
    let encapsulator = Encapsulator()
    var batch = OutgoingBatch()
    var sent = 0
    for _ in 0..<frames {
        let outcome = encapsulator.encapsulate(frame, by: table, into: &batch) { _ in fail("the batch is full") }
        guard case .forwarded = outcome else { fail("not forwarded: \(outcome)") }
        sent += batch.count
        batch.removeAll()
    }
    guard sent == frames * segmentsOfFrame else { fail("\(sent) segments of \(frames) frames") }
}

func coalesce(frames: Int) {
    let table = Packets.table(nodes: 1)
    let payload = [UInt8](repeating: 0x5a, count: segmentSize)
    let packets = (0..<segmentsOfFrame).map { index in
        let sequence = 1 + UInt32(index * segmentSize)
        let bare = Packets.segment(sequence: sequence, payload: payload)
        var sum = Checksum(
            source: Packets.host(0), destination: Packets.correspondent, length: bare.count, nextHeader: .tcp)
        sum.add(bare.span.bytes)
        let whole = Packets.segment(sequence: sequence, payload: payload, checksum: sum.value)
        let inner = Packets.ipv6(from: Packets.host(0), to: Packets.correspondent, next: Packets.tcp, payload: whole)
        return memory(Packets.ipv6(from: Packets.careOf(0), to: Packets.homeAgent, next: 41, payload: inner))
    }
    // A super-packet's headers are written over its first segment's.
    let first = packets[0]
    let before = memory(Array(first[..<112]))
    let decapsulator = Decapsulator()
    var coalescer = Coalescer(joiningDatagrams: true)
    var (writes, pieces) = (0, 0)
    for _ in 0..<frames {
        first.copyMemory(from: UnsafeRawBufferPointer(before))
        do throws(DropReason) {
            for packet in packets {
                coalescer.add(try decapsulator.decapsulate(packet, by: table)) { _ in fail("a segment was not joined") }
            }
        } catch {
            fail("dropped: \(error)")
        }
        coalescer.flush {
            writes += 1
            pieces += $0.count
        }
    }
    guard writes == frames, pieces == frames * (1 + segmentsOfFrame) else {
        fail("\(writes) writes of \(frames) frames")
    }
}

/// A node moves: from its new address being known to the table until a packet of each flow behind it has the new address.
func handover(flows: Int) {
    let former = Packets.table(nodes: 10_000)
    let node = 4711
    let destination = IPv6Address(high: 0x2001_0db8_00a2_0000, low: 2)
    let frames = (0..<flows).map { flow in
        var datagram = Packets.datagram(octets: 64)
        datagram.replaceSubrange(0..<2, with: Packets.big(UInt16(1024 + flow % 64_000)))
        return memory(
            [UInt8](repeating: 0, count: VirtioNetHeader.size)
                + Packets.ipv6(
                    from: Packets.correspondent, to: Packets.host(node), next: Packets.udp, payload: datagram))
    }
    let encapsulator = Encapsulator()
    var batch = OutgoingBatch()
    func forward(by table: ForwardingTable, to remote: IPv6Address) {
        for frame in frames {
            guard case .forwarded = encapsulator.encapsulate(frame, by: table, into: &batch, flush: { _ in }),
                let header = batch.pieces[(batch.count - 1) * 2].base
            else { fail("not forwarded") }
            guard header.loadUnaligned(fromByteOffset: 24, as: UInt64.self).bigEndian == remote.high else {
                fail("a packet went to another address")
            }
            if batch.count >= atATime { batch.removeAll() }
        }
    }
    forward(by: former, to: Packets.careOf(node))
    let begin = now()
    let home = IPv6Address(high: Packets.homeAgent.high, low: 0x100 + UInt64(node))
    let table = former.changing(nodes: [
        (
            homeAddress: home,
            owner: .init(
                homeAddress: home, prefixes: [IPv6Prefix(IPv6Address(high: Packets.prefix(node), low: 0), length: 64)],
                active: Tunnel(
                    local: Packets.homeAgent, remote: destination, egress: 0, mtu: Packets.mtu,
                    counters: TunnelCounters()))
        )
    ])
    let applied = now()
    forward(by: table, to: destination)
    print("{\"applied\": \(applied - begin), \"forwarded\": \(now() - begin)}")
}

func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

let numbers = CommandLine.arguments.dropFirst(2).map { Int($0) ?? 0 }
guard !numbers.isEmpty, numbers.allSatisfy({ $0 > 0 }) else { fail("see the top of main.swift") }
switch (CommandLine.arguments[1], numbers.count) {
case ("encapsulate", 2): encapsulate(nodes: numbers[0], packets: numbers[1])
case ("decapsulate", 2): decapsulate(nodes: numbers[0], packets: numbers[1])
case ("segment", 1): segment(frames: numbers[0])
case ("coalesce", 1): coalesce(frames: numbers[0])
case ("handover", 1): handover(flows: numbers[0])
default: fail("see the top of main.swift")
}
