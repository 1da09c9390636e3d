import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// The correspondent node: RFC 6275 §9.
@Suite struct CorrespondentMachineTests {
    typealias Harness = CorrespondentHarness

    // MARK: Return routability

    @Test("tests are answered to their source, with the cookie, and leave nothing behind")
    func tests() throws {
        var harness = Harness()
        let home = try harness.token(Sample.home, careOf: false)
        let careOf = try harness.token(Sample.cable.address, careOf: true)
        #expect(home.index == careOf.index)
        #expect(home.token != careOf.token)
        #expect(harness.machine.cache.storedCount == 0)
        // The same again: the answer is a function of the address.
        #expect(try harness.token(Sample.home, careOf: false).token == home.token)
        for envelope in harness.sent {
            #expect(envelope.source == Harness.address)
            #expect(envelope.routingHeader == nil && envelope.homeAddressOption == nil)
        }
    }

    @Test("a whole exchange costs two message authentication codes and no state, its Binding Update three and one")
    func cost() throws {
        var harness = Harness()
        _ = harness.test(Sample.home, careOf: false)
        _ = harness.test(Sample.cable.address, careOf: true)
        #expect(harness.machine.codesComputed == 2)
        #expect(harness.machine.cache.storedCount == 0)
        var envelope = harness.envelope()
        harness.machine.codesComputed = 0
        harness.deliver(envelope)
        #expect(harness.machine.codesComputed == 4)
        // A forgery costs three, an unknown index none.
        envelope.message[envelope.message.count - 1] ^= 1
        harness.machine.codesComputed = 0
        harness.deliver(envelope)
        #expect(harness.machine.codesComputed == 3)
        harness.machine.codesComputed = 0
        #expect(harness.update { $0.homeToken = .init(index: 7, token: .init(rawValue: 0)) } == .expiredHomeNonceIndex)
        #expect(harness.machine.codesComputed == 1, "the care-of test before it")
    }

    @Test("a test with a Home Address option is ignored", arguments: [true, false])
    func homeAddressOption(careOf: Bool) {
        var harness = Harness()
        harness.receive(
            careOf ? .careOfTestInit(cookie: 1, options: []) : .homeTestInit(cookie: 1, options: []),
            homeAddressOption: Sample.home)
        #expect(harness.sent.isEmpty)
        #expect(harness.count(.homeAddressOptionUnexpected) == 1)
    }

    @Test("no test is answered when there is no randomness, and all are when there is again")
    func starvation() {
        var harness = Harness()
        harness.hasRandomness = false
        #expect(harness.test(Sample.home, careOf: false) != nil)
        harness.pass(.seconds(240))
        #expect(harness.test(Sample.home, careOf: false) == nil)
        #expect(harness.count(.secretMissing) == 1)
        harness.hasRandomness = true
        #expect(harness.test(Sample.home, careOf: false) == nil)
        #expect(harness.test(Sample.home, careOf: false) != nil)
    }

    @Test("a machine that nobody asks anything does not wake up")
    func quiet() {
        var harness = Harness()
        #expect(harness.machine.nextDeadline == nil)
        _ = harness.test(Sample.home, careOf: false)
        #expect(harness.machine.nextDeadline == harness.now + .seconds(240))
        harness.pass(.seconds(240))
        #expect(harness.machine.nextDeadline == nil)
    }

    // MARK: Binding Updates

    @Test("an authorized Binding Update makes a binding, and its answer is authorized and routed by the home address")
    func registration() throws {
        var harness = Harness()
        #expect(harness.update() == .accepted)
        let binding = try #require(harness.binding())
        #expect(binding.careOfAddress == Sample.cable.address)
        #expect(binding.homeAgent == Harness.address)
        #expect(binding.lifetime == .seconds(420))
        #expect(binding.expiresAt == harness.now + .seconds(420))
        #expect(harness.installed == [binding])
        let answer = try #require(harness.sent.last)
        #expect(answer.destination == Sample.cable.address)
        #expect(answer.routingHeader == Sample.home)
        let key = try #require(harness.lastKey)
        #expect(key.verifies(answer.message, careOfAddress: Sample.cable.address, correspondent: Harness.address))
    }

