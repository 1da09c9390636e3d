import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// UMIP's Binding Updates to home agents and the acknowledgements of its home agent, out of captures, given to these
/// machines as they came. What it sent in ESP stands among them without ESP.
@Suite("Another implementation's registration")
struct OtherImplementationRegistrationTests {
    /// A Binding Update to the home agent, and what UMIP's own home agent answered.
    struct Exchange {
        var name: String
        var folder: String
        var update: BindingUpdate
        var envelope: MobilityEnvelope
        var answer: BindingAcknowledgement?
        var answerEnvelope: MobilityEnvelope?

        var home: IPv6Address { envelope.homeAddressOption ?? envelope.source }
        var isAtHome: Bool { envelope.homeAddressOption == nil }
    }

    static let mobilePrefix = IPv6Prefix(IPv6Address("2001:db8:aa00::")!, length: 64)
    static let router = IPv6Address("2001:db8:1::beef")!
    static let host = IPv6Address("2001:db8:1::cafe")!

    static func envelope(_ packet: MobilityPacket) -> MobilityEnvelope {
        MobilityEnvelope(
            source: packet.source, destination: packet.destination, homeAddressOption: packet.homeAddressOption,
            routingHeader: packet.routingHeader, message: packet.message)
    }

    static let exchanges: [Exchange] = {
        var exchanges: [Exchange] = []
        var answers: [(folder: String, envelope: MobilityEnvelope, message: BindingAcknowledgement)] = []
        for (name, packet) in OtherImplementationDiscoveryTests.packets.sorted(by: { $0.key < $1.key })
        where packet.upperProtocol == .mobilityHeader {
            let folder = name.split(separator: "-").dropLast(2).joined(separator: "-")
            switch try? MobilityHeader.parse(packet.message.span.bytes) {
            case .bindingUpdate(let update)? where update.flags.contains(.homeRegistration):
                exchanges.append(Exchange(name: name, folder: folder, update: update, envelope: envelope(packet)))
            case .bindingAcknowledgement(let message)?: answers.append((folder, envelope(packet), message))
            default: break
            }
        }
        for index in exchanges.indices {
            let exchange = exchanges[index]
            let answer = answers.first {
                $0.folder == exchange.folder && $0.message.sequenceNumber == exchange.update.sequenceNumber
                    && $0.envelope.source == exchange.envelope.destination
                    && ($0.envelope.routingHeader ?? $0.envelope.destination) == exchange.home
            }
            exchanges[index].answer = answer?.message
            exchanges[index].answerEnvelope = answer?.envelope
        }
        return exchanges
    }()

    /// A home agent that asks no key of the nodes of the captures.
    static func agent() -> HomeAgentHarness {
        HomeAgentHarness(
            Sample.homeAgent(
                nodes: [
                    Sample.node(router, prefixes: [mobilePrefix], authentication: .insecure),
                    Sample.node(host, prefixes: [], authentication: .insecure),
                ], lifetime: .seconds(100_000)))
    }

    static func named(_ name: String) throws -> Exchange { try #require(exchanges.first { $0.name == name }) }

    @Test("there is one of every kind")
    func kinds() {
        #expect(Self.exchanges.count == 49)
        #expect(Set(Self.exchanges.map(\.folder)).count == 5)
        #expect(Self.exchanges.filter(\.isAtHome).count >= 5)
    }

    @Test("each of its Binding Updates gets the answer that its own home agent gave")
    func answers() throws {
        for exchange in Self.exchanges {
            var agent = Self.agent()
            if exchange.update.lifetime == .zero {
                // There has to be something that ends.
                let first = try #require(
                    Self.exchanges.first {
                        $0.home == exchange.home && $0.update.lifetime != .zero && $0.folder == exchange.folder
                            && exchange.update.sequenceNumber.isNewer(than: $0.update.sequenceNumber)
                    }, "\(exchange.name)")
                agent.deliver(first.envelope)
                #expect(agent.machine.cache[exchange.home] != nil)
            }
            #expect(agent.deliver(exchange.envelope) == .accepted, "\(exchange.name)")
            let ours = try #require(agent.lastAcknowledgement)
            #expect(ours.sequenceNumber == exchange.update.sequenceNumber, "\(exchange.name)")
            // It would register and de-register for ever without the R flag.
            #expect(ours.mobileRouter == exchange.update.flags.contains(.mobileRouter), "\(exchange.name)")
            #expect(ours.lifetime == exchange.update.lifetime, "\(exchange.name)")
            let envelope = try #require(agent.sent.last)
            #expect(envelope.source == exchange.envelope.destination)
            #expect(envelope.destination == exchange.envelope.source, "\(exchange.name)")
            #expect(envelope.routingHeader == exchange.envelope.homeAddressOption, "\(exchange.name)")
            if let theirs = exchange.answer {
                #expect(ours.status == theirs.status && ours.mobileRouter == theirs.mobileRouter, "\(exchange.name)")
                #expect(ours.lifetime == theirs.lifetime, "\(exchange.name)")
                #expect(envelope.routingHeader == exchange.answerEnvelope?.routingHeader, "\(exchange.name)")
            }
            guard exchange.update.lifetime != .zero else {
                #expect(agent.machine.cache[exchange.home] == nil, "\(exchange.name)")
                continue
            }
            let binding = try #require(agent.machine.cache[exchange.home], "\(exchange.name)")
            // Its Alternate Care-of Address is the address that it sends from.
            #expect(binding.careOfAddress == exchange.envelope.source, "\(exchange.name)")
            let isRouter = exchange.home == Self.router
            #expect(binding.prefixes == (isRouter ? [Self.mobilePrefix] : []), "\(exchange.name)")
            let mode: RegistrationConfiguration.Mode =
                isRouter ? (exchange.folder.hasPrefix("nemo-implicit") ? .implicit : .explicit) : .host
            #expect("\(binding.mode)" == "\(mode)", "\(exchange.name)")
        }
    }

