import Glibc
import MobilitySocket
import MobilityWire

/// Stands where nemonetd stands: listens at the mobility socket, answers had's hello, and hands it Binding Updates.
///
/// Several frames go into one packet where they are at hand together, as nemonetd does it with packets that arrived
/// together. At any time no more than `window` Binding Updates are unanswered.
final class Stage {
    /// nemonetd takes as many packets from its receiving socket at once.
    static let framesOfPacket = 32

    private let connection: Int32
    /// The home agent, by what its hello said.
    private(set) var process = ObservedProcess(identifier: 0)
    private let maker = UpdateMaker()
    private var reader = AnswerReader()
    private var buffer = UnsafeMutableRawPointer.allocate(byteCount: 1 << 17, alignment: 16)
    private var outgoing: UnsafeMutableRawPointer
    private let acknowledgement: FrameTemplate
    private var isReady = false
    private let window: Int

    /// Waits until had has connected and said what it has.
    init(path: String, window: Int) {
        self.window = window
        outgoing = .allocate(byteCount: Self.framesOfPacket * 512, alignment: 16)
        guard let octets = try? MobilitySocketFrame(flags: .capped, content: .acknowledgement).encoded() else {
            fail("an acknowledgement is too long")
        }
        acknowledgement = FrameTemplate(octets: octets)
        let listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        unlink(path)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard isBound == 0, listen(listener, 1) == 0 else { fail("cannot listen at \(path)") }
        connection = accept(listener, nil, nil)
        guard connection >= 0 else { fail("nobody connected") }
        close(listener)
        while !isReady { receive(waiting: 60_000) }
    }

    /// What one pass over the nodes came to.
    struct Pass {
        var accepted = 0
        var seconds = 0.0
        var cpuSeconds = 0.0
        var bindings = 0
        var verified = 0
    }

    /// Sends a Binding Update of `count` nodes, in an order that jumps about among all `nodes`, and waits for the answers.
    func pass(count: Int, of nodes: Int, from start: Int = 0, moves: Int, sequenceNumber: UInt16) -> Pass {
        let stride = Self.stride(for: nodes)
        let before = (reader.accepted, reader.bindings, reader.verified, reader.refused)
        let cpu = process.cpuSeconds
        let begun = Self.monotonic()
        var sent = 0
        while reader.accepted - before.0 < count {
            guard reader.refused == before.3 else { fail("had refused a Binding Update") }
            let room = window - (sent - (reader.accepted - before.0))
            let batch = min(Self.framesOfPacket, room, count - sent)
            if batch > 0, batch == min(Self.framesOfPacket, count - sent) {
                for index in 0..<batch {
                    let node = (start + sent + index) % nodes * stride % nodes
                    maker.write(
                        node: node, moves: moves, sequenceNumber: sequenceNumber, to: outgoing + index * maker.length)
                }
                transmit(outgoing, batch * maker.length)
                sent += batch
                receive(waiting: 0)
            } else {
                receive(waiting: 10_000)
            }
        }
        return Pass(
            accepted: reader.accepted - before.0, seconds: Self.monotonic() - begun,
            cpuSeconds: process.cpuSeconds - cpu, bindings: reader.bindings - before.1,
            verified: reader.verified - before.2)
    }

    /// Sends a Home Test Init and a Care-of Test Init of each of so many nodes to a correspondent, and waits for the tokens:
    /// not faster than a correspondent answers at all.
    func exchange(count: Int) {
        let before = reader.tokens
        for node in 0..<count {
            usleep(1000)
            let careOf = Population.careOfAddress(node, moves: 0)
            deliver(.homeTestInit(cookie: UInt64(node), options: []), from: Population.homeAddress(node))
            deliver(.careOfTestInit(cookie: UInt64(node), options: []), from: careOf)
            while reader.tokens - before < 2 * (node + 1) { receive(waiting: 10_000) }
        }
    }

    private func deliver(_ message: MobilityMessage, from source: IPv6Address) {
        let datagram = MobilityDatagram(source: source, destination: Population.homeAgent, message: message.emit())
        var octets = FrameTemplate(.mobilityReceived(datagram)).octets
        octets.withUnsafeMutableBytes { transmit($0.baseAddress!, $0.count) }
    }

    /// A number without common divisor with `nodes`, near their golden section, so that neighbours are far apart.
    private static func stride(for nodes: Int) -> Int {
        func divisor(_ first: Int, _ second: Int) -> Int { second == 0 ? first : divisor(second, first % second) }
        var stride = max(1, nodes * 618 / 1000)
        while divisor(nodes, stride) != 1 { stride += 1 }
        return stride
    }

    /// Answers what had says for so long, so that it comes to rest.
    func rest(seconds: Double) {
        let end = Self.monotonic() + seconds
        while Self.monotonic() < end { receive(waiting: 100, mayTimeOut: true) }
    }

    private func receive(waiting milliseconds: Int32, mayTimeOut: Bool = false) {
        if milliseconds > 0 {
            var waited = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            let count = poll(&waited, 1, milliseconds)
            if count == 0, mayTimeOut { return }
            guard count == 1 else { fail("had says nothing any more") }
        }
        for _ in 0..<64 {
            let count = recv(connection, buffer, 1 << 17, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else { fail("had closed the connection") }
            reader.take(UnsafeRawBufferPointer(start: buffer, count: count)) { answer($0) }
            acknowledge()
        }
    }

    private func answer(_ frame: MobilitySocketFrame) {
        if case .message(.hello(let hello)) = frame.content {
            process = ObservedProcess(identifier: Int32(hello.processIdentifier))
        }
        guard case .message(.dump) = frame.content else { return }
        // nemonetd has nothing of an earlier had.
        guard
            let octets = try? MobilitySocketFrame(sequence: frame.sequence, flags: .multipart, content: .done)
                .encoded()
        else { fail("the end of a dump is too long") }
        octets.withUnsafeBytes { transmit(UnsafeMutableRawPointer(mutating: $0.baseAddress!), $0.count) }
        isReady = true
    }

    /// Tells had that what it asked for was done.
    private func acknowledge() {
        guard !reader.unanswered.isEmpty else { return }
        var packet: [UInt8] = []
        for sequence in reader.unanswered {
            var octets = acknowledgement.octets
            octets.withUnsafeMutableBytes { $0.storeBytes(of: sequence, toByteOffset: 8, as: UInt32.self) }
            packet += octets
            if packet.count > 16 << 10 { flush(&packet) }
        }
        flush(&packet)
        reader.unanswered.removeAll(keepingCapacity: true)
    }

    private func flush(_ packet: inout [UInt8]) {
        guard !packet.isEmpty else { return }
        packet.withUnsafeMutableBytes { transmit($0.baseAddress!, $0.count) }
        packet.removeAll(keepingCapacity: true)
    }

    private func transmit(_ octets: UnsafeMutableRawPointer, _ count: Int) {
        while send(connection, octets, count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) < 0 {
            guard errno == EAGAIN else { fail("had cannot be sent to: \(String(cString: strerror(errno)))") }
            var waited = pollfd(fd: connection, events: Int16(POLLOUT), revents: 0)
            guard poll(&waited, 1, 10_000) == 1 else { fail("had does not read any more") }
        }
    }

    static func monotonic() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
