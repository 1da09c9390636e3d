import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings

// What outlives the program.

extension HomeAgent {
    /// Takes over what the state file has, before nemonetd is asked: a machine that was switched off forwards again as soon
    /// as its programs run.
    func openState() {
        guard let path = settings.state else { return }
        let file = stateFile(path)
        state = file
        guard let octets = file.read() else { return }
        do throws(BindingSnapshotError) {
            let snapshot = try BindingSnapshot(decoding: octets)
            handle(.snapshotRestored(snapshot, wallClock: now))
            if snapshot.latestTime.isNewer(than: now) {
                log.warning("the clock went back: going by the time of the state file, which the nodes know")
                setClock(snapshot.latestTime)
            }
            log.notice("the state file has \(snapshot.bindings.count) bindings, of which \(machine.cache.count) hold")
        } catch {
            counters.count("state_file_damaged")
            log.warning("the state file \(path) cannot be used, going on without it: \(error.text)")
        }
    }

    /// Nodes that are taken into the state file before others have their turn: a few milliseconds.
    private static let nodesAtOnce = 5000

    func stateFile(_ path: String) -> StateFile {
        StateFile(
            path: path,
            advice: ("bindings do not outlive a restart now", "let had write there, or set home_agent.state = \"\""),
            loop: loop, log: log
        ) { [unowned self] in
            var writer = BindingSnapshotWriter(machine, wallClock: now, at: loop.now)
            return { [unowned self] in
                writer.take(Self.nodesAtOnce, from: machine)
                guard writer.isComplete else { return nil }
                let complete = writer
                return { complete.finish() }
            }
        }
    }
}

extension BindingSnapshotError {
    var text: String {
        switch self {
        case .notASnapshot: "it is no state file of had"
        case .version(let version): "version \(version) is of a newer had"
        case .truncated: "its end is missing"
        case .checksum: "its checksum is wrong"
        case .malformed: "it has a value that had does not write"
        }
    }
}