    @Test("lifetimes are at most 420 s, what was asked for, and what the settings allow")
    func lifetimes() {
        var harness = Harness()
        harness.update { $0.lifetime = BindingLifetime(seconds: 100_000) }
        #expect(harness.binding()?.lifetime == .seconds(420))
        #expect(harness.lastAcknowledgement?.lifetime.seconds == 420)
        harness.update { $0.lifetime = BindingLifetime(seconds: 40) }
        #expect(harness.binding()?.lifetime == .seconds(40))
        harness = Harness(CorrespondentConfiguration(greatestLifetime: .seconds(60)))
        harness.update()
        #expect(harness.binding()?.lifetime == .seconds(60))
    }

    @Test("without the A flag an accepted Binding Update is not answered, a refused one is")
    func withoutAcknowledge() {
        var harness = Harness()
        #expect(harness.update { $0.flags = [] } == nil)
        #expect(harness.binding() != nil)
        let status = harness.update {
            $0.flags = []
            $0.sequenceNumber = SequenceNumber(rawValue: 65000)
        }
        #expect(status == .sequenceNumberOutOfWindow)
    }

    @Test("the K bit, the L bit and reserved ones mean nothing here, and none comes back")
    func ignoredFlags() throws {
        var harness = Harness()
        let flags = BindingUpdate.Flags(rawValue: 0xb93f)
        #expect(!flags.contains(.homeRegistration) && !flags.contains(.mobileRouter) && !flags.contains(.overwrite))
        #expect(harness.update { $0.flags = flags } == .accepted)
        #expect(harness.lastAcknowledgement?.keyManagementMobility == false)
        #expect(harness.lastAcknowledgement?.mobileRouter == false)
        let sent = try #require(harness.sent.last)
        // K, R and the six reserved bits (RFC 6275 §6.1.8).
        #expect(sent.message[7] == 0)
        #expect(harness.binding() != nil)
    }

    @Test("a hand-over moves the binding with the home token of before")
    func handover() throws {
        var harness = Harness()
        let home = try harness.token(Sample.home, careOf: false)
        #expect(harness.update { $0.homeToken = home } == .accepted)
        harness.pass(.seconds(100))
        let status = harness.update {
            $0.homeToken = home
            $0.careOf = Sample.radio.address
        }
        #expect(status == .accepted)
        #expect(harness.binding()?.careOfAddress == Sample.radio.address)
        #expect(harness.count(.bindingMoved) == 1)
        #expect(harness.machine.cache.count == 1)
    }

    @Test("the Alternate Care-of Address counts instead of the source")
    func alternate() {
        var harness = Harness()
        let status = harness.update {
            $0.source = Sample.radio.address
            $0.options = [.alternateCareOfAddress(Sample.cable.address)]
        }
        #expect(status == .accepted)
        #expect(harness.binding()?.careOfAddress == Sample.cable.address)
        #expect(harness.sent.last?.destination == Sample.radio.address)
        // Without a test of that address nothing is believed.
        let token = harness.test(Sample.radio.address, careOf: true)
        let forged = harness.update {
            $0.careOfToken = token
            $0.options = [.alternateCareOfAddress(Sample.cable.address)]
        }
        #expect(forged == nil)
        #expect(harness.count(.authorizationWrong) == 1)
    }

