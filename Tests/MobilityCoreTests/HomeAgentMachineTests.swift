import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite struct HomeAgentMachineTests {
    // MARK: Registration

    @Test("a registration is installed before it is acknowledged, through a type 2 routing header")
    func registers() {
        var agent = HomeAgentHarness()
        let actions = agent.handle(.messageReceived(agent.envelope(), wallClock: agent.time))
        let install = actions.firstIndex { if case .install = $0 { true } else { false } }
        let send = actions.firstIndex { if case .send = $0 { true } else { false } }
        #expect(install! < send!)
        let binding = agent.machine.cache[Sample.home]
        #expect(binding?.careOfAddress == Sample.cable.address)
        #expect(binding?.homeAgent == Sample.homeAgent)
        #expect(binding?.mode == .explicit)
        #expect(binding?.prefixes == [Sample.mobilePrefix])
        #expect(binding?.name == "bus-17")
        #expect(binding?.expiresAt == agent.now + .seconds(600))
        #expect(agent.sent[0].source == Sample.homeAgent)
        #expect(agent.sent[0].destination == Sample.cable.address)
        #expect(agent.sent[0].routingHeader == Sample.home)
        let answer = agent.lastAcknowledgement
        #expect(answer?.status == .accepted)
        #expect(answer?.mobileRouter == true)
        #expect(answer?.lifetime.seconds == 600)
        #expect(answer?.sequenceNumber == agent.sequenceNumber)
        #expect(agent.count(.bindingCreated) == 1)
        #expect(agent.count(.acknowledgementSent(.accepted)) == 1)
    }

    @Test("the acknowledgement is authenticated and repeats the timestamp")
    func authenticates() {
        var agent = HomeAgentHarness()
        let envelope = agent.envelope { $0.timestamp = Sample.wallClock + .seconds(2) }
        agent.deliver(envelope)
        #expect(agent.lastAcknowledgement?.options.messageIdentifier == Sample.wallClock + .seconds(2))
        let verdict = MobilityAuthentication.verify(
            agent.sent[0].message, careOfAddress: Sample.cable.address, homeAddress: Sample.home,
            association: Sample.association)
        #expect(verdict == .authentic)
    }

    @Test("without prefix options the prefixes are those of the configuration (implicit mode)")
    func implicit() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.prefixes = [] } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.mode == .implicit)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [Sample.mobilePrefix])
    }

    @Test("without the R flag only the home address is bound, and prefix options mean nothing")
    func host() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.mobileRouter) } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.mode == .host)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [])
        #expect(agent.lastAcknowledgement?.mobileRouter == false)
    }

    @Test("prefixes inside the authorised ones are accepted, once each; the refresh that leaves one out ends it")
    func explicit() {
        var agent = HomeAgentHarness()
        let first = IPv6Prefix(IPv6Address("2001:db8:10::")!, length: 64)
        let second = IPv6Prefix(IPv6Address("2001:db8:10:1::")!, length: 64)
        #expect(agent.update { $0.prefixes = [first, second, first] } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [first, second])
        #expect(agent.update { $0.prefixes = [second] } == .accepted)
        #expect(agent.installed.last?.prefixes == [second])
    }

    @Test("the alternate care-of address is the one that counts; the answer goes to where the message came from")
    func alternateCareOf() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.source = Sample.radio.address } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.careOfAddress == Sample.cable.address)
        #expect(agent.sent[0].destination == Sample.radio.address)
        #expect(agent.update { $0.withoutAlternate = true } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.careOfAddress == Sample.cable.address)
    }

    @Test("an acknowledgement is sent even where the A flag asks for none (RFC 6275 §10.3.1)")
    func withoutAcknowledgeFlag() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.acknowledge) } == .accepted)
    }

    // MARK: Lifetimes

    @Test("the lifetime is capped by the home agent, then by the node, and never zero")
    func lifetimes() {
        var agent = HomeAgentHarness(Sample.homeAgent(lifetime: .seconds(100)))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 100)
        var node = Sample.node()
        node.greatestLifetime = .seconds(50)
        agent = HomeAgentHarness(Sample.homeAgent(nodes: [node], lifetime: .seconds(100)))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 48)
        node.greatestLifetime = .seconds(1)
        agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 4)
        #expect(agent.machine.cache[Sample.home]?.lifetime == .seconds(4))
    }

    @Test("a binding that is not refreshed ends with its lifetime")
    func expiry() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.pass(.milliseconds(599_999))
        #expect(agent.removed.isEmpty)
        agent.pass(.milliseconds(1))
        #expect(agent.removed.map(\.reason) == [.expired])
        #expect(agent.machine.cache[Sample.home] == nil)
        #expect(agent.machine.nextDeadline == nil)
        #expect(agent.count(.bindingExpired) == 1)
    }

    @Test("a refresh moves the end, and what was planned for the old end does not happen")
    func refresh() {
        var agent = HomeAgentHarness()
        agent.update()
        for _ in 0..<5 {
            agent.pass(.seconds(400))
            #expect(agent.update() == .accepted)
        }
        #expect(agent.removed.isEmpty)
        #expect(agent.count(.bindingRefreshed) == 5)
        agent.pass(.seconds(600))
        #expect(agent.removed.count == 1)
    }

    @Test("a shorter lifetime brings the end forward")
    func shorter() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update { $0.lifetime = BindingLifetime(seconds: 20) }
        agent.pass(.seconds(20))
        #expect(agent.removed.count == 1)
    }

    // MARK: Movement

    @Test("the log has who registers, moves and leaves; where to is for debug alone")
    func movementInLog() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update()
        agent.update { $0.careOf = Sample.radio.address }
        agent.update { $0.lifetime = .zero }
        let lines = zip(agent.severities, agent.logs)
        #expect(
            lines.filter { $0.0 != .debug }.map(\.1) == [
                "bus-17 registered for 600 s", "bus-17 moved", "bus-17 de-registered",
            ])
        #expect(
            lines.filter { $0.0 == .debug }.map(\.1) == [
                "bus-17 is at \(Sample.cable.address)", "bus-17 is at \(Sample.radio.address)",
            ])
    }

    @Test("a node that moves keeps its former care-of address for a moment")
    func moves() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update { $0.careOf = Sample.radio.address }
        #expect(agent.count(.bindingMoved) == 1)
        #expect(agent.installed.last?.careOfAddress == Sample.radio.address)
        #expect(agent.installed.last?.formerCareOfAddresses.map(\.address) == [Sample.cable.address])
        agent.pass(Tunables.replacedCareOfAddressGrace - .milliseconds(1))
        #expect(agent.installed.count == 2)
        agent.pass(.milliseconds(1))
        #expect(agent.installed.count == 3)
        #expect(agent.installed.last?.formerCareOfAddresses == [])
        agent.pass(.seconds(599))
        #expect(agent.removed.count == 1)
    }

    @Test("a node that moves on and on keeps a few former addresses, never the one in use")
    func movesOften() {
        var agent = HomeAgentHarness()
        let places = (1...8).map { IPv6Address(high: 0x2001_0db8_00a1_0000, low: $0) } + [Sample.cable.address]
        for place in places + places {
            agent.update { $0.careOf = place }
            let formers = agent.installed.last?.formerCareOfAddresses.map(\.address) ?? []
            #expect(formers.count <= Tunables.standbyAddresses)
            #expect(!formers.contains(place))
        }
    }

    // MARK: De-registration

    @Test("a lifetime of zero ends the binding, whatever prefixes and R flag come with it", arguments: [true, false])
    func deregisters(isRouter: Bool) {
        var agent = HomeAgentHarness()
        agent.update()
        let status = agent.update {
            $0.lifetime = .zero
            $0.prefixes = [IPv6Prefix(IPv6Address("2001:db8:ff::")!, length: 48)]
            if !isRouter { $0.flags.remove(.mobileRouter) }
        }
        #expect(status == .accepted)
        #expect(agent.lastAcknowledgement?.lifetime == .zero)
        #expect(agent.removed.map(\.reason) == [.deregistered])
        #expect(agent.machine.cache.count == 0)
    }

    @Test("the home address as care-of address ends the binding, from home and without routing header")
    func returnsHome() {
        var agent = HomeAgentHarness()
        agent.update()
        let status = agent.update {
            $0.careOf = Sample.home
            $0.withoutHomeAddressOption = true
        }
        #expect(status == .accepted)
        #expect(agent.sent.last?.routingHeader == nil)
        #expect(agent.sent.last?.destination == Sample.home)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("there is nothing to de-register where nothing is bound (status 133); a repeated one is answered again")
    func deregistersTwice() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.lifetime = .zero } == .notHomeAgentForThisMobileNode)
        agent.update()
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.removed.count == 1)
        agent.pass(.seconds(10))
        #expect(agent.update { $0.lifetime = .zero } == .notHomeAgentForThisMobileNode)
    }

    @Test("a Binding Update that the de-registration overtook cannot bring the binding back")
    func overtaken() {
        for association in [Sample.association, Sample.sequenceOnly] {
            let node = Sample.node(authentication: .association(association))
            var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
            agent.update { $0.association = association }
            let late = agent.envelope { $0.association = association }
            agent.update {
                $0.association = association
                $0.lifetime = .zero
            }
            let status = agent.deliver(late)
            #expect(
                status == (association == Sample.association ? .mobilityIdentifierMismatch : .sequenceNumberOutOfWindow)
            )
            #expect(agent.machine.cache.count == 0)
        }
    }

    // MARK: Refusals

    @Test("a home address outside the home prefixes is refused with 132, an unknown one inside with 133")
    func notServed() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.home = IPv6Address("2001:db8:9::9")! } == .notHomeSubnet)
        #expect(agent.update { $0.home = Sample.otherHome } == .notHomeAgentForThisMobileNode)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.acceptedTimestamps.isEmpty)
    }

    @Test("without home prefixes this is no home agent (status 131)")
    func noHomeAgent() {
        var configuration = Sample.homeAgent()
        configuration.prefixes = []
        var agent = HomeAgentHarness(configuration)
        #expect(agent.update() == .homeRegistrationNotSupported)
    }

    @Test("a node that is locked out is refused with 129; it may still de-register")
    func prohibited() {
        var node = Sample.node()
        node.isProhibited = true
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        #expect(agent.update() == .administrativelyProhibited)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("the limit of bindings is met with 130, and does not concern who is registered already")
    func limitOfBindings() {
        var agent = HomeAgentHarness(
            Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)], bindings: 1))
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.home = Sample.otherHome } == .insufficientResources)
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.update { $0.home = Sample.otherHome } == .accepted)
    }

    @Test("a node that may not be a mobile router is refused with 140, and so is the R flag without the H flag")
    func noMobileRouter() {
        var node = Sample.node()
        node.mayBeMobileRouter = false
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        #expect(agent.update() == .mobileRouterOperationNotPermitted)
        agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.homeRegistration) } == .mobileRouterOperationNotPermitted)
    }

    @Test("prefixes that cannot be one, or too many of them, are refused with 141")
    func invalidPrefix() {
        var agent = HomeAgentHarness()
        for text in ["ff02::", "fe80::", "::"] {
            let prefix = IPv6Prefix(IPv6Address(text)!, length: 64)
            #expect(agent.update { $0.prefixes = [prefix] } == .invalidPrefix)
        }
        #expect(agent.update { $0.prefixes = [IPv6Prefix(.unspecified, length: 0)] } == .invalidPrefix)
        let many = (0...Tunables.prefixesPerBinding).map {
            IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000 + UInt64($0), low: 0), length: 64)
        }
        #expect(agent.update { $0.prefixes = many } == .invalidPrefix)
        #expect(agent.update { $0.prefixes = Array(many.dropFirst()) } == .notAuthorizedForPrefix)
        #expect(agent.update { $0.prefixes = Array(many.dropLast()) } == .accepted)
    }

    @Test("a prefix option that cannot be read is refused with 141, alone or beside good ones")
    func malformedPrefix() {
        var agent = HomeAgentHarness()
        let tooLong = MobilityOption.unknown(type: 6, data: [0, 129] + Sample.mobilePrefix.address.octets)
        let tooShort = MobilityOption.unknown(type: 6, data: [0, 64])
        for malformed in [tooLong, tooShort] {
            #expect(
                agent.update {
                    $0.prefixes = []
                    $0.options = [malformed]
                } == .invalidPrefix)
            #expect(agent.update { $0.options = [malformed] } == .invalidPrefix)
        }
        #expect(agent.machine.cache.count == 0)
    }

    @Test("one prefix beyond the authorised ones refuses all with 142, also a wider one")
    func unauthorizedPrefix() {
        var agent = HomeAgentHarness()
        let other = IPv6Prefix(IPv6Address("2001:db8:20::")!, length: 64)
        #expect(agent.update { $0.prefixes = [Sample.mobilePrefix, other] } == .notAuthorizedForPrefix)
        let wider = IPv6Prefix(Sample.mobilePrefix.address, length: 59)
        #expect(agent.update { $0.prefixes = [wider] } == .notAuthorizedForPrefix)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("implicit mode without configured prefixes is refused with 143")
    func forwardingSetupFailed() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(prefixes: [])]))
        #expect(agent.update { $0.prefixes = [] } == .forwardingSetupFailed)
    }

    @Test("a change between host and router, or of the H flag, is refused with 139 while the binding stands")
    func typeChange() {
        var agent = HomeAgentHarness()
        agent.update()
        #expect(agent.update { $0.flags.remove(.mobileRouter) } == .registrationTypeChangeDisallowed)
        #expect(agent.update { $0.flags = [.acknowledge] } == .registrationTypeChangeDisallowed)
        #expect(agent.machine.cache[Sample.home]?.mode == .explicit)
    }

    @Test(
        "care-of addresses that are no place to be reached are refused with 174",
        arguments: ["::", "::1", "fe80::1", "ff02::1", "2001:db8:1::1", "2001:db8:1::200", "2001:db8:10:1::1"])
    func invalidCareOf(text: String) {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)]))
        let status = agent.update {
            $0.careOf = IPv6Address(text)!
            $0.source = Sample.cable.address
        }
        #expect(status == .invalidCareOfAddress)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("a refusal leaves the binding that stands as it is")
    func refusalKeepsBinding() {
        var agent = HomeAgentHarness()
        agent.update()
        let before = agent.machine.cache[Sample.home]
        agent.update {
            $0.careOf = .loopback; $0.source = Sample.radio.address
        }
        agent.update { $0.prefixes = [Sample.homePrefix] }
        #expect(agent.machine.cache[Sample.home] == before)
        #expect(agent.installed.count == 1)
    }

    // MARK: Silence

    @Test("what is not a Binding Update for us is dropped without an answer, and counted by its reason")
    func dropped() {
        var agent = HomeAgentHarness()
        func sendsNothing(_ change: (inout HomeAgentHarness.Update) -> Void) -> Bool { agent.update(change) == nil }
        #expect(sendsNothing { $0.destination = Sample.stranger })
        #expect(agent.count(.destinationForeign) == 1)
        for source in [IPv6Address.unspecified, .allNodes, IPv6Address("fe80::9")!] {
            #expect(sendsNothing { $0.source = source })
        }
        #expect(agent.count(.sourceInvalid) == 3)
        #expect(sendsNothing { $0.home = .allNodes })
        #expect(
            sendsNothing {
                $0.withoutHomeAddressOption = true
                $0.source = Sample.radio.address
            })
        #expect(agent.count(.homeAddressInvalid) == 2)
        #expect(sendsNothing { $0.flags = [.acknowledge] })
        #expect(agent.count(.homeRegistrationMissing) == 1)
        #expect(sendsNothing { $0.options = [.nonceIndices(home: 1, careOf: 2)] })
        #expect(agent.count(.nonceIndicesUnexpected) == 1)
        agent.handle(
            .messageReceived(
                MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: [1, 2, 3]),
                wallClock: agent.time))
        #expect(agent.count(.messageMalformed) == 1)
        let unexpected = MobilityMessage.homeTestInit(cookie: 1, options: []).emit()
        agent.handle(
            .messageReceived(
                MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: unexpected),
                wallClock: agent.time))
        #expect(agent.count(.messageUnexpected) == 1)
        #expect(agent.sent.isEmpty)
        #expect(agent.machine.nextDeadline == nil)
    }

    @Test("a message of a type that nobody knows is answered with Binding Error 2")
    func unknownType() {
        var agent = HomeAgentHarness()
        let message = MobilityMessage.unknown(type: 99, data: [0, 0]).emit()
        agent.handle(
            .messageReceived(
                MobilityEnvelope(
                    source: Sample.cable.address, destination: Sample.homeAgent, homeAddressOption: Sample.home,
                    message: message), wallClock: agent.time))
        #expect(agent.count(.messageUnknown) == 1)
        #expect(agent.message(0) == .bindingError(status: 2, homeAddress: Sample.home, options: []))
    }

    @Test("a packet that misses its binding is answered with Binding Error 1, directly to its source")
    func bindingMissing() {
        var agent = HomeAgentHarness()
        agent.handle(
            .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.homeAgent))
        #expect(agent.sent[0].destination == Sample.cable.address)
        #expect(agent.sent[0].routingHeader == nil)
        #expect(agent.message(0) == .bindingError(status: 1, homeAddress: Sample.home, options: []))
        agent.handle(.bindingMissing(peer: .allNodes, homeAddress: Sample.home, agent: Sample.homeAgent))
        agent.handle(
            .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.stranger))
        #expect(agent.count(.bindingErrorSent) == 1)
        #expect(agent.count(.sourceInvalid) == 2)
    }

    @Test("answers to strangers are limited in number; the node with the key is always answered")
    func strangers() {
        var agent = HomeAgentHarness()
        for _ in 0..<1000 { agent.update { $0.home = Sample.otherHome } }
        #expect(agent.sent.count == Tunables.strangerAnswersBurst)
        #expect(agent.count(.answerSuppressed) == 1000 - Tunables.strangerAnswersBurst)
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.prefixes = [Sample.homePrefix] } == .notAuthorizedForPrefix)
        agent.pass(.seconds(1))
        let before = agent.sent.count
        for _ in 0..<1000 { agent.update { $0.home = Sample.otherHome } }
        #expect(agent.sent.count == before + Tunables.strangerAnswersPerSecond)
    }

    // MARK: Configuration, restart, people

    @Test("a node that is no longer configured loses its binding; the others keep theirs")
    func unconfigured() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)]))
        agent.update()
        agent.update { $0.home = Sample.otherHome }
        agent.handle(.configurationChanged(Sample.homeAgent()))
        #expect(agent.removed.map(\.binding.homeAddress) == [Sample.otherHome])
        #expect(agent.removed.map(\.reason) == [.unlisted])
        #expect(agent.count(.bindingUnconfigured) == 1)
        #expect(agent.machine.acceptedTimestamps.count == 1)
    }

    @Test("a configuration that takes away the prefix, the key, the address or the leave ends the binding")
    func noLongerAllowed() {
        var prohibited = Sample.node()
        prohibited.isProhibited = true
        var host = Sample.node()
        host.mayBeMobileRouter = false
        var moved = Sample.homeAgent()
        moved.addresses = [IPv6Address("2001:db8:1::2")!]
        var renumbered = Sample.homeAgent()
        renumbered.prefixes = [IPv6Prefix(IPv6Address("2001:db8:2::")!, length: 64)]
        let others = [
            Sample.homeAgent(nodes: [Sample.node(prefixes: [])]),
            Sample.homeAgent(nodes: [Sample.node(authentication: .none)]),
            Sample.homeAgent(nodes: [host]), moved, renumbered, Sample.homeAgent(nodes: [prohibited]),
        ]
        for (place, other) in others.enumerated() {
            var agent = HomeAgentHarness()
            agent.update()
            agent.handle(.configurationChanged(other))
            #expect(agent.removed.map(\.reason) == [place == others.count - 1 ? .prohibited : .unconfigured])
        }
    }

    @Test("a configuration that changes something else keeps the binding")
    func otherChange() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.configurationChanged(Sample.homeAgent(lifetime: .seconds(7))))
        #expect(agent.removed.isEmpty)
    }

    @Test("bindings from before a restart are installed again, and expire when they would have")
    func restored() {
        var before = HomeAgentHarness()
        before.update()
        let bindings = Array(before.machine.cache.bindings)
        var after = HomeAgentHarness()
        after.handle(.restored(bindings))
        #expect(after.installed == bindings)
        #expect(after.count(.bindingRestored) == 1)
        after.pass(.seconds(600))
        #expect(after.removed.map(\.reason) == [.expired])
    }

    @Test("what is over, not allowed or too many is not restored")
    func notRestored() {
        var before = HomeAgentHarness()
        before.update()
        var expired = before.machine.cache[Sample.home]!
        expired.expiresAt = before.now
        var stranger = before.machine.cache[Sample.home]!
        stranger.homeAddress = Sample.otherHome
        var after = HomeAgentHarness(Sample.homeAgent(bindings: 1))
        after.handle(.restored([expired, stranger]))
        #expect(after.installed.isEmpty)
        after = HomeAgentHarness(Sample.homeAgent(bindings: 0))
        after.handle(.restored(Array(before.machine.cache.bindings)))
        #expect(after.installed.isEmpty)
    }

    @Test("a binding can be taken away by hand, and come back with the next Binding Update")
    func revoked() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.revoke(homeAddress: Sample.home))
        #expect(agent.removed.map(\.reason) == [.revoked])
        #expect(agent.count(.bindingRevoked) == 1)
        agent.handle(.revoke(homeAddress: Sample.home))
        #expect(agent.removed.count == 1)
        #expect(agent.update() == .accepted)
    }

    @Test("what is forgotten by hand is not told as revoked")
    func forgotten() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.forget(homeAddress: Sample.home))
        #expect(agent.removed.map(\.reason) == [.forgotten])
        #expect(agent.update() == .accepted)
    }

    @Test("every start names the nodes that are believed without a key, and those that have none")
    func trust() {
        let nodes = [
            HomeNode(homeAddress: Sample.home, name: "open", authentication: .insecure),
            HomeNode(homeAddress: Sample.otherHome, name: "keyless"),
        ]
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.handle(.start)
        #expect(agent.logs.contains { $0.contains("insecure") && $0.contains("open") })
        #expect(agent.logs.contains { $0.contains("without a key") && $0.contains("keyless") })
        agent = HomeAgentHarness()
        agent.handle(.start)
        #expect(agent.logs.isEmpty)
    }

    @Test("a long list of names is cut")
    func manyNames() {
        let nodes = (0..<100).map {
            HomeNode(
                homeAddress: IPv6Address(high: Sample.home.high, low: 0x1000 + UInt64($0)), authentication: .insecure)
        }
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.handle(.start)
        #expect(agent.logs[0].contains("and 80 more"))
    }

    @Test("no line above debug tells a care-of address")
    func discretion() {
        var agent = HomeAgentHarness()
        var lines: [(Severity, String)] = []
        func note(_ actions: [HomeAgentMachine.Action]) {
            for case .log(let severity, let text) in actions { lines.append((severity, text)) }
        }
        note(agent.handle(.messageReceived(agent.envelope(), wallClock: agent.time)))
        note(agent.handle(.messageReceived(agent.envelope { $0.lifetime = .zero }, wallClock: agent.time)))
        #expect(!lines.isEmpty)
        #expect(!lines.contains { $0.0 != .debug && $0.1.contains("2001:db8:a1") })
    }
}
