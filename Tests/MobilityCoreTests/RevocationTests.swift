import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Binding revocation on both sides (RFC 5846) and Home Agent Switch (RFC 5142).
@Suite struct RevocationTests {
    static let binding = PrefixDiscoveryTests.binding

    struct Agent {
        var machine = RevocationMachine(wallClock: Sample.wallClock, at: Sample.start, seed: 5)
        var now = Sample.start
        var sent: [(at: Instant, envelope: MobilityEnvelope)] = []
        var ended: [RevocationMachine.Outcome] = []
        var counts: [RevocationCounter: Int] = [:]

        mutating func handle(_ event: RevocationMachine.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append((now, envelope))
                case .ended(_, let outcome): ended.append(outcome)
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        static func revoking(_ trigger: RevocationTrigger = .administrativeReason) -> Agent {
            var agent = Agent()
            agent.handle(.revoke(binding, trigger, Sample.association))
            return agent
        }

        var indication: BindingRevocationIndication? {
            guard let octets = sent.last?.envelope.message,
                case .bindingRevocationIndication(let value)? = try? MobilityHeader.parse(octets.span.bytes)
            else { return nil }
            return value
        }

        mutating func acknowledge(
            _ status: RevocationStatus = .success, association: MobilitySecurityAssociation? = Sample.association,
            _ change: (inout BindingRevocationAcknowledgement, inout MobilityEnvelope) -> Void = { _, _ in }
        ) {
            guard let indication else { return }
            var acknowledgement = BindingRevocationAcknowledgement(
                status: status, sequenceNumber: indication.sequenceNumber,
                options: indication.options.filter {
                    if case .messageIdentifier = $0 { true } else { false }
                })
            var envelope = MobilityEnvelope(
                source: Sample.cable.address, destination: Sample.homeAgent, homeAddressOption: Sample.home, message: []
            )
            change(&acknowledgement, &envelope)
            let message = MobilityMessage.bindingRevocationAcknowledgement(acknowledgement)
            envelope.message =
                association.map {
                    MobilityAuthentication.seal(
                        message, careOfAddress: envelope.source, homeAddress: Sample.home, association: $0)
                } ?? message.emit()
            handle(.messageReceived(envelope))
        }
    }

    struct Mobile {
        var machine = HomeAgentNotices(
            .init(homeAddress: Sample.home, homeAgents: [Sample.homeAgent], securityAssociation: Sample.association))
        var time = Sample.wallClock
        var sent: [MobilityEnvelope] = []
        var revoked: [RevocationTrigger] = []
        var identifiers: [[UInt16]] = []
        var switched: [[IPv6Address]] = []
        var remaining: [Instant.Span?] = []
        var counts: [RevocationCounter: Int] = [:]

        init(bound: Bool = true) { if bound { handle(.bound(Sample.homeAgent)) } }

        mutating func handle(_ event: HomeAgentNotices.Event) {
            for action in machine.handle(event) {
                switch action {
                case .send(let envelope): sent.append(envelope)
                case .revoked(let trigger, let identifiers):
                    revoked.append(trigger)
                    self.identifiers.append(identifiers)
                case .switchHomeAgent(let addresses, let remaining):
                    switched.append(addresses)
                    self.remaining.append(remaining)
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
        }

        mutating func receive(_ envelope: MobilityEnvelope) { handle(.messageReceived(envelope, homeAgentTime: time)) }

        /// Something that the home agent says, sealed.
        mutating func hear(
            _ message: MobilityMessage, association: MobilitySecurityAssociation? = Sample.association,
            offset: Instant.Span = .zero, _ change: (inout MobilityEnvelope) -> Void = { _ in }
        ) {
            var message = message
            time = time + .milliseconds(10)
            message.options.append(.messageIdentifier(timestamp: (time + offset).rawValue))
            var envelope = MobilityEnvelope(
                source: Sample.homeAgent, destination: Sample.cable.address, routingHeader: Sample.home, message: [])
            envelope.message =
                association.map {
                    MobilityAuthentication.seal(
                        message, careOfAddress: envelope.destination, homeAddress: Sample.home, association: $0)
                } ?? message.emit()
            change(&envelope)
            receive(envelope)
        }

        mutating func revoke(
            _ trigger: RevocationTrigger = .administrativeReason, flags: BindingRevocationFlags = [],
            options: [MobilityOption] = [], association: MobilitySecurityAssociation? = Sample.association,
            offset: Instant.Span = .zero, _ change: (inout MobilityEnvelope) -> Void = { _ in }
        ) {
            hear(
                .bindingRevocationIndication(
                    BindingRevocationIndication(
                        trigger: trigger, sequenceNumber: SequenceNumber(rawValue: 7), flags: flags, options: options)),
                association: association, offset: offset, change)
        }

        var status: RevocationStatus? {
            guard let octets = sent.last?.message,
                case .bindingRevocationAcknowledgement(let value)? = try? MobilityHeader.parse(octets.span.bytes)
            else { return nil }
            return value.status
        }
    }

    // MARK: The home agent

    @Test("the indication goes to the care-of address by routing header, authenticated, and once more a second later")
    func sent() throws {
        var agent = Agent.revoking()
        let envelope = try #require(agent.sent.first?.envelope)
        #expect(envelope.source == Sample.homeAgent)
        #expect(envelope.destination == Sample.cable.address)
        #expect(envelope.routingHeader == Sample.home)
        #expect(agent.indication?.trigger == .administrativeReason)
        #expect(
            MobilityAuthentication.verify(
                envelope.message, careOfAddress: Sample.cable.address, homeAddress: Sample.home,
                association: Sample.association) == .authentic)
        let number = agent.indication?.sequenceNumber
        agent.pass(.seconds(1))
        #expect(agent.sent.count == 2)
        #expect(agent.indication?.sequenceNumber == number)
        #expect(agent.ended.isEmpty)
        agent.pass(.seconds(2))
        #expect(agent.ended == [.unanswered])
        #expect(agent.machine.nextDeadline == nil || agent.machine.homeAddresses.isEmpty)
    }