    @Test("expired or unknown nonces are refused with 136, 137 or 138, without authorization data")
    func nonces() throws {
        var harness = Harness()
        let home = try harness.token(Sample.home, careOf: false)
        let careOf = try harness.token(Sample.cable.address, careOf: true)
        harness.pass(.seconds(209))
        let both: (inout Harness.Update) -> Void = { ($0.homeToken, $0.careOfToken) = (home, careOf) }
        #expect(harness.update(both) == .accepted)
        harness.pass(.seconds(31))
        #expect(harness.update(both) == .expiredNonces)
        #expect(harness.update { $0.homeToken = home } == .expiredHomeNonceIndex)
        #expect(harness.update { $0.careOfToken = careOf } == .expiredCareOfNonceIndex)
        #expect(harness.lastAcknowledgement?.options == [])
        let deletion = harness.update {
            $0.homeToken = home
            $0.lifetime = .zero
        }
        #expect(deletion == .expiredHomeNonceIndex)
        #expect(harness.binding() != nil)
    }

    @Test("after a restart the nonces of before are unknown, so that the mobile node tests anew at once")
    func restart() throws {
        var harness = Harness()
        let home = try harness.token(Sample.home, careOf: false)
        let careOf = try harness.token(Sample.cable.address, careOf: true)
        let octets = [UInt8](repeating: 9, count: NodeSecret.octetCount - 2) + [0x12, 0x34]
        harness.machine = CorrespondentMachine(harness.machine.configuration, secret: try NodeSecret(octets))
        #expect(harness.update { ($0.homeToken, $0.careOfToken) = (home, careOf) } == .expiredNonces)
        #expect(harness.update() == .accepted)
    }

