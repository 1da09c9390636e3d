import Forwarding
import Logging
import Platform
import Settings

/// The `engine` plane: the TUN device, and workers for each direction. A flow has one worker in each, so that its packets
/// keep their order.
final class Engine {
    let device: TunDevice
    private var board = EngineBoard()
    private var workers: [WorkerThread] = []
    private var plan = EnginePlan.empty
    private var newsWaker: Waker?
    /// What workers counted that have ended.
    private var ended: (dropped: [DropReason: UInt64], suppressed: UInt64, refused: UInt64) = ([:], 0, 0)

    /// Makes the device; packets flow after `start()`.
    ///
    /// - Parameter workers: how many for each direction; nil for one a processor altogether.
    init(device name: String, workers: Int?) throws(PlatformError) {
        let suitable = min(max(1, WorkerThread.processors / 2), Int(EngineSettings.greatestWorkers))
        device = try TunDevice(name: name, queues: workers ?? suitable)
    }

    /// Whether packets are taken from the device and from the tunnels.
    var isRunning: Bool { !workers.isEmpty }

    /// Begins to forward, for the first time or again. When it returns, what comes in is taken.
    func start(log: Logger) throws(PlatformError) {
        if board.isStopping { renewBoard() }
        let board = self.board
        let takesDatagrams = device.offload.contains(.udp)
        let group = device.queues.count > 1 ? PacketSocketGroup() : nil
        // In the order of the queues: the kernel chooses among sockets and queues by the same hash of the flow, so that
        // both directions of one have the same number. Otherwise the device would lead a flow to another queue when its
        // first answer was written there, and what waits in the former one would be overtaken.
        var receivers: [PacketSocketReceiver] = []
        for _ in device.queues { receivers.append(try InboundWorker.makeReceiver(group)) }
        for (number, queue) in device.queues.enumerated() {
            let suffix = group == nil ? "" : "-\(number)"
            // From here on the thread alone has it.
            nonisolated(unsafe) let receiver = receivers[number]
            workers.append(
                try WorkerThread(name: "tunnel-out\(suffix)") {
                    Self.guarded(log, "sending into tunnels") { () throws(PlatformError) in
                        try OutboundWorker(queue: queue, board: board).run()
                    }
                })
            workers.append(
                try WorkerThread(name: "tunnel-in\(suffix)") {
                    Self.guarded(log, "receiving from tunnels") { () throws(PlatformError) in
                        try InboundWorker(
                            queue: queue, receiver: receiver, joiningDatagrams: takesDatagrams, board: board
                        ).run()
                    }
                })
        }
    }

    /// From the next batch on, packets go by `plan`.
    func publish(_ plan: EnginePlan) {
        self.plan = plan
        board.publish(plan)
    }

    /// How many packets were stopped for this reason.
    func dropped(_ reason: DropReason) -> UInt64 {
        ended.dropped[reason, default: 0] + board.counters.value(of: reason)
    }

    /// How many errors were not sent, because there were too many.
    var suppressedErrors: UInt64 { ended.suppressed + board.counters.suppressedErrors }

    /// What packets go by now.
    var table: ForwardingTable { board.currentTable }

    /// Calls `body` in `loop` with what the workers have to tell.
    func watch(on loop: EventLoop, _ body: @escaping (EngineBoard.News) -> Void) throws(PlatformError) {
        let waker = try loop.makeWaker { [unowned self] in body(board.takeNews()) }
        newsWaker = waker
        board.listenForNews(waker)
    }

    /// Workers that were told to stop look at theirs no more.
    private func renewBoard() {
        for reason in DropReason.allCases { ended.dropped[reason, default: 0] += board.counters.value(of: reason) }
        ended.suppressed += board.counters.suppressedErrors
        ended.refused += board.refusedUses
        board = EngineBoard()
        board.publish(plan)
        if let newsWaker { board.listenForNews(newsWaker) }
    }

    /// How many uses of routes were not told of, for there were too many.
    var refusedUses: UInt64 { ended.refused + board.refusedUses }

    /// Hands a whole packet to the kernel, as if it had come in.
    ///
    /// - Returns: whether the kernel took it.
    func deliver(_ packet: [UInt8]) -> Bool {
        guard let queue = device.queues.first else { return false }
        let frame = [UInt8](repeating: 0, count: VirtioNetHeader.size) + packet
        return frame.withUnsafeBytes { queue.write($0) } == .written
    }

    /// Ends forwarding; the device stays.
    func stop() {
        board.stop()
        for worker in workers { worker.join() }
        workers = []
    }

    /// A worker that cannot go on takes the program with it: init starts it anew, and nothing is worse than a router
    /// that looks alive and forwards nothing.
    private static func guarded(
        _ log: Logger, _ work: String, _ body: () throws(PlatformError) -> Void
    ) {
        do throws(PlatformError) {
            try body()
        } catch {
            log.critical("\(work) ended: \(error)")
            ExitStatus.operatingSystem.exit()
        }
    }
}
