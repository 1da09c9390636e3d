import Forwarding
import MobilityWire
import Platform

/// From a queue of the TUN device into the tunnels. Belongs to one thread.
final class OutboundWorker {
    /// Frames that are collected before they are sent: what one system call carries.
    private static let frames = 64
    /// Outer packets at which a batch is sent although more frames wait.
    private static let enough = 64

    private let queue: TunQueue
    private let board: EngineBoard
    private let loop: EventLoop
    private let memory: UnsafeMutableRawBufferPointer
    private var batch = OutgoingBatch(capacity: 128)
    private let encapsulator = Encapsulator()
    private var reader: PlanReader
    private var plan: EnginePlan { reader.plan }
    /// A sender for each egress of the plan, opened when it is first needed.
    private var senders: [EnginePlan.Egress: RawSender] = [:]
    private var uses = UseReporter()
    /// Packets whose flow has no way yet.
    private var waiting = WaitingFrames()
    /// Whether the board knows that some wait.
    private var isAwaitingPlan = false
    private var waitingTimer: EventLoop.Timer?
    private var failure: PlatformError?

    init(queue: TunQueue, board: EngineBoard) throws(PlatformError) {
        self.queue = queue
        self.board = board
        reader = PlanReader(board)
        loop = try EventLoop()
        memory = .allocate(byteCount: Self.frames * TunQueue.frameLimit, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// Forwards until the board says stop.
    func run() throws(PlatformError) {
        board.add(try loop.makeWaker { [unowned self] in if board.isStopping { loop.stop() } else { lookForPlan() } })
        try loop.watch(queue.descriptor, read: { [unowned self] in drain() })
        try loop.run()
        if let failure { throw failure }
    }

    private func drain() {
        lookForPlan()
        plan.flowMemory.set(loop.now)
        do throws(PlatformError) {
            for index in 0..<Self.frames {
                let slot = UnsafeMutableRawBufferPointer(
                    rebasing: memory[index * TunQueue.frameLimit..<(index + 1) * TunQueue.frameLimit])
                guard let length = try queue.read(into: slot) else { break }
                forward(UnsafeMutableRawBufferPointer(rebasing: slot[..<min(length, slot.count)]))
                // The other end can work on these while we go on.
                if batch.count >= Self.enough { send(&batch) }
            }
        } catch {
            failure = error
            loop.stop()
        }
        send(&batch)
        // The plan that the packets wait for may have come meanwhile.
        if !waiting.isEmpty { lookForPlan() }
    }

    private func lookForPlan() {
        let isNew = reader.update { new, former in
            uses.adopt(new.table.direct, after: former.table.direct)
            let wanted = Set(new.egress)
            senders = senders.filter { wanted.contains($0.key) }
        }
        if isNew { release() }
    }

    /// - Parameter since: when the frame came, if it has waited.
    private func forward(_ frame: UnsafeMutableRawBufferPointer, since: Instant? = nil) {
        switch encapsulator.encapsulate(frame, by: plan.table, into: &batch, flush: { send(&$0) }) {
        case .forwarded:
            if plan.table.direct.wantsHints { noteTunnelled(frame) }
        case .direct:
            let packet = UnsafeRawBufferPointer(rebasing: frame[VirtioNetHeader.size...]).bytes
            if let local = try? packet.address(at: IPv6Header.Offset.source),
                let remote = try? packet.address(at: IPv6Header.Offset.destination)
            {
                uses.note(.direct, local: local, remote: remote, at: loop.now, on: board)
            }
        case .unchanged:
            break
        case .dropped(let reason):
            board.counters.count(reason)
            if reason == .noBinding { answerAbsent(frame) }
        case .waiting:
            hold(frame, since: since ?? loop.now)
        case .tooBig(let mtu, let source):
            board.counters.count(.packetTooBig)
            answer(frame, from: source, within: \.errors) { .packetTooBig(mtu: UInt32(clamping: mtu), invoking: $0) }
        case .encapsulationLimit(let pointer, let source):
            board.counters.count(.encapsulationLimit)
            answer(frame, from: source, within: \.errors) {
                .parameterProblem(code: 0, pointer: UInt32(clamping: pointer), invoking: $0)
            }
        }
    }

    private func noteTunnelled(_ frame: UnsafeMutableRawBufferPointer) {
        uses.noteTunnelled(
            UnsafeRawBufferPointer(rebasing: frame[VirtioNetHeader.size...]), by: plan.table, at: loop.now, on: board)
    }

    // MARK: Packets without a way

    private func hold(_ frame: UnsafeMutableRawBufferPointer, since: Instant) {
        guard waiting.add(UnsafeRawBufferPointer(frame), since: since) else {
            return board.counters.count(.flowQueueFull)
        }
        noteWaiting()
        setWaitingTimer()
    }

    private func noteWaiting() {
        guard waiting.isEmpty == isAwaitingPlan else { return }
        isAwaitingPlan.toggle()
        board.awaitPlan(isAwaitingPlan)
    }

    private func setWaitingTimer() {
        guard waitingTimer?.isPending != true, let deadline = waiting.nextDeadline else { return }
        waitingTimer = loop.timer(at: deadline) { [unowned self] in
            let ended = waiting.expire(at: loop.now)
            if ended > 0 { board.counters.count(.flowWaitedTooLong, packets: ended) }
            noteWaiting()
            setWaitingTimer()
        }
    }

    /// Sends what has a way by the new plan, before anything that comes later; the others go on waiting.
    private func release() {
        guard !waiting.isEmpty else { return }
        for frame in waiting.takeAll() {
            var octets = frame.octets
            octets.withUnsafeMutableBytes {
                forward($0, since: frame.since)
                // The batch refers to the memory of this frame.
                send(&batch)
            }
        }
        noteWaiting()
    }

    // MARK: Errors

    /// As a kernel does that has no route (RFC 4443 §3.1).
    private func answerAbsent(_ frame: UnsafeMutableRawBufferPointer) {
        let packet = UnsafeRawBufferPointer(rebasing: frame[VirtioNetHeader.size...]).bytes
        guard let destination = try? packet.address(at: IPv6Header.Offset.destination),
            plan.networks.prefixes.contains(destination)
        else { return }
        answer(frame, from: plan.networks.errorSource, within: \.absences) {
            .destinationUnreachable(code: 0, invoking: $0)
        }
    }

    /// Sends an error about a packet to its source, if it may be told of one and there were not too many.
    private func answer(
        _ frame: UnsafeMutableRawBufferPointer, from source: IPv6Address,
        within limit: WritableKeyPath<EngineBoard.Limits, ErrorLimit>,
        by message: ([UInt8]) -> ICMPv6Message
    ) {
        let packet = UnsafeRawBufferPointer(rebasing: frame[VirtioNetHeader.size...]).bytes
        guard let sender = try? packet.address(at: IPv6Header.Offset.source) else { return }
        guard board.mayAnswer(sender, within: limit, at: loop.now) else { return board.counters.countSuppressedError() }
        let invoking = packet.extracting(first: ICMPv6Message.minimumMTU)
        guard
            let error = message(invoking.octets(checked: 0..<invoking.byteCount)).report(about: packet, from: source)
        else { return }
        ([UInt8](repeating: 0, count: VirtioNetHeader.size) + error).withUnsafeBytes { bytes in
            if queue.write(bytes) != .written { board.counters.count(.deliveryFailed) }
        }
    }

    // MARK: Sending

    /// Hands the batch to the senders, packets of one egress together.
    private func send(_ batch: inout OutgoingBatch) {
        var first = 0
        while first < batch.count {
            let egress = batch.egress(at: first)
            var end = first + 1
            while end < batch.count, batch.egress(at: end) == egress { end += 1 }
            if let sender = sender(egress) {
                let report = sender.send(
                    pieces: UnsafeRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: batch.pieces[first * 2..<end * 2])),
                    piecesPerPacket: 2)
                let failed = report.congested + report.tooBig + report.refused
                if failed > 0 { board.counters.count(.sendFailed, packets: failed) }
            } else {
                board.counters.count(.sendFailed, packets: end - first)
            }
            first = end
        }
        batch.removeAll()
    }

    private func sender(_ index: Int) -> RawSender? {
        guard plan.egress.indices.contains(index) else { return nil }
        let egress = plan.egress[index]
        if let sender = senders[egress] { return sender }
        // Interface or address may have gone meanwhile; the next plan says so.
        let sender = try? RawSender(
            interface: egress.interfaceIndex == 0 ? nil : egress.name, source: egress.source, mark: egress.mark)
        senders[egress] = sender
        return sender
    }
}