    @Test("bindings of before go on until they end; what refreshes them is tested anew, and goes on counting")
    func restored() throws {
        var first = Harness()
        first.update()
        let binding = try #require(first.binding())
        var harness = Harness()
        let octets = [UInt8](repeating: 9, count: NodeSecret.octetCount - 2) + [0x12, 0x34]
        harness.machine = CorrespondentMachine(harness.machine.configuration, secret: try NodeSecret(octets))
        #expect(harness.handle(.restored([binding])) == [.count(.bindingRestored)])
        #expect(harness.binding() == binding)
        // Told twice, or too late, it changes nothing.
        #expect(harness.handle(.restored([binding])).isEmpty)
        harness.handle(
            .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, correspondent: Harness.address))
        #expect(harness.count(.bindingErrorSent) == 0 && harness.installed == [binding])
        #expect(harness.update { $0.sequenceNumber = binding.sequenceNumber } == .sequenceNumberOutOfWindow)
        #expect(harness.update { $0.sequenceNumber = binding.sequenceNumber.next } == .accepted)
        harness.pass(.seconds(420))
        #expect(harness.binding() == nil && harness.removed.map(\.reason) == [.expired])
    }

    @Test("of the bindings of before none outlives 420 s, and those that the settings exclude end")
    func restoredWithin() throws {
        var first = Harness()
        first.update()
        var binding = try #require(first.binding())
        binding.expiresAt = first.now + .seconds(4000)
        var harness = Harness()
        harness.handle(.restored([binding]))
        #expect(harness.binding()?.expiresAt == harness.now + .seconds(420))
        harness.pass(.seconds(420))
        #expect(harness.machine.cache.storedCount == 0, "its nonces are gone, so nothing needs to be remembered")

        for configuration in [
            CorrespondentConfiguration(addresses: [Harness.address], prohibited: [Sample.homePrefix]),
            CorrespondentConfiguration(addresses: [Sample.stranger]),
            CorrespondentConfiguration(addresses: [Harness.address], greatestNumberOfBindings: 0),
        ] {
            var strict = Harness(configuration)
            strict.handle(.restored([binding]))
            #expect(strict.binding() == nil && strict.removed.map(\.reason) == [.unconfigured])
        }
        var late = Harness()
        binding.expiresAt = late.now
        #expect(late.handle(.restored([binding])).isEmpty)
    }

    enum Fault: CaseIterable {
        case unauthorized, withoutIndices, multicastHome, linkLocalCareOf, foreign, multicastSource, otherSource
    }

    @Test("what is not authorized is dropped in silence", arguments: Fault.allCases)
    func silence(fault: Fault) {
        var harness = Harness()
        let status = harness.update {
            switch fault {
            case .unauthorized: $0.withoutAuthorization = true
            case .withoutIndices: $0.withoutIndices = true
            case .multicastHome: $0.home = IPv6Address("ff02::1")!
            case .linkLocalCareOf: $0.options = [.alternateCareOfAddress(IPv6Address("fe80::1")!)]
            case .foreign: $0.destination = Sample.stranger
            case .multicastSource: $0.source = IPv6Address("ff02::1")!
            case .otherSource: $0.source = Sample.radio.address
            }
        }
        let counter: CorrespondentCounter =
            switch fault {
            case .unauthorized, .otherSource: .authorizationWrong
            case .withoutIndices: .nonceIndicesMissing
            case .multicastHome: .homeAddressInvalid
            case .linkLocalCareOf: .careOfAddressInvalid
            case .foreign: .destinationForeign
            case .multicastSource: .sourceInvalid
            }
        #expect(status == nil)
        #expect(harness.count(counter) > 0)
        #expect(harness.installed.isEmpty)
        #expect(harness.machine.cache.storedCount == 0)
    }

    @Test("another node's home token does not authorize")
    func otherHome() {
        var harness = Harness()
        let token = harness.test(Sample.otherHome, careOf: false)
        #expect(harness.update { $0.homeToken = token } == nil)
        #expect(harness.count(.authorizationWrong) == 1)
    }

    @Test("authorization data with something behind it is not believed")
    func trailingOption() throws {
        var harness = Harness()
        var envelope = harness.envelope()
        envelope.message += [1, 6, 0, 0, 0, 0, 0, 0]
        envelope.message[1] += 1
        #expect(harness.deliver(envelope) == nil)
        #expect(harness.count(.authorizationWrong) == 1)
    }

    @Test("old sequence numbers are refused with the last one, authorized")
    func sequenceNumbers() throws {
        var harness = Harness()
        harness.update { $0.sequenceNumber = SequenceNumber(rawValue: 15) }
        for number: UInt16 in [15, 14, 0, 65535, 32783] {
            let status = harness.update { $0.sequenceNumber = SequenceNumber(rawValue: number) }
            #expect(status == .sequenceNumberOutOfWindow, "\(number)")
            #expect(harness.lastAcknowledgement?.sequenceNumber.rawValue == 15)
            let answer = try #require(harness.sent.last).message
            let key = try #require(harness.lastKey)
            #expect(key.verifies(answer, careOfAddress: Sample.cable.address, correspondent: Harness.address))
        }
        #expect(harness.update { $0.sequenceNumber = SequenceNumber(rawValue: 32782) } == .accepted)
    }

    @Test("a home registration is refused with 131, or left to the home agent on the same node")
    func homeRegistration() {
        var harness = Harness()
        let update: (inout Harness.Update) -> Void = {
            $0.flags = [.acknowledge, .homeRegistration]
            $0.withoutIndices = true
            $0.withoutAuthorization = true
        }
        #expect(harness.update(update) == .homeRegistrationNotSupported)
        harness = Harness(CorrespondentConfiguration(hasHomeAgent: true))
        #expect(harness.update(update) == nil)
        #expect(harness.count(.homeRegistrationLeft) == 1)
    }

    @Test("care-of addresses that lead back are refused with 174, prohibited ones with 129")
    func careOfAddresses() {
        var harness = Harness(
            CorrespondentConfiguration(
                addresses: [Harness.address], prohibited: [IPv6Prefix(IPv6Address("2001:db8:a3::")!, length: 64)]))
        #expect(harness.update { $0.careOf = Sample.home } == .invalidCareOfAddress)
        #expect(harness.update { $0.careOf = Harness.address } == .invalidCareOfAddress)
        #expect(harness.update { $0.careOf = Sample.third.address } == .administrativelyProhibited)
        #expect(harness.installed.isEmpty)
    }

    // MARK: De-registration

    @Test("a de-registration needs the home token alone and ends the binding; from home it has no routing header")
    func deregistration() throws {
        var harness = Harness()
        harness.update()
        let status = harness.update {
            $0.lifetime = .zero
            $0.source = Sample.home
            $0.withoutHomeAddressOption = true
        }
        #expect(status == .accepted)
        #expect(harness.binding() == nil)
        #expect(harness.removed.map(\.reason) == [.deregistered])
        let answer = try #require(harness.sent.last)
        #expect(answer.destination == Sample.home && answer.routingHeader == nil)
        let key = try #require(harness.lastKey)
        #expect(key.verifies(answer.message, careOfAddress: Sample.home, correspondent: Harness.address))
        #expect(harness.lastAcknowledgement?.lifetime == .zero)
    }

    @Test("no Binding Update of before can be repeated, whatever ended the binding, as long as its nonces count")
    func repetition() throws {
        for end in 0..<3 {
            var harness = Harness()
            let old = harness.envelope { $0.lifetime = BindingLifetime(seconds: 8) }
            #expect(harness.deliver(old) == .accepted)
            switch end {
            case 0: harness.pass(.seconds(9))
            case 1: harness.update { $0.lifetime = .zero }
            default: harness.handle(.revoke(homeAddress: Sample.home))
            }
            #expect(harness.binding() == nil)
            while harness.now < Sample.start + .seconds(239) {
                #expect(harness.deliver(old) == .sequenceNumberOutOfWindow)
                harness.pass(.seconds(23))
            }
            harness.pass(.seconds(20))
            #expect(harness.deliver(old) == .expiredNonces)
            #expect(harness.machine.cache.storedCount == 0, "\(end)")
        }
    }

    @Test("a Binding Update that the de-registration overtook does not come into force")
    func overtaken() {
        var harness = Harness()
        let update = harness.envelope()
        harness.update { $0.lifetime = .zero }
        #expect(harness.deliver(update) == .sequenceNumberOutOfWindow)
        #expect(harness.binding() == nil)
    }

    // MARK: Time

    @Test("a binding ends with its lifetime")
    func expiry() {
        var harness = Harness()
        harness.update()
        harness.pass(.milliseconds(419_999))
        #expect(harness.binding() != nil)
        harness.pass(.milliseconds(1))
        #expect(harness.binding() == nil)
        #expect(harness.removed.map(\.reason) == [.expired])
        #expect(harness.count(.bindingRefreshRequestSent) == 0, "nobody used it")
        harness.pass(.seconds(600))
        #expect(harness.machine.nextDeadline == nil)
    }

    @Test("a binding in use asks to be refreshed, a few times, at the home address, and ends all the same")
    func refreshRequests() throws {
        var harness = Harness()
        harness.update()
        let before = harness.sent.count
        harness.pass(.seconds(389))
        harness.handle(.bindingUsed(homeAddress: Sample.home, correspondent: Harness.address))
        harness.pass(.seconds(31))
        let requests = harness.sent[before...]
        #expect(requests.count == Tunables.refreshRequests)
        for request in requests {
            #expect(request.destination == Sample.home && request.routingHeader == nil)
            #expect(harness.parse(request) == .bindingRefreshRequest(options: []))
        }
        #expect(harness.binding() == nil)
        #expect(harness.removed.map(\.reason) == [.expired])
    }

    @Test("a Binding Update ends the requests, and use within the last seconds starts them")
    func refreshedInTime() {
        var harness = Harness()
        harness.update()
        harness.pass(.seconds(400))
        #expect(harness.count(.bindingRefreshRequestSent) == 0)
        harness.handle(.bindingUsed(homeAddress: Sample.home, correspondent: Harness.address))
        #expect(harness.count(.bindingRefreshRequestSent) == 1)
        harness.update()
        harness.pass(.seconds(30))
        #expect(harness.count(.bindingRefreshRequestSent) == 1)
        #expect(harness.binding() != nil)
        #expect(harness.count(.bindingRefreshed) == 1)
    }

    // MARK: Binding Errors

    @Test("a Home Address option without its binding is answered with Binding Error 1, to the source")
    func unknownBinding() throws {
        var harness = Harness()
        harness.handle(
            .bindingMissing(
                peer: Sample.cable.address, homeAddress: Sample.home, correspondent: Harness.address))
        let error = try #require(harness.sent.last)
        #expect(error.destination == Sample.cable.address && error.source == Harness.address)
        #expect(harness.parse(error) == .bindingError(status: 1, homeAddress: Sample.home, options: []))
        // From a source that is not the binding's care-of address: the same.
        harness.update()
        harness.handle(
            .bindingMissing(
                peer: Sample.radio.address, homeAddress: Sample.home, correspondent: Harness.address))
        #expect(harness.count(.bindingErrorSent) == 2)
    }

    @Test("a binding that is in force is told again instead of denied")
    func repeatedBinding() {
        var harness = Harness()
        harness.update()
        harness.handle(
            .bindingMissing(
                peer: Sample.cable.address, homeAddress: Sample.home, correspondent: Harness.address))
        #expect(harness.count(.bindingErrorSent) == 0)
        #expect(harness.count(.bindingRepeated) == 1)
        #expect(harness.installed.count == 2)
    }

    @Test("an unknown message is answered with Binding Error 2, within a limit, and never to a group")
    func unknownMessage() throws {
        var harness = Harness()
        harness.receive(.unknown(type: 99, data: [0, 0]), homeAddressOption: Sample.home)
        #expect(
            harness.parse(try #require(harness.sent.last))
                == .bindingError(status: 2, homeAddress: Sample.home, options: []))
        harness.receive(.unknown(type: 99, data: [0, 0]))
        #expect(
            harness.parse(try #require(harness.sent.last))
                == .bindingError(status: 2, homeAddress: .unspecified, options: []))
        let sent = harness.sent.count
        harness.receive(.unknown(type: 99, data: [0, 0]), from: IPv6Address("ff02::1")!)
        #expect(harness.sent.count == sent)
        for _ in 0..<1000 { harness.receive(.unknown(type: 99, data: [0, 0])) }
        #expect(harness.count(.bindingErrorSent) == Tunables.strangerAnswersBurst)
        #expect(harness.count(.answerSuppressed) == 1002 - Tunables.strangerAnswersBurst)
    }

    // MARK: Settings

    @Test("new settings end what they no longer allow, and revoking ends what a person names")
    func settings() {
        var harness = Harness()
        harness.update()
        harness.update { $0.home = Sample.otherHome }
        harness.handle(.revoke(homeAddress: Sample.otherHome))
        var configuration = harness.machine.configuration
        configuration.prohibited = [Sample.homePrefix]
        harness.handle(.configurationChanged(configuration))
        #expect(harness.removed.map(\.reason) == [.revoked, .unconfigured])
        #expect(harness.machine.cache.count == 0)
        #expect(harness.update() == .administrativelyProhibited)
    }

    @Test("the nonce interval of the settings is the one in use")
    func nonceInterval() {
        var harness = Harness(CorrespondentConfiguration(nonceInterval: .seconds(5)))
        let first = harness.test(Sample.home, careOf: false)
        harness.pass(.seconds(5))
        #expect(harness.test(Sample.home, careOf: false)?.index != first?.index)
        #expect(CorrespondentConfiguration(nonceInterval: .seconds(9999)).effectiveNonceInterval == .seconds(120))
        #expect(CorrespondentConfiguration(nonceInterval: .zero).effectiveNonceInterval == .seconds(1))
    }

    @Test("each address of ours has its own bindings")
    func addresses() {
        var harness = Harness(CorrespondentConfiguration())
        harness.update()
        #expect(
            harness.machine.cache[.init(correspondent: Sample.stranger, homeAddress: Sample.home)] == nil)
    }

    @Test("addresses of nodes are in no line above debug")
    func privacy() {
        var harness = Harness()
        harness.update()
        harness.update { $0.lifetime = .zero }
        for line in harness.logs where line.text.contains(Sample.cable.address.description) {
            #expect(line.severity == .debug || line.severity == .trace)
        }
    }
}