    @Test("the time-out doubles up to its limit, as often as the settings say")
    func timeouts() {
        var agent = Agent()
        agent.machine = RevocationMachine(
            .init(initialTimeout: .milliseconds(100), greatestTimeout: .seconds(4), retransmissions: 5),
            wallClock: Sample.wallClock, at: Sample.start, seed: 1)
        agent.handle(.revoke(Self.binding, .unspecified, Sample.association))
        agent.pass(.seconds(60))
        // Half a second at least.
        #expect(agent.sent.map { ($0.at - Sample.start).seconds } == [0, 0.5, 1.5, 3.5, 7.5, 11.5])
    }

    @Test(
        "an acknowledgement ends it, a refusal does so too",
        arguments: [
            (RevocationStatus.success, RevocationMachine.Outcome.acknowledged), (.partialSuccess, .acknowledged),
            (.bindingDoesNotExist, .refused(.bindingDoesNotExist)), (.unknown(200), .refused(.unknown(200))),
        ])
    func acknowledged(status: RevocationStatus, outcome: RevocationMachine.Outcome) {
        var agent = Agent.revoking()
        agent.acknowledge(status)
        #expect(agent.ended == [outcome])
        #expect(outcome.endsBinding)
        agent.pass(.seconds(10))
        #expect(agent.sent.count == 1)
    }

    @Test("acknowledgements that are not the node's, or not to this indication, are dropped")
    func dropped() {
        var agent = Agent.revoking()
        agent.acknowledge(association: nil)
        agent.acknowledge(association: Sample.association(Sample.otherKey))
        agent.acknowledge { acknowledgement, _ in acknowledgement.sequenceNumber = acknowledgement.sequenceNumber.next }
        agent.acknowledge { acknowledgement, _ in acknowledgement.options = [] }
        agent.acknowledge { acknowledgement, _ in acknowledgement.options = [.messageIdentifier(timestamp: 1)] }
        agent.acknowledge { _, envelope in envelope.homeAddressOption = Sample.otherHome }
        agent.acknowledge { _, envelope in envelope.destination = Sample.stranger }
        #expect(agent.ended.isEmpty)
        #expect(agent.counts[.messageUnauthenticated] == 2)
        #expect(agent.counts[.revocationAcknowledgementUnmatched] == 3)
        #expect(agent.counts[.messageForeign] == 2)
    }

    @Test("an acknowledgement of the first of two transmissions counts")
    func lateAnswer() {
        var agent = Agent.revoking()
        let first = agent.sent[0]
        agent.pass(.seconds(1))
        agent.sent.append(first)
        agent.acknowledge()
        #expect(agent.ended == [.acknowledged])
    }

    @Test("a node without a key hears nothing, and its binding ends")
    func unprotected() {
        var agent = Agent()
        agent.handle(.revoke(Self.binding, .administrativeReason, nil))
        #expect(agent.sent.isEmpty)
        #expect(agent.ended == [.unprotected])
    }