    @Test("an older sequence number is refused with 135 and the last accepted one, from which it goes on")
    func sequenceNumbers() throws {
        var agent = Self.agent()
        let newer = try Self.named("nemo-explicit-bu-2")
        #expect(agent.deliver(newer.envelope) == .accepted)
        #expect(agent.deliver(try Self.named("nemo-explicit-bu-1").envelope) == .sequenceNumberOutOfWindow)
        #expect(agent.lastAcknowledgement?.sequenceNumber == newer.update.sequenceNumber)
        #expect(agent.deliver(try Self.named("nemo-explicit-bu-3").envelope) == .accepted)
    }

    @Test("a node that is not declared insecure gets no answer, for it has no key")
    func withoutKey() throws {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(Self.router, prefixes: [Self.mobilePrefix])]))
        agent.deliver(try Self.named("nemo-explicit-bu-1").envelope)
        #expect(agent.installed.isEmpty)
        #expect(agent.lastAcknowledgement?.status.isAccepted != true)
    }

    /// A registration whose next Binding Update is the one of the exchange.
    static func registration(_ exchange: Exchange, before: UInt16 = 1) -> RegistrationHarness {
        let isRouter = exchange.home == router
        let configuration = RegistrationConfiguration(
            homeAddress: exchange.home, homeAgent: exchange.envelope.destination,
            mode: isRouter ? (exchange.folder.hasPrefix("nemo-implicit") ? .implicit : .explicit) : .host,
            prefixes: isRouter ? [mobilePrefix] : [],
            lifetime: .seconds(Int64(max(exchange.update.lifetime.seconds, 60))))
        var harness = RegistrationHarness(configuration)
        harness.machine = RegistrationMachine(
            configuration, seed: 1,
            after: SequenceNumber(rawValue: exchange.update.sequenceNumber.rawValue &- before))
        harness.handle(.start(wallClock: harness.wallClock))
        harness.handle(
            .careOfAddressChanged(
                CareOf(address: exchange.envelope.source, interfaceIndex: 2), previousUsable: false))
        return harness
    }

    @Test("each of its acknowledgements is taken as the answer to the Binding Update that it answered")
    func acknowledgements() throws {
        var answered = 0
        for exchange in Self.exchanges where exchange.update.lifetime != .zero {
            guard let answer = exchange.answerEnvelope else { continue }
            var mobile = Self.registration(exchange)
            // What is sent is what its mobile node sent.
            #expect(mobile.lastUpdate.sequenceNumber == exchange.update.sequenceNumber)
            #expect(mobile.lastUpdate.flags == exchange.update.flags, "\(exchange.name)")
            #expect(mobile.lastUpdate.lifetime == exchange.update.lifetime, "\(exchange.name)")
            #expect(mobile.sent.last?.homeAddressOption == exchange.envelope.homeAddressOption)
            mobile.handle(.messageReceived(answer))
            #expect(mobile.machine.phase == .registered, "\(exchange.name)")
            #expect(mobile.plans.last?.active?.address == exchange.envelope.source, "\(exchange.name)")
            answered += 1
        }
        #expect(answered > 30)
    }

    @Test("its answer to the last Binding Update ends a mobile router's registration")
    func deregistration() throws {
        let last = try #require(
            Self.exchanges.first {
                $0.folder.hasPrefix("nemo-explicit") && $0.update.lifetime == .zero && !$0.isAtHome
            })
        let number = last.update.sequenceNumber.rawValue
        let before = try #require(
            Self.exchanges.first { $0.folder == last.folder && $0.update.sequenceNumber.rawValue == number - 1 })
        var mobile = Self.registration(before)
        mobile.handle(.messageReceived(try #require(before.answerEnvelope)))
        mobile.handle(.stop)
        #expect(mobile.lastUpdate.sequenceNumber.rawValue == number && mobile.lastUpdate.lifetime == .zero)
        mobile.handle(.messageReceived(try #require(last.answerEnvelope)))
        #expect(mobile.isFinished)
    }
}
