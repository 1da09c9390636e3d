import Glibc
import Simulation

/// Worlds one after the other, on some processors, until enough was simulated or something was violated.
struct Campaign: Sendable {
    var simulation: Simulation
    var size: WorldSize
    var sabotage: Sabotage?
    var jobs = 2
    /// Until so many node-hours are simulated.
    var nodeHours: Int64?
    /// Until so many seconds of the clock on the wall are over.
    var seconds: Int64?

    private let began = ContinuousClock.now
    private static let progressInterval = Duration.seconds(10)

    init(simulation: Simulation, size: WorldSize, sabotage: Sabotage?) {
        self.simulation = simulation
        self.size = size
        self.sabotage = sabotage
    }

    private var elapsed: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    private var isOver: Bool { seconds.map { elapsed >= Double($0) } ?? false }

    /// Runs one world again.
    ///
    /// - Returns: whether all held.
    func replay(_ worldSeed: UInt64) -> Bool {
        let outcome = Simulation.run(worldSeed: worldSeed, size: size, sabotage: sabotage)
        report(outcome)
        summarize(outcome.statistics, worlds: 1)
        print("digest \(String(outcome.digest, radix: 16))")
        return outcome.violation == nil
    }

    /// - Returns: whether all held.
    func run() async -> Bool {
        print("simulating with SEED=\(simulation.seed)")
        fflush(nil)
        let (simulation, size, sabotage) = (simulation, size, sabotage)
        var (next, worlds, failures) = (0, 0, 0)
        var statistics = Statistics()
        var toldAt = ContinuousClock.now
        let wanted = nodeHours.map(Double.init) ?? .infinity
        await withTaskGroup(of: Simulation.Outcome.self) { group in
            func begin() {
                let worldSeed = simulation.worldSeed(next)
                next += 1
                group.addTask {
                    Simulation.run(worldSeed: worldSeed, size: size, sabotage: sabotage) { !isOver }
                }
            }
            for _ in 0..<max(1, jobs) { begin() }
            for await outcome in group {
                worlds += 1
                statistics += outcome.statistics
                if outcome.violation != nil {
                    failures += 1
                    report(outcome)
                }
                if ContinuousClock.now - toldAt >= Self.progressInterval {
                    toldAt = .now
                    let rate = statistics.nodeHours / elapsed
                    print("\(Int(statistics.nodeHours)) node-hours, \(Int(rate)) a second, after \(Int(elapsed)) s")
                    fflush(nil)
                }
                // What the others have begun still counts.
                let begun = statistics.nodeHours + Double(next - worlds) * outcome.statistics.nodeHours
                if failures == 0, !isOver, begun < wanted { begin() }
            }
        }
        summarize(statistics, worlds: worlds)
        return failures == 0
    }

    // MARK: Telling

    private func report(_ outcome: Simulation.Outcome) {
        guard let violation = outcome.violation else { return }
        print("\nVIOLATED: \(violation.invariant.rawValue)")
        print("world \(violation.worldSeed), loss \(outcome.lossPerThousand) of 1000")
        print("node \(violation.node) at \(WorldTimeText(violation.time)): \(violation.detail)")
        print("\nthe last events of node \(violation.node):")
        for line in outcome.story { print("  \(line)") }
        var command = "make simulate WORLD_SEED=\(violation.worldSeed)"
        var more: [String] = []
        if size.nodes != WorldSize.standard.nodes { more.append("--nodes \(size.nodes)") }
        if size.cycles != WorldSize.standard.cycles { more.append("--cycles \(size.cycles)") }
        if size.drives != WorldSize.standard.drives { more.append("--drives \(size.drives)") }
        if let sabotage { more.append("--sabotage \(sabotage.rawValue)") }
        if !more.isEmpty { command += " MORE='\(more.joined(separator: " "))'" }
        print("\nReplay exactly this with: \(command)\n")
    }

    private func summarize(_ statistics: Statistics, worlds: Int) {
        let hours = statistics.nodeHours
        print(
            "\(Int(hours)) node-hours in \(worlds) worlds, \(Int(elapsed)) s, \(Int(hours / elapsed)) node-hours a second"
        )
        print(
            "\(statistics.messages) messages, \(statistics.lost) lost at random; \(statistics.moves) moves; "
                + "\(statistics.faults) faults; \(statistics.attacks) attacks")
        print(
            "\(statistics.probes) packets judged, \(statistics.excused) of them when nobody could have carried them, "
                + "\(statistics.staleInterceptions) caught by a home agent that was left; "
                + "\(statistics.converged) times a node in order after a calm")
        let drives = statistics.drives
        if drives.nodeTime > 0 {
            print(
                "\(drives.nodeTime / 3_600_000) of the node-hours on drives: \(drives.changes) changes of the uplink, at most "
                    + "\(drives.voluntaryChangesInAMinute) voluntary ones a minute; \(drives.probes) probes; "
                    + "\(drives.detections.count) times on a dead link, median \(drives.median) ms, longest \(drives.longest) ms, "
                    + "\(drives.longestMetered) ms where it is metered, with what it had to wait for")
        }
        print("how long packets were lost after:")
        for outage in statistics.outages + [statistics.routeOutages] where outage.count > 0 {
            let mean = Double(outage.sum / Int64(outage.count)) / 1000
            print(
                "  \(outage.cause): \(outage.count) times, \(mean) s on average, \(Double(outage.longest) / 1000) s at most"
            )
        }
    }
}

/// Hours, minutes, seconds.
private struct WorldTimeText: CustomStringConvertible {
    let description: String

    init(_ milliseconds: Int64) {
        let seconds = milliseconds / 1000
        description = "\(seconds / 3600) h \(seconds / 60 % 60) min \(seconds % 60).\(milliseconds % 1000) s"
    }
}