    @Test("a Binding Update that is accepted meanwhile keeps the binding; one that ended it otherwise ends this")
    func races() {
        var agent = Agent.revoking(.possibleOutOfSync)
        agent.handle(.bindingUpdated(homeAddress: Sample.home))
        #expect(agent.ended == [.superseded])
        #expect(agent.ended.first?.endsBinding == false)
        agent = .revoking()
        agent.handle(.bindingRemoved(homeAddress: Sample.home))
        agent.pass(.seconds(10))
        #expect(agent.ended.isEmpty)
        #expect(agent.sent.count == 1)
    }

    @Test("thousands take their turn, with sequence numbers of their own")
    func many() {
        var agent = Agent()
        for number in 0..<UInt64(1000) {
            var binding = Self.binding
            binding.homeAddress = IPv6Address(high: Sample.home.high, low: number + 1)
            agent.handle(.revoke(binding, .administrativeReason, Sample.association))
        }
        #expect(agent.sent.count == Tunables.openRevocations)
        #expect(Set(agent.sent.map(\.envelope.routingHeader)).count == Tunables.openRevocations)
        agent.pass(.seconds(60))
        #expect(agent.ended.count == 1000)
        #expect(agent.sent.count == 2000)
    }

    // MARK: The mobile node

    @Test("an authentic indication ends the binding and is acknowledged with success and the Home Address option")
    func revoked() throws {
        var mobile = Mobile()
        mobile.revoke()
        #expect(mobile.revoked == [.administrativeReason])
        #expect(mobile.status == .success)
        let answer = try #require(mobile.sent.first)
        #expect(answer.homeAddressOption == Sample.home)
        #expect(answer.source == Sample.cable.address)
        #expect(answer.destination == Sample.homeAgent)
        #expect(
            MobilityAuthentication.verify(
                answer.message, careOfAddress: Sample.cable.address, homeAddress: Sample.home,
                association: Sample.association) == .authentic)
    }

    @Test("a repeated one is acknowledged again and does nothing else")
    func repeatedIndication() {
        var mobile = Mobile()
        var envelopes: [MobilityEnvelope] = []
        mobile.revoke { envelopes.append($0) }
        mobile.receive(envelopes[0])
        #expect(mobile.sent.count == 2)
        #expect(mobile.sent[0] == mobile.sent[1])
        // Sent again with a new timestamp, as our home agent does.
        mobile.revoke()
        #expect(mobile.sent.count == 3)
        #expect(mobile.status == .success)
        #expect(mobile.revoked.count == 1)
        mobile.receive(envelopes[0])
        #expect(mobile.sent.count == 3)
    }

    @Test("what is not authentic, old, foreign or without routing header is not believed")
    func disbelieved() {
        var mobile = Mobile()
        mobile.revoke(association: nil)
        mobile.revoke(association: Sample.association(Sample.otherKey))
        mobile.revoke(offset: .seconds(-20))
        mobile.revoke(offset: .seconds(20))
        mobile.revoke { $0.source = Sample.stranger }
        mobile.revoke { $0.routingHeader = nil }
        mobile.revoke { $0.routingHeader = Sample.otherHome }
        mobile.revoke { $0.destination = Sample.radio.address }
        #expect(mobile.revoked.isEmpty)
        #expect(mobile.sent.isEmpty)
        #expect(mobile.counts[.messageUnauthenticated] == 3)
        #expect(mobile.counts[.messageRepeated] == 2)
        #expect(mobile.counts[.messageForeign] == 3)
        mobile = Mobile(bound: false)
        mobile.revoke()
        #expect(mobile.sent.isEmpty)
        mobile = Mobile()
        mobile.handle(
            .configurationChanged(
                .init(homeAddress: Sample.home, homeAgents: [Sample.homeAgent], securityAssociation: nil)))
        mobile.revoke()
        #expect(mobile.revoked.isEmpty)
    }

    @Test(
        "each kind of indication has its status",
        arguments: [
            (RevocationTrigger.unspecified, [], false, RevocationStatus.success),
            (.userInitiatedSessionTermination, [], false, .success),
            (.accessNetworkSessionTermination, [], false, .success),
            (.possibleOutOfSync, [], false, .success), (.handoverUnknown, [], false, .triggerNotSupported),
            (.unknown(99), [], false, .triggerNotSupported),
            (
                .administrativeReason, .proxyBinding, false,
                .proxyBindingRevocationNotSupported
            ), (.administrativeReason, .global, false, .functionNotSupported),
            (.perPeerPolicy, [], false, .functionNotSupported),
            (.administrativeReason, .ipv4HomeAddressOnly, false, .ipv4HomeAddressOptionRequired),
            (.administrativeReason, .ipv4HomeAddressOnly, true, .bindingDoesNotExist),
        ] as [(RevocationTrigger, BindingRevocationFlags, Bool, RevocationStatus)])
    func statuses(
        trigger: RevocationTrigger, flags: BindingRevocationFlags, hasIPv4: Bool, status: RevocationStatus
    ) {
        var mobile = Mobile()
        mobile.revoke(trigger, flags: flags, options: hasIPv4 ? [.unknown(type: 29, data: [0, 0, 10, 0, 0, 1])] : [])
        #expect(mobile.status == status)
        #expect(mobile.revoked.isEmpty == !status.isSuccess)
    }

