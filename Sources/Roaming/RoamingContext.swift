import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Wiring

/// What everything that belongs to one mobile node shares.
final class RoamingContext {
    let loop: EventLoop
    let client: MobilitySocketClient
    let counters: CounterPublisher
    let log: Logger
    /// The name of the interface with an index.
    var interfaceName: (UInt32) -> String = { _ in "" }
    /// Which flow takes which way, whatever home address it has.
    var flows: [FlowPolicy] = []

    init(loop: EventLoop, client: MobilitySocketClient, log: Logger) {
        self.loop = loop
        self.client = client
        self.log = log
        counters = CounterPublisher(
            loop: loop, client: client, names: RegistrationCounter.allCases.map(\.rawValue) + ["uplink_changed"])
    }

    /// A number that nobody can guess.
    static func seed() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// Sends ICMPv6. What does not leave, as when the uplink has just gone, is repeated by its own timer.
    func send(_ envelope: ICMPv6Envelope) {
        client.send(.icmpSend(ICMPv6Datagram(envelope))) { [log] refusal in
            if let refusal { log.debug("an ICMPv6 message was not sent: \(refusal)") }
        }
    }

    func log(_ severity: Severity, _ text: String) { log.log(level: Logger.Level(severity), "\(text)") }

    /// Tells monitors what happened: a stable name and a sentence.
    func publish(_ name: String, _ detail: String) {
        client.send(
            .event(EventRecord(time: loop.now, program: client.hello.role.program, event: name, detail: detail)))
    }
}
