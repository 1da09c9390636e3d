import MobilityWire
import Testing

@testable import MobilityCore

@Suite struct RegistrationMachineTests {
    // MARK: Binding Updates

    @Test("the first Binding Update carries what the RFCs ask for")
    func firstUpdate() {
        let harness = RegistrationHarness.registering()
        #expect(harness.sent.count == 1)
        #expect(harness.sent[0].source == Sample.cable.address)
        #expect(harness.sent[0].destination == Sample.homeAgent)
        #expect(harness.sent[0].homeAddressOption == Sample.home)
        #expect(harness.sent[0].interfaceIndex == Sample.cable.interfaceIndex)
        let update = harness.lastUpdate
        #expect(update.flags == [.acknowledge, .homeRegistration, .mobileRouter])
        #expect(update.lifetime.seconds == 600)
        #expect(update.options.alternateCareOfAddress == Sample.cable.address)
        #expect(update.options.mobileNetworkPrefixes == [Sample.mobilePrefix])
        #expect(update.options.messageIdentifier?.isClose(to: Sample.wallClock, within: .seconds(1)) == true)
        #expect(update.options.hasAuthentication)
        #expect(harness.plans.isEmpty, "no tunnel before the home agent accepts")
    }

    @Test("in implicit mode no prefix is named; a host sets no R flag")
    func modes() {
        let implicit = RegistrationHarness.registering(Sample.registration(mode: .implicit)).lastUpdate
        #expect(implicit.options.mobileNetworkPrefixes.isEmpty)
        #expect(implicit.flags.contains(.mobileRouter))
        let host = RegistrationHarness.registering(Sample.registration(mode: .host)).lastUpdate
        #expect(!host.flags.contains(.mobileRouter))
        #expect(host.options.mobileNetworkPrefixes.isEmpty)
    }

    @Test("without a security association nothing authenticates, and a warning says so")
    func insecure() {
        let harness = RegistrationHarness.registering(Sample.registration(association: nil))
        #expect(!harness.lastUpdate.options.hasAuthentication)
        #expect(harness.lastUpdate.options.messageIdentifier == nil)
        #expect(harness.logs.contains { $0.contains("without authentication") })
    }

    @Test("a lifetime is never sent as zero, however short the configuration's")
    func shortestLifetime() {
        let harness = RegistrationHarness.registering(Sample.registration(lifetime: .seconds(1)))
        #expect(harness.lastUpdate.lifetime.seconds == 4)
    }

    @Test("a first registration is repeated after 1.5, 3, 6, 12, 24, 32, 32 s, each with a new sequence number")
    func backOff() {
        var harness = RegistrationHarness.registering()
        var times = [harness.now]
        for _ in 0..<7 {
            harness.passToDeadline()
            times.append(harness.now)
        }
        let gaps = zip(times.dropFirst(), times).map { ($0 - $1).milliseconds }
        #expect(gaps == [1500, 3000, 6000, 12_000, 24_000, 32_000, 32_000])
        let numbers = harness.updates.map(\.sequenceNumber)
        #expect(zip(numbers.dropFirst(), numbers).allSatisfy { $0 == $1.next })
        #expect(harness.count(.bindingUpdateRetransmitted) == 7)
    }

    @Test("a refresh is repeated after 1, 2, 4 s")
    func backOffOfRefresh() {
        var harness = RegistrationHarness.registered()
        harness.passToDeadline()
        var times = [harness.now]
        for _ in 0..<3 {
            harness.passToDeadline()
            times.append(harness.now)
        }
        #expect(zip(times.dropFirst(), times).map { ($0 - $1).milliseconds } == [1000, 2000, 4000])
    }

    @Test("timestamps grow with each Binding Update, even within one millisecond")
    func timestampsGrow() {
        var harness = RegistrationHarness.registering()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
        let stamps = harness.updates.compactMap(\.options.messageIdentifier)
        #expect(stamps.count == 3)
        #expect(zip(stamps.dropFirst(), stamps).allSatisfy { $0.isNewer(than: $1) })
    }