    @Test("binding identifiers name the bindings that end")
    func identifiers() {
        var mobile = Mobile()
        mobile.revoke(options: [
            .bindingIdentifier(BindingIdentifierOption(identifier: 3)),
            .bindingIdentifier(BindingIdentifierOption(identifier: 4)),
        ])
        #expect(mobile.identifiers == [[3, 4]])
        mobile.revoke()
        #expect(mobile.identifiers == [[3, 4], []])
    }

    @Test("the registration begins anew at once, or slowly after an administrative reason")
    func registration() {
        var harness = RegistrationHarness.registered()
        harness.handle(.bindingRevoked(.possibleOutOfSync))
        #expect(harness.machine.phase == .refused)
        #expect(harness.plans.last == TunnelPlan.none)
        harness.pass(.seconds(2))
        #expect(harness.machine.phase == .registering)
        harness = .registered()
        harness.handle(.bindingRevoked(.administrativeReason))
        harness.pass(.seconds(30))
        #expect(harness.machine.phase == .refused)
        harness = .registering()
        harness.handle(.bindingRevoked(.possibleOutOfSync))
        #expect(harness.machine.phase == .registering)
    }

    @Test("unanswered Binding Updates are counted until one is answered")
    func unanswered() {
        var harness = RegistrationHarness.registering()
        #expect(harness.machine.unansweredUpdates == 0)
        harness.pass(.milliseconds(1500))
        #expect(harness.machine.unansweredUpdates == 1)
        harness.pass(.seconds(9))
        #expect(harness.machine.unansweredUpdates == 3)
        harness.acknowledge()
        #expect(harness.machine.unansweredUpdates == 0)
        #expect(harness.machine.homeAgentTime(at: harness.now) != nil)
    }

    // MARK: Home Agent Switch

