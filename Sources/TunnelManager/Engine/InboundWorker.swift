import Forwarding
import MobilityWire
import Platform

/// From the tunnels to a queue of the TUN device. Belongs to one thread.
final class InboundWorker {
    /// Batches that are taken before the loop may look at something else.
    private static let rounds = 16
    /// Packets in one batch that make it worth waiting for more: then a stream is coming in.
    private static let denseBatch = 4
    /// How long to wait for more, in microseconds. Being woken for every few packets costs more than forwarding them, and
    /// segments that arrive together are joined: measured, a quarter less time for each packet.
    private static let gathering: UInt32 = 50
    /// How often the kernel is asked at most what it had no room for.
    private static let dropInterval = Instant.Span.milliseconds(250)

    private let queue: TunQueue
    private let board: EngineBoard
    private let loop: EventLoop
    private let receiver: PacketSocketReceiver
    private let decapsulator = Decapsulator()
    private let direct = DirectReceiver()
    private var coalescer: Coalescer
    private var reassembler = Reassembler()
    private var reader: PlanReader
    private var plan: EnginePlan { reader.plan }
    private var uses = UseReporter()
    /// When the kernel was asked last what it had no room for.
    private var dropsAskedAt = Instant(milliseconds: 0)
    private var failure: PlatformError?

    /// - Parameters:
    ///   - receiver: one that `makeReceiver` made.
    ///   - joiningDatagrams: whether the device takes super-packets of UDP.
    init(
        queue: TunQueue, receiver: PacketSocketReceiver, joiningDatagrams: Bool, board: EngineBoard
    ) throws(PlatformError) {
        self.queue = queue
        self.receiver = receiver
        coalescer = Coalescer(joiningDatagrams: joiningDatagrams)
        self.board = board
        reader = PlanReader(board)
        loop = try EventLoop()
    }

    /// - Parameter group: with which others it shares what comes; nil where it is the only one.
    static func makeReceiver(_ group: PacketSocketGroup?) throws(PlatformError) -> PacketSocketReceiver {
        try PacketSocketReceiver(
            nextHeaders: Set(
                [.ipv6, .fragment, .destinationOptions, .routing, .hopByHopOptions].map { (next: IPProtocol) in
                    next.rawValue
                }), group: group)
    }

    /// Forwards until the board says stop.
    func run() throws(PlatformError) {
        board.add(try loop.makeWaker { [unowned self] in if board.isStopping { loop.stop() } })
        try loop.watch(receiver.descriptor, read: { [unowned self] in drain() })
        try loop.run()
        if let failure { throw failure }
    }

    private func drain() {
        countDrops()
        do throws(PlatformError) {
            for _ in 0..<Self.rounds {
                let count = try receiver.receive()
                guard count > 0 else { return }
                // After they came: what was announced before a peer could send must hold for what it sent, even where
                // this thread had to wait for the processor meanwhile.
                reader.update { uses.adopt($0.table.direct, after: $1.table.direct) }
                plan.flowMemory.set(loop.now)
                for index in 0..<count { take(receiver.packet(at: index)) }
                // The memory of these packets is used again by the next batch.
                coalescer.flush(write: deliver)
                let abandoned = reassembler.release()
                if abandoned > 0 { board.counters.count(.fragmentMissing, packets: abandoned) }
                if count >= Self.denseBatch, count < receiver.batch { WorkerThread.rest(microseconds: Self.gathering) }
            }
        } catch {
            failure = error
            loop.stop()
        }
    }

    private func countDrops() {
        let now = loop.now
        guard now >= dropsAskedAt + Self.dropInterval else { return }
        dropsAskedAt = now
        let drops = receiver.takeDropCount()
        if drops > 0 { board.counters.count(.receiveOverrun, packets: drops) }
    }

    private func take(_ packet: PacketSocketReceiver.Packet) {
        do throws(DropReason) {
            guard !packet.isTruncated else { throw .truncated }
            let virtio = VirtioNetHeader(packet.virtioHeader)
            if packet.bytes.count > 6, packet.bytes[6] != IPProtocol.ipv6.rawValue {
                if packet.bytes[6] == IPProtocol.fragment.rawValue { return try takeFragment(packet.bytes) }
                if let accepted = try direct.receive(packet.bytes, virtio: virtio, by: plan.table) {
                    coalescer.add(accepted, write: deliver)
                    return noteArrived(accepted)
                }
            }
            try takeTunnelled(packet.bytes, virtio)
        } catch {
            // Destination options before something else than a tunnelled packet: not the engine's business.
            if error == .notIPv6, packet.bytes.count > 6, packet.bytes[6] != IPProtocol.ipv6.rawValue { return }
            board.counters.count(error)
            if error == .outerPairNotRegistered { reportOrphan(packet.bytes) }
            if error == .homeAddressNotBound { reportUnbound(packet.bytes) }
        }
    }

    @inline(__always)
    private func takeTunnelled(
        _ packet: UnsafeMutableRawBufferPointer, _ virtio: VirtioNetHeader
    ) throws(DropReason) {
        let accepted = try decapsulator.decapsulate(packet, virtio: virtio, by: plan.table)
        coalescer.add(accepted, write: deliver)
        if plan.table.direct.wantsHints {
            uses.noteTunnelled(UnsafeRawBufferPointer(accepted.packet), by: plan.table, at: loop.now, on: board)
        }
    }

    @inline(never)
    private func takeFragment(_ fragment: UnsafeMutableRawBufferPointer) throws(DropReason) {
        guard let packet = try reassembler.add(fragment, by: plan.table, at: loop.now) else { return }
        try takeTunnelled(packet, VirtioNetHeader())
    }

    private func noteArrived(_ accepted: Decapsulator.Accepted) {
        let packet = UnsafeRawBufferPointer(accepted.packet).bytes
        guard let local = try? packet.address(at: IPv6Header.Offset.destination),
            let remote = try? packet.address(at: IPv6Header.Offset.source)
        else { return }
        uses.note(.arrived, local: local, remote: remote, at: loop.now, on: board)
    }

    /// A node may not know that its binding is gone: a Binding Error tells it (RFC 6275 §9.3.3).
    private func reportUnbound(_ bytes: UnsafeMutableRawBufferPointer) {
        let packet = UnsafeRawBufferPointer(bytes).bytes
        guard board.mayTell(\.unbound, at: loop.now), let header = try? IPv6Header(parsing: packet),
            let chain = try? ExtensionHeaderChain(of: packet, header: header), let option = chain.homeAddressOption
        else { return }
        board.report(
            EngineBoard.Unbound(
                homeAddress: option.homeAddress, peer: header.source,
                local: chain.routingHeader?.homeAddress ?? header.destination))
    }

    /// A node may not know that its binding is gone: the control thread decides whether to tell it.
    private func reportOrphan(_ bytes: UnsafeMutableRawBufferPointer) {
        let packet = UnsafeRawBufferPointer(bytes).bytes
        guard board.mayTell(\.orphans, at: loop.now), let outer = try? IPv6Header(parsing: packet),
            outer.nextHeader == .ipv6,
            let inner = try? IPv6Header(parsing: packet.extracting(IPv6Header.length..<packet.byteCount))
        else { return }
        board.report(
            EngineBoard.Orphan(peer: outer.source, local: outer.destination, source: inner.source))
    }

    private func deliver(_ pieces: UnsafeMutableBufferPointer<Piece>) {
        if queue.write(pieces: UnsafeRawBufferPointer(pieces)) != .written { board.counters.count(.deliveryFailed) }
    }
}
