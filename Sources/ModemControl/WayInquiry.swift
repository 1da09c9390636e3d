import Console
import Logging
import MobilitySocket
import Platform

/// Asks nemonetd what mrd has found of uplinks by its probes: a monitor on the mobility socket, which does without it. By the
/// same connection nemonetd hears that shisamodem runs, and what it tells of itself.
final class WayInquiry {
    private let client: MobilitySocketClient
    private let log: Logger

    init(loop: EventLoop, socket: String, log: Logger) {
        self.log = log
        client = MobilitySocketClient(
            loop: loop, path: socket,
            hello: Hello(
                role: .monitor, processIdentifier: ProcessIdentity.processIdentifier,
                name: ProgramDescription.shisamodem.name))
        client.onUnreachable = { log.info("what probes say of uplinks is not known: \($0)") }
        client.onRefused = { log.warning("nemonetd refused: \($0)") }
    }

    func start() { client.start() }

    func stop() { client.stop() }

    func publish(_ event: String, _ detail: String) { client.tell(event, detail) { [log] in log.info("\($0)") } }

    /// Calls `answer` with whether the uplink leads anywhere, soon, unless the connection goes meanwhile.
    func ask(_ interface: String, answer: @escaping (Bool?) -> Void) {
        guard client.isConnected else { return answer(nil) }
        client.dump(.programStates) { answer(Self.leads(interface, (try? $0.get()) ?? [])) }
    }

    /// What the states of the programs say of an uplink; nil where nobody probes it, or nothing has come of that yet.
    static func leads(_ interface: String, _ messages: [MobilitySocketMessage]) -> Bool? {
        for case .programState(let state) in messages {
            switch state.choice?.uplinks.first(where: { $0.name == interface })?.health {
            case .up?: return true
            case .down?: return false
            case .unmonitored?, .believed?, .unproven?, nil: continue
            }
        }
        return nil
    }
}
