import Forwarding
import Logging
import Platform

/// The `engine` plane: the TUN device, and a worker for each direction.
final class Engine {
    let device: TunDevice
    var counters: EngineCounters { board.counters }
    private let board = EngineBoard()
    private var workers: [WorkerThread] = []

    /// Makes the device; packets flow after `start()`.
    init(device name: String) throws(PlatformError) { device = try TunDevice(name: name) }

    func start(log: Logger) throws(PlatformError) {
        guard let queue = device.queues.first else { return }
        let board = self.board
        workers.append(
            try WorkerThread(name: "tunnel-out") {
                Self.guarded(log, "sending into tunnels") { () throws(PlatformError) in
                    try OutboundWorker(queue: queue, board: board).run()
                }
            })
        workers.append(
            try WorkerThread(name: "tunnel-in") {
                Self.guarded(log, "receiving from tunnels") { () throws(PlatformError) in
                    try InboundWorker(queue: queue, board: board).run()
                }
            })
    }

    /// From the next batch on, packets go by `plan`.
    func publish(_ plan: EnginePlan) { board.publish(plan) }

    /// What packets go by now.
    var table: ForwardingTable { board.currentTable }

    /// Calls `body` in `loop` with packets that came through a tunnel without a binding.
    func watchOrphans(
        on loop: EventLoop, _ body: @escaping (EngineBoard.Orphan) -> Void
    ) throws(PlatformError) {
        board.listenForOrphans(
            try loop.makeWaker { [board] in for orphan in board.takeOrphans() { body(orphan) } })
    }

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