    @Test("a switch names the home agents to go to, and how long this one stays")
    func switched() {
        var mobile = Mobile()
        mobile.hear(
            .homeAgentSwitch(
                HomeAgentSwitch(
                    addresses: [HomeLinkSample.secondAgent, .allNodes],
                    options: [.bindingRefreshAdvice(interval: BindingLifetime(seconds: 60))])))
        #expect(mobile.switched == [[HomeLinkSample.secondAgent]])
        #expect(mobile.remaining == [.seconds(60)])
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch()))
        #expect(mobile.switched.last == [])
    }

    @Test(
        "nobody without the key, nor an old message, sends a node away; another home agent may call it to itself only")
    func notSwitched() {
        var mobile = Mobile()
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch()), association: nil)
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch()), offset: .seconds(-30))
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch())) { $0.source = Sample.stranger }
        #expect(mobile.switched.isEmpty)
        mobile.handle(.bound(HomeLinkSample.secondAgent))
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch(addresses: [HomeLinkSample.thirdAgent])))
        #expect(mobile.switched.isEmpty)
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch(addresses: [Sample.homeAgent])))
        #expect(mobile.switched == [[Sample.homeAgent]])
    }

    struct Switcher {
        var machine = HomeAgentSwitcher(wallClock: Sample.wallClock, at: Sample.start, seed: 1)
        var now = Sample.start
        var sent: [(at: Instant, envelope: MobilityEnvelope)] = []
        var finished: [(left: Int, stayed: Int)] = []
        var counts: [RevocationCounter: Int] = [:]

        mutating func handle(_ event: HomeAgentSwitcher.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append((now, envelope))
                case .finished(let left, let stayed): finished.append((left, stayed))
                case .count(let counter): counts[counter, default: 0] += 1
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        static func targets(_ count: UInt64) -> [HomeAgentSwitcher.Target] {
            (0..<count).map { number in
                var target = HomeAgentSwitcher.Target(binding: binding, association: Sample.association)
                target.binding.homeAddress = IPv6Address(high: Sample.home.high, low: Sample.home.low + number)
                return target
            }
        }

        var times: [Double] { sent.map { ($0.at - Sample.start).seconds } }
    }

    @Test("one node a second is told; one that does not go hears of it 5 and 15 seconds later")
    func switcher() {
        var agent = Switcher()
        agent.handle(
            .begin(
                Switcher.targets(3), alternatives: [HomeLinkSample.secondAgent, Sample.homeAgent], remaining: nil))
        agent.pass(.seconds(60))
        #expect(agent.times == [0, 1, 2, 5, 6, 7, 15, 16, 17])
        #expect(agent.finished.map(\.stayed) == [3])
        #expect(agent.machine.nextDeadline == nil)
        var mobile = Mobile()
        mobile.receive(agent.sent[0].envelope)
        #expect(mobile.switched == [[HomeLinkSample.secondAgent]])
    }

    @Test("a node that de-registers hears no more, one that does not understand is left in peace")
    func followed() {
        var agent = Switcher()
        agent.handle(.begin(Switcher.targets(2), alternatives: [], remaining: .seconds(4)))
        agent.pass(.seconds(1))
        agent.handle(.bindingRemoved(homeAddress: Sample.home))
        agent.handle(.notUnderstood(homeAddress: Switcher.targets(2)[1].binding.homeAddress))
        agent.pass(.seconds(60))
        #expect(agent.sent.count == 2)
        #expect(agent.finished.map(\.left) == [1])
        #expect(agent.finished.map(\.stayed) == [1])
    }

    @Test("what remains of the service is said, and repetitions wait half of it at most")
    func remaining() {
        var agent = Switcher()
        agent.handle(.begin(Switcher.targets(1), alternatives: [], remaining: .seconds(8)))
        agent.pass(.seconds(4))
        #expect(agent.times == [0, 4])
        var mobile = Mobile()
        mobile.receive(agent.sent[0].envelope)
        #expect(mobile.remaining == [.seconds(8)])
        agent.handle(.cancel)
        agent.pass(.seconds(60))
        #expect(agent.sent.count == 2)
        #expect(agent.machine.nextDeadline == nil)
    }

    // MARK: Both ends

    @Test(
        "a revocation ends on both sides over a network that loses and repeats",
        arguments: 1...60 as ClosedRange<UInt64>)
    func lossy(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var agent = Agent()
        agent.machine = RevocationMachine(
            .init(retransmissions: 20), wallClock: Sample.wallClock, at: Sample.start, seed: seed)
        var mobile = Mobile()
        agent.handle(.revoke(Self.binding, .possibleOutOfSync, Sample.association))
        var (toMobile, toAgent) = (0, 0)
        for _ in 0..<600 {
            mobile.time = Sample.wallClock + (agent.now - Sample.start)
            while toMobile < agent.sent.count {
                let envelope = agent.sent[toMobile].envelope
                toMobile += 1
                for _ in 0..<Int.random(in: 0...2, using: &random) { mobile.receive(envelope) }
            }
            while toAgent < mobile.sent.count {
                let envelope = mobile.sent[toAgent]
                toAgent += 1
                for _ in 0..<Int.random(in: 0...2, using: &random) { agent.handle(.messageReceived(envelope)) }
            }
            agent.pass(.milliseconds(100))
        }
        #expect(agent.ended == [.acknowledged])
        #expect(mobile.revoked == [.possibleOutOfSync])
    }

    @Test("damaged messages do nothing", arguments: 1...5 as ClosedRange<UInt64>)
    func hostile(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var mobile = Mobile()
        var agent = Agent.revoking()
        for _ in 0..<1000 {
            let damage = { (envelope: inout MobilityEnvelope) in
                let whole = envelope.message
                repeat {
                    envelope.message = HostileInputTests.mutate(whole, &random)
                } while envelope.message.count >= whole.count && envelope.message[..<4] == whole[..<4]
                    && envelope.message[6..<whole.count] == whole[6...]
            }
            mobile.revoke(.possibleOutOfSync, damage)
            mobile.hear(.homeAgentSwitch(HomeAgentSwitch(addresses: [Sample.stranger])), damage)
            var envelope = MobilityEnvelope(
                source: Sample.cable.address, destination: Sample.homeAgent, homeAddressOption: Sample.home,
                message: mobile.sent.last?.message ?? agent.sent[0].envelope.message)
            damage(&envelope)
            agent.handle(.messageReceived(envelope))
        }
        #expect(mobile.revoked.isEmpty)
        #expect(mobile.switched.isEmpty)
        #expect(agent.ended.isEmpty)
    }
}
