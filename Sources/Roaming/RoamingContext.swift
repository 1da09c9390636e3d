public import Logging
public import MobilityCore
public import MobilitySocket
import MobilityWire
public import Platform
import Wiring

/// What everything that belongs to one mobile node shares.
public final class RoamingContext {
    public let loop: EventLoop
    public let client: MobilitySocketClient
    public let counters: CounterPublisher
    public let log: Logger
    /// The name of the interface with an index.
    public internal(set) var interfaceName: (UInt32) -> String = { _ in "" }
    /// To be called when something may look different to people.
    public internal(set) var noteState: () -> Void = {}
    /// Which flow takes which way, whatever home address it has.
    var flows: [FlowPolicy] = []
    /// Which ways share what no flow takes.
    var shares: [UplinkShare] = []

    /// - Parameter furtherCounters: names of counters besides those of registrations, told of from the beginning.
    init(loop: EventLoop, client: MobilitySocketClient, furtherCounters: [String], log: Logger) {
        self.loop = loop
        self.client = client
        self.log = log
        counters = CounterPublisher(
            loop: loop, client: client,
            names: RegistrationCounter.allCases.map(\.rawValue) + ["uplink_changed"]
                + PathChooser.counterNames + furtherCounters)
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

    public func log(_ severity: Severity, _ text: String) { log.log(level: LogLevel(severity), text) }

    /// Tells monitors what happened: a stable name and a sentence, and the uplink where it is about one.
    public func publish(_ name: String, _ detail: String, uplink: String = "") {
        client.send(
            .event(
                EventRecord(
                    time: loop.now, program: client.hello.role.program, event: name, detail: detail, uplink: uplink)))
    }
}