    @Test("no more than three Binding Updates leave within a second, and the last state gets through")
    func updateRate() {
        var harness = RegistrationHarness.registering()
        for round in 0..<10 {
            harness.handle(
                .careOfAddressChanged(round.isMultiple(of: 2) ? Sample.radio : Sample.cable, previousUsable: false))
        }
        #expect(harness.sent.count == 3)
        #expect(harness.count(.bindingUpdateDeferred) > 0)
        harness.pass(.seconds(1))
        #expect(harness.sent.count == 4)
        #expect(harness.sent.last?.source == Sample.cable.address)
    }

    // MARK: Acceptance

    @Test("an acceptance brings up the tunnel and adopts the granted lifetime, counted from the sending")
    func accepted() {
        var harness = RegistrationHarness.registering()
        let sentAt = harness.now
        harness.pass(.milliseconds(300))
        harness.acknowledge { $0.lifetime = BindingLifetime(seconds: 120) }
        #expect(harness.plans == [TunnelPlan(active: Sample.cable)])
        let registration = harness.machine.registration
        #expect(registration.state == .registered)
        #expect(registration.status == .accepted)
        #expect(registration.lifetime == .seconds(120))
        #expect(registration.expiresAt == sentAt + .seconds(120))
    }

    @Test("a lifetime longer than the one asked for is not believed")
    func longerLifetime() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.lifetime = BindingLifetime(seconds: 6000) }
        #expect(harness.machine.registration.lifetime == .seconds(600))
    }

    @Test("a lifetime of zero is a refusal")
    func zeroLifetime() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.lifetime = .zero }
        #expect(harness.machine.phase == .refused)
        #expect(harness.plans.isEmpty)
    }

    @Test("an acceptance that took longer than its lifetime is of no use")
    func tooLate() {
        var harness = RegistrationHarness.registering(Sample.registration(lifetime: .seconds(4)))
        harness.pass(.seconds(8))
        harness.acknowledge { $0.index = 0 }
        #expect(harness.machine.phase == .registering)
        #expect(harness.plans.isEmpty)
    }

    @Test("the acceptance of an earlier transmission counts as well")
    func earlierTransmission() {
        var harness = RegistrationHarness.registering()
        let sentAt = harness.now
        harness.pass(.seconds(2))
        #expect(harness.sent.count == 2)
        harness.acknowledge { $0.index = 0 }
        #expect(harness.machine.registration.expiresAt == sentAt + .seconds(600))
        harness.acknowledge { $0.index = 1 }
        #expect(harness.machine.registration.expiresAt == sentAt + .milliseconds(601_500))
        harness.acknowledge { $0.index = 0 }
        #expect(harness.count(.acknowledgementUnmatched) == 1)
    }

    @Test("a status below 128 accepts, also one that nobody knows", arguments: [1, 4, 5, 77] as [UInt8])
    func otherAcceptances(code: UInt8) {
        var harness = RegistrationHarness.registering()
        harness.refuse(BindingStatus(rawValue: code))
        #expect(harness.machine.phase == .registered)
        #expect(harness.plans.last?.active == Sample.cable)
    }

    @Test("a home agent that leaves the R flag out is no NEMO home agent: de-registered, and tried again slowly")
    func homeAgentWithoutMobileRouters() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.isMobileRouter = false }
        #expect(harness.plans.isEmpty)
        #expect(harness.lastUpdate.lifetime == .zero)
        #expect(harness.count(.homeAgentWithoutMobileRouters) == 1)
        harness.acknowledge()
        #expect(harness.machine.phase == .refused)
        let wait = harness.machine.nextDeadline! - harness.now
        #expect(wait > .seconds(50) && wait <= .seconds(60))
    }

    @Test("a host does not mind the R flag missing")
    func hostWithoutFlag() {
        let harness = RegistrationHarness.registered(Sample.registration(mode: .host))
        #expect(harness.machine.phase == .registered)
    }

    // MARK: Refresh and expiry

    @Test("a refresh comes at five to six eighths of the granted lifetime, and not always at the same point")
    func refreshTime() {
        var waits: Set<Int64> = []
        for seed in 0..<50 as Range<UInt64> {
            var harness = RegistrationHarness(seed: seed)
            harness.handle(.start(wallClock: harness.wallClock))
            harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
            harness.acknowledge { $0.lifetime = BindingLifetime(seconds: 160) }
            let wait = harness.machine.nextDeadline! - harness.now
            #expect(wait >= .seconds(100) && wait <= .seconds(120))
            waits.insert(wait.milliseconds)
        }
        #expect(waits.count > 40)
    }

    @Test("Binding Refresh Advice brings the refresh forward, but not below a second")
    func refreshAdvice() {
        var harness = RegistrationHarness.registering()
        harness.acknowledge { $0.options = [.bindingRefreshAdvice(interval: BindingLifetime(seconds: 40))] }
        #expect(harness.machine.nextDeadline == harness.now + .seconds(40))
        harness = .registering()
        harness.acknowledge { $0.options = [.bindingRefreshAdvice(interval: .zero)] }
        #expect(harness.machine.nextDeadline == harness.now + .seconds(1))
    }

    @Test("a refresh leaves the tunnel alone, and so does its acceptance")
    func refreshIsQuiet() {
        var harness = RegistrationHarness.registered()
        for _ in 0..<10 {
            harness.passToDeadline()
            #expect(harness.machine.phase == .updating)
            #expect(harness.machine.registration.state == .registered)
            harness.pass(.milliseconds(30))
            harness.acknowledge()
        }
        #expect(harness.plans == [TunnelPlan(active: Sample.cable)])
        #expect(harness.updates.count == 11)
    }

    @Test("without an answer forwarding goes on until the granted lifetime is over, and the asking goes on after that")
    func expiry() {
        var harness = RegistrationHarness.registered()
        let end = harness.machine.registration.expiresAt!
        harness.pass(end - harness.now - .milliseconds(1))
        #expect(harness.plans == [TunnelPlan(active: Sample.cable)])
        harness.pass(.milliseconds(1))
        #expect(harness.plans.last == TunnelPlan.none)
        #expect(harness.count(.registrationExpired) == 1)
        #expect(harness.machine.registration.state == .registering)
        let before = harness.sent.count
        harness.pass(.seconds(70))
        #expect(harness.sent.count >= before + 2)
        harness.acknowledge()
        #expect(harness.plans.last == TunnelPlan(active: Sample.cable))
    }

    // MARK: Hints

    @Test("a Binding Error of the home agent brings the next Binding Update at once, and leaves the tunnel alone")
    func bindingError() {
        var harness = RegistrationHarness.registered()
        harness.pass(.seconds(5))
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        #expect(harness.sent.count == 2)
        #expect(harness.count(.bindingErrorReceived) == 1)
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        #expect(harness.sent.count == 2, "one is on its way already")
        #expect(harness.plans == [TunnelPlan(active: Sample.cable)])
    }

    @Test("Binding Errors of others, for others, of another status, or just after an answer do nothing")
    func bindingErrorIgnored() {
        var harness = RegistrationHarness.registered()
        let good = MobilityMessage.bindingError(status: 1, homeAddress: Sample.home, options: [])
        harness.receive(good)
        harness.pass(.seconds(5))
        harness.receive(good, from: Sample.stranger)
        harness.receive(.bindingError(status: 2, homeAddress: Sample.home, options: []))
        harness.receive(.bindingError(status: 1, homeAddress: Sample.otherHome, options: []))
        #expect(harness.sent.count == 1)
        #expect(harness.count(.bindingErrorIgnored) == 4)
    }

    @Test("a Binding Refresh Request of the home agent is followed; a stranger's is not")
    func refreshRequest() {
        var harness = RegistrationHarness.registered()
        harness.pass(.seconds(5))
        harness.receive(.bindingRefreshRequest(options: []), from: Sample.stranger)
        #expect(harness.sent.count == 1)
        harness.receive(.bindingRefreshRequest(options: []))
        #expect(harness.sent.count == 2)
        #expect(harness.count(.bindingRefreshRequestReceived) == 1)
    }

    @Test("octets that are no message, and messages for others, are counted and change nothing")
    func noise() {
        var harness = RegistrationHarness.registered()
        let before = harness.machine.registration
        for octets in [[], [0x3b], [UInt8](repeating: 0xff, count: 24), [UInt8](repeating: 0, count: 7)] {
            harness.handle(
                .messageReceived(
                    MobilityEnvelope(source: Sample.homeAgent, destination: Sample.home, message: octets)))
        }
        harness.receive(.homeTestInit(cookie: 1, options: []))
        #expect(harness.count(.messageMalformed) + harness.count(.messageUnexpected) == 5)
        #expect(harness.count(.messageMalformed) >= 2)
        #expect(harness.machine.registration == before)
    }

    // MARK: Configuration

    @Test("other prefixes are registered at once, and the tunnel stays")
    func otherPrefixes() {
        var harness = RegistrationHarness.registered()
        let narrow = IPv6Prefix(Sample.mobilePrefix.address, length: 64)
        harness.handle(.configurationChanged(Sample.registration(prefixes: [narrow])))
        #expect(harness.lastUpdate.options.mobileNetworkPrefixes == [narrow])
        #expect(harness.plans.count == 1)
    }

    @Test("the same configuration changes nothing")
    func sameConfiguration() {
        var harness = RegistrationHarness.registered()
        #expect(harness.handle(.configurationChanged(Sample.registration())).isEmpty)
    }

    @Test("a change between host and router de-registers first, for the home agent refuses the change (status 139)")
    func otherKind() {
        var harness = RegistrationHarness.registered()
        harness.pass(.seconds(10))
        harness.handle(.configurationChanged(Sample.registration(mode: .host)))
        #expect(harness.lastUpdate.lifetime == .zero)
        harness.acknowledge()
        #expect(harness.lastUpdate.lifetime.seconds == 600)
        #expect(!harness.lastUpdate.flags.contains(.mobileRouter))
    }

    // MARK: The end

    @Test("stopping de-registers without prefixes, and ends with the answer")
    func stop() {
        var harness = RegistrationHarness.registered()
        harness.pass(.seconds(10))
        harness.handle(.stop)
        #expect(harness.lastUpdate.lifetime == .zero)
        #expect(harness.lastUpdate.options.mobileNetworkPrefixes.isEmpty)
        #expect(harness.lastUpdate.flags.contains(.mobileRouter))
        #expect(!harness.isFinished)
        harness.acknowledge()
        #expect(harness.isFinished)
        #expect(harness.plans.last == TunnelPlan.none)
        #expect(harness.machine.nextDeadline == nil)
        #expect(harness.count(.deregistrationSent) == 1)
    }

    @Test("stopping does not wait longer than it says for an answer that does not come")
    func stopUnanswered() {
        var harness = RegistrationHarness.registered()
        harness.pass(.seconds(10))
        harness.handle(.stop)
        harness.pass(Tunables.deregistrationWait)
        #expect(harness.isFinished)
        #expect(harness.count(.deregistrationSent) == 3)
        #expect(harness.count(.deregistrationUnanswered) == 1)
    }

    @Test("a home agent that has no binding to end (status 133) ends the waiting as well")
    func stopWithoutBinding() {
        var harness = RegistrationHarness.registered()
        harness.handle(.stop)
        harness.refuse(.notHomeAgentForThisMobileNode)
        #expect(harness.isFinished)
        #expect(harness.count(.deregistrationUnanswered) == 0)
    }

    @Test("finished comes once, and nothing after it")
    func finishedOnce() {
        var harness = RegistrationHarness.registering()
        harness.handle(.stop)
        harness.acknowledge()
        #expect(harness.isFinished)
        #expect(harness.handle(.stop).isEmpty)
        #expect(harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true)).isEmpty)
        #expect(harness.handle(.timer).isEmpty)
    }

    @Test("an address that cannot be a care-of address counts as none")
    func unusableCareOf() {
        for address in [IPv6Address("fe80::1")!, .unspecified, .allNodes] {
            var harness = RegistrationHarness()
            harness.handle(.start(wallClock: harness.wallClock))
            harness.handle(
                .careOfAddressChanged(CareOf(address: address, interfaceIndex: 2), previousUsable: false))
            #expect(harness.sent.isEmpty)
            #expect(harness.machine.phase == .waiting)
        }
    }
}
