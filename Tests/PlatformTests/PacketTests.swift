import CLinux
import Glibc
import MobilityWire
import Testing

@testable import Platform

/// An IPv6 packet without extension headers.
func packet(next: UInt8, from source: [UInt8], to destination: [UInt8], payload: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xff), next, 64] + source + destination + payload
}

let left: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
let right: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]

@Suite("Packets", .needsNetwork)
struct PacketTests {
    /// Waits until `descriptor` is readable.
    func wait(_ descriptor: Int32) -> Bool {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptors, 1, 2000) > 0
    }

    func makeVeth(mtu: Int = 1500) throws {
        try NetworkNamespace.ip("link add left type veth peer name right")
        try NetworkNamespace.ip("link set left mtu \(mtu) up address 02:00:00:00:00:01")
        try NetworkNamespace.ip("link set right mtu \(mtu) up address 02:00:00:00:00:02")
        try NetworkNamespace.ip("-6 addr add 2001:db8::1/64 dev left nodad")
        try NetworkNamespace.ip("-6 neigh add 2001:db8::2 lladdr 02:00:00:00:00:02 dev left")
    }

    @Test("a raw sender's batch arrives at a packet socket, which takes only the next headers that it wants")
    func rawToPacketSocket() throws {
        try NetworkNamespace.run {
            try makeVeth()
            let index = if_nametoindex("right")
            let receiver = try PacketSocketReceiver(interface: index, nextHeaders: [135, 41, 60], batch: 8)
            let sender = try RawSender(interface: "left", batch: 4)
            let packets = [
                packet(next: 135, from: left, to: right, payload: [1, 2, 3, 4]),
                packet(next: 59, from: left, to: right, payload: []),
                packet(next: 41, from: left, to: right, payload: [UInt8](repeating: 9, count: 1460)),
                packet(next: 60, from: left, to: right, payload: [UInt8](repeating: 5, count: 8)),
                packet(next: 17, from: left, to: right, payload: [UInt8](repeating: 5, count: 8)),
                packet(next: 135, from: left, to: right, payload: [7]),
            ]
            // Three pieces each, to show that they are joined.
            var store: [[UInt8]] = []
            for bytes in packets {
                store += [Array(bytes[..<40]), Array(bytes[40...].prefix(1)), Array(bytes[40...].dropFirst(1))]
            }
            let buffers = store.map { bytes in
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
                copy.copyBytes(from: bytes)
                return copy
            }
            defer { for buffer in buffers { buffer.deallocate() } }
            let pieces = buffers.map { iovec(iov_base: $0.baseAddress, iov_len: $0.count) }
            let report = pieces.withUnsafeBytes { sender.send(pieces: $0, piecesPerPacket: 3) }
            #expect(report == RawSender.Report(sent: 6))

            var received: [[UInt8]] = []
            while received.count < 4, wait(receiver.descriptor) {
                for number in 0..<(try receiver.receive()) {
                    let packet = receiver.packet(at: number)
                    #expect(packet.interface == index)
                    #expect(!packet.isTruncated)
                    #expect(packet.virtioHeader.count == 10)
                    received.append(Array(packet.bytes))
                }
            }
            let isRight = received == [packets[0], packets[2], packets[3], packets[5]]
            #expect(isRight, "lengths \(received.map(\.count))")
            #expect(try receiver.receive() == 0)
            #expect(receiver.takeDropCount() == 0)
        }
    }

    @Test("packets that the kernel had no room for are told of once")
    func drops() throws {
        try NetworkNamespace.run {
            try makeVeth()
            let receiver = try PacketSocketReceiver(nextHeaders: [135], batch: 8, receiveBuffer: 4096)
            let sender = try RawSender(interface: "left")
            let octets = packet(next: 135, from: left, to: right, payload: [UInt8](repeating: 1, count: 1000))
            let sent = 200
            for _ in 0..<sent { #expect(sender.send(octets) == 0) }
            var received = 0
            #expect(wait(receiver.descriptor))
            while case let count = try receiver.receive(), count > 0 { received += count }
            #expect(received > 0)
            #expect(receiver.takeDropCount() == sent - received)
            #expect(receiver.takeDropCount() == 0)
        }
    }

    @Test("sockets of a group share the packets, each flow at one socket, and another group has all of them, too")
    func groups() throws {
        try NetworkNamespace.run {
            try makeVeth()
            let (group, other) = (PacketSocketGroup(), PacketSocketGroup())
            let members = try (0..<3).map { _ in try PacketSocketReceiver(nextHeaders: [17], group: group) }
            let alone = try PacketSocketReceiver(nextHeaders: [17], batch: 256, group: other)
            let sender = try RawSender(interface: "left")
            let flows = 60
            for _ in 0..<2 {
                for flow in 0..<flows {
                    let datagram: [UInt8] = [UInt8(flow), 0, 0, 53, 0, 8, 0, 0]
                    #expect(sender.send(packet(next: 17, from: left, to: right, payload: datagram)) == 0)
                }
            }
            var seen = 0
            while seen < 2 * flows, wait(alone.descriptor) { seen += try alone.receive() }
            #expect(seen == 2 * flows)
            var byFlow: [UInt8: [Int]] = [:]
            for (number, member) in members.enumerated() {
                while case let count = try member.receive(), count > 0 {
                    for place in 0..<count { byFlow[member.packet(at: place).bytes[40], default: []].append(number) }
                }
            }
            #expect(byFlow.count == flows)
            #expect(byFlow.values.allSatisfy { $0.count == 2 && $0[0] == $0[1] })
            #expect(Set(byFlow.values.map { $0[0] }).count == members.count)
        }
    }

    @Test("what the kernel left undone in a packet counts from its IPv6 header", arguments: [true, false])
    func virtioHeader(asked: Bool) throws {
        try NetworkNamespace.run {
            try makeVeth()
            let receiver = try PacketSocketReceiver(nextHeaders: [17], virtioHeader: asked, group: PacketSocketGroup())
            // A datagram socket leaves its checksum to the interface, and a veth leaves it to the receiver.
            let socket = try Syscalls.socket(AF_INET6, SOCK_DGRAM, 0, "")
            var to = sockaddr_in6()
            to.sin6_family = sa_family_t(AF_INET6)
            to.sin6_port = UInt16(5000).bigEndian
            withUnsafeMutableBytes(of: &to.sin6_addr) { $0.copyBytes(from: right) }
            let sent = withUnsafePointer(to: &to) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(socket.number, "hello", 5, 0, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
            #expect(sent == 5)
            #expect(wait(receiver.descriptor))
            #expect(try receiver.receive() == 1)
            let packet = receiver.packet(at: 0)
            #expect(packet.bytes.count == 40 + 8 + 5)
            #expect(Array(packet.bytes[8..<24]) == left)
            #expect(packet.bytes[0] == 0x60)
            let header = Array(packet.virtioHeader)
            // VIRTIO_NET_HDR_F_NEEDS_CSUM, from octet 40, with the checksum at octet 6 of the UDP header.
            #expect(header == (asked ? [1, 0, 0, 0, 0, 0, 40, 0, 6, 0] : [UInt8](repeating: 0, count: 10)))
        }
    }

    @Test(
        "ICMPv6 is taken by its type, and what is sent to a group only where it is asked for", arguments: [false, true])
    func icmpTypes(multicast: Bool) throws {
        try NetworkNamespace.run {
            try makeVeth()
            let receiver = try PacketSocketReceiver(
                interface: if_nametoindex("right"), nextHeaders: [135], icmpTypes: [144, 146], multicast: multicast,
                batch: 8)
            let sender = try RawSender(interface: "left")
            let group: [UInt8] = [0xff, 2] + [UInt8](repeating: 0, count: 13) + [1]
            for (next, destination, type) in [
                (58, right, 144), (58, right, 128), (58, right, 146), (17, right, 144), (135, right, 9),
                (58, group, 144),
                (58, group, 128),
            ] as [(UInt8, [UInt8], UInt8)] {
                #expect(sender.send(packet(next: next, from: left, to: destination, payload: [type, 0, 0, 0])) == 0)
            }
            var types: [UInt8] = []
            for _ in 0..<(try receiver.receive()) { types.append(receiver.packet(at: types.count).bytes[40]) }
            #expect(types == [144, 146, 9] + (multicast ? [144] : []))
        }
    }

    @Test("an interface without a name is no interface, and not every one of them")
    func namelessInterface() {
        let error = #expect(throws: PlatformError.self) { try RawSender(interface: "") }
        #expect(error?.errno == ENODEV)
    }

    @Test("a packet beyond the MTU and one without a route are reported with their number, and the others go out")
    func failures() throws {
        try NetworkNamespace.run {
            try makeVeth(mtu: 1300)
            let receiver = try PacketSocketReceiver(nextHeaders: [135])
            let sender = try RawSender()
            let nowhere: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 9] + [UInt8](repeating: 0, count: 10)
            let packets = [
                packet(next: 135, from: left, to: right, payload: [1]),
                packet(next: 135, from: left, to: right, payload: [UInt8](repeating: 0, count: 1261)),
                packet(next: 135, from: left, to: nowhere, payload: [2]),
                [1, 2, 3],
                packet(next: 135, from: left, to: right, payload: [3]),
            ]
            var bytes = packets.flatMap { $0 }
            var failures: [Int: Int32] = [:]
            let report = bytes.withUnsafeMutableBytes { buffer in
                var pieces: [iovec] = []
                var offset = 0
                for packet in packets {
                    pieces.append(iovec(iov_base: buffer.baseAddress.map { $0 + offset }, iov_len: packet.count))
                    offset += packet.count
                }
                return pieces.withUnsafeBytes { sender.send(pieces: $0, piecesPerPacket: 1) { failures[$0] = $1 } }
            }
            #expect(report.sent == 2)
            #expect(report.tooBig == 1)
            #expect(report.refused == 2)
            #expect(failures[1] == EMSGSIZE && failures[2] == ENETUNREACH && failures[3] != nil)
            #expect(failures.count == 3)
            #expect(wait(receiver.descriptor))
            #expect(try receiver.receive() == 2)
        }
    }

    @Test("a TUN device gives what the kernel sends and takes what the kernel shall receive")
    func tun() throws {
        try NetworkNamespace.run {
            let device = try TunDevice(name: "shisa%d")
            #expect(device.name == "shisa0")
            #expect(device.index == if_nametoindex("shisa0"))
            #expect(device.offload.contains(.tcp6))
            try NetworkNamespace.ip("link set shisa0 up")
            try NetworkNamespace.ip("-6 addr add 2001:db8::1/64 dev shisa0 nodad")
            // What the kernel sends by itself (router solicitations) does not matter here.
            let sender = try RawSender()
            let out = packet(next: 135, from: left, to: right, payload: [1, 2, 3])
            #expect(sender.send(out) == 0)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TunQueue.frameLimit, alignment: 64)
            defer { buffer.deallocate() }
            var found = false
            while !found, wait(device.queues[0].descriptor) {
                guard let count = try device.queues[0].read(into: buffer) else { continue }
                found = Array(buffer[10..<count]) == out
            }
            #expect(found)
            #expect(try device.queues.count == 1 && device.queues[0].read(into: buffer) == nil)

            // Packets written appear at a packet socket as received by the device.
            let receiver = try PacketSocketReceiver(interface: device.index, nextHeaders: [135])
            let header = [UInt8](repeating: 0, count: 10)
            let into = packet(next: 135, from: right, to: left, payload: [4, 5])
            let written = header.withUnsafeBytes { first in
                into.withUnsafeBytes { second in
                    let pieces = [first, second].map {
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                    }
                    return pieces.withUnsafeBytes { device.queues[0].write(pieces: $0) }
                }
            }
            #expect(written == .written)
            #expect(wait(receiver.descriptor))
            #expect(try receiver.receive() == 1)
            #expect(Array(receiver.packet(at: 0).bytes) == into)
            #expect([1, 2, 3].withUnsafeBytes { device.queues[0].write($0) } == .refused(errno: EINVAL))
            try NetworkNamespace.ip("link set shisa0 down")
            #expect((header + into).withUnsafeBytes { device.queues[0].write($0) } == .refused(errno: EIO))
        }
    }

    @Test("the kernel says how many packets a TUN device had no room for")
    func tunOverflow() throws {
        try NetworkNamespace.run {
            let device = try TunDevice(name: "shisa0")
            try NetworkNamespace.ip("link set shisa0 up")
            try NetworkNamespace.ip("-6 addr add 2001:db8::1/64 dev shisa0 nodad")
            let netlink = try RouteNetlink()
            #expect(try netlink.transmitDrops(ofLink: device.index) == 0)
            // It holds 500 (TUN_READQ_SIZE), and the kernel's own solicitations take a place or two.
            let sender = try RawSender()
            for _ in 0..<600 { _ = sender.send(packet(next: 135, from: left, to: right, payload: [1])) }
            let drops = try netlink.transmitDrops(ofLink: device.index) ?? 0
            #expect((100...110).contains(drops))
            #expect(try netlink.transmitDrops(ofLink: 4711) == nil)
        }
    }

    @Test("a TUN device with several queues, and one that exists already")
    func tunQueues() throws {
        try NetworkNamespace.run {
            let device = try TunDevice(name: "shisa0", queues: 2, offload: [.checksum, .tcp4, .tcp6, .udp])
            #expect(device.queues.count == 2)
            let error = #expect(throws: PlatformError.self) { _ = try TunDevice(name: "shisa0") }
            #expect(error?.call == "TUNSETIFF")
            #expect(throws: PlatformError.self) { _ = try TunDevice(name: "a/b") }
            #expect(throws: PlatformError.self) { _ = try TunDevice(name: "sixteen-octets-x") }
        }
        #expect(if_nametoindex("shisa0") == 0)
    }
}
