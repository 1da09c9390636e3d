import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// A machine for several care-of addresses on a hand-set clock, with everything that it did.
struct MultipleHarness {
    var machine: MultipleRegistrationMachine
    var now = Sample.start
    var sent: [MobilityEnvelope] = []
    var report: MultipleRegistration?
    var counts: [RegistrationCounter: Int] = [:]
    var isFinished = false
    var hasFallenBack = false

    init(_ configuration: RegistrationConfiguration = MultipleRegistrationTests.configuration) {
        machine = MultipleRegistrationMachine(configuration, seed: 1)
    }

    @discardableResult
    mutating func handle(_ event: MultipleRegistrationMachine.Event) -> Int {
        let before = sent.count
        for action in machine.handle(event, at: now) {
            switch action {
            case .send(let envelope): sent.append(envelope)
            case .report(let registration): report = registration
            case .count(let counter): counts[counter, default: 0] += 1
            case .finished: isFinished = true
            case .fallBack: hasFallenBack = true
            case .log: break
            }
        }
        return sent.count - before
    }

    mutating func pass(_ span: Instant.Span) {
        let end = now + span
        while let deadline = machine.nextDeadline, deadline <= end {
            now = max(now, deadline)
            handle(.timer)
        }
        now = end
    }

    mutating func passToDeadline() {
        guard let deadline = machine.nextDeadline else { return }
        pass(deadline - now)
    }

    var lastUpdate: BindingUpdate? {
        guard let octets = sent.last?.message,
            case .bindingUpdate(let update)? = try? MobilityHeader.parse(octets.span.bytes)
        else { return nil }
        return update
    }

    /// Answers the last Binding Update: a status for the whole, and those of single identifiers.
    @discardableResult
    mutating func answer(
        _ status: BindingStatus = .accepted, own: [UInt16: BindingStatus] = [:], withoutIdentifiers: Bool = false,
        flows: [MobilityOption] = [], sequenceNumber: SequenceNumber? = nil, lifetime: BindingLifetime? = nil
    ) -> Int {
        guard let update = lastUpdate, let sent = sent.last else { return 0 }
        var options: [MobilityOption] = []
        if !withoutIdentifiers {
            options = update.options.bindingIdentifiers.map {
                .bindingIdentifier(
                    BindingIdentifierOption(
                        identifier: $0.identifier, status: own[$0.identifier]?.rawValue ?? 0, priority: $0.priority))
            }
        }
        options += flows
        if let timestamp = update.options.messageIdentifier {
            options.append(.messageIdentifier(timestamp: timestamp.rawValue))
        }
        let message = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: status, mobileRouter: status.isAccepted,
                sequenceNumber: sequenceNumber ?? update.sequenceNumber,
                lifetime: lifetime ?? (status.isAccepted ? update.lifetime : .zero), options: options))
        let octets = MobilityAuthentication.seal(
            message, careOfAddress: sent.source, homeAddress: Sample.home, association: Sample.association)
        return handle(
            .messageReceived(
                MobilityEnvelope(
                    source: Sample.homeAgent, destination: sent.source, routingHeader: Sample.home, message: octets)))
    }

    /// Which identifiers the last Binding Update names.
    var named: [UInt16] { lastUpdate?.options.bindingIdentifiers.map(\.identifier) ?? [] }

    /// Started, with two uplinks and a first Binding Update on its way.
    static func registering() -> MultipleHarness {
        var harness = MultipleHarness()
        harness.handle(.start(wallClock: Sample.wallClock))
        harness.handle(.pathsChanged(MultipleRegistrationTests.two))
        return harness
    }

    static func registered() -> MultipleHarness {
        var harness = registering()
        for _ in 0..<2 {
            harness.pass(.milliseconds(500))
            harness.answer()
        }
        harness.pass(.seconds(10))
        return harness
    }
}

/// The mobile side of RFC 5648 §5, one event at a time.
@Suite struct MultipleRegistrationTests {
    typealias Phase = MultipleRegistrationMachine.Phase
    static let configuration = Sample.registration()
    static let two = Array(MultipleTriangle.uplinks.prefix(2))

    enum Event: String, CaseIterable {
        case start, samePaths, anotherPath, lostPath, noPath, acceptance, refusal, correction, silence
        case bindingError, refreshRequest, noise, timerTooEarly, deadline, newPrefixes, revocation, doubt, answered,
            stop

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: MultipleRegistrationMachine.Event) -> [Event] {
            switch event {
            case .start: [.start]
            case .pathsChanged: [.samePaths, .anotherPath, .lostPath, .noPath]
            case .messageReceived:
                [.acceptance, .refusal, .correction, .silence, .bindingError, .refreshRequest, .noise]
            case .timer: [.timerTooEarly, .deadline]
            case .configurationChanged: [.newPrefixes]
            case .bindingRevoked: [.revocation]
            case .homeAgentDoubted: [.doubt]
            case .pathAnswered: [.answered]
            case .stop: [.stop]
            }
        }
    }

    static func machine(in phase: Phase) -> MultipleHarness {
        var harness: MultipleHarness
        switch phase {
        case .idle: harness = MultipleHarness()
        case .waiting:
            harness = MultipleHarness()
            harness.handle(.start(wallClock: Sample.wallClock))
        case .registering: harness = .registering()
        case .registered: harness = .registered()
        case .updating:
            harness = .registered()
            harness.passToDeadline()
        case .refused:
            harness = .registering()
            harness.answer(.administrativelyProhibited)
            harness.pass(.seconds(5))
        case .deregistering:
            harness = .registered()
            harness.handle(.stop)
        case .finished:
            harness = .registered()
            harness.handle(.stop)
            harness.answer()
        }
        return harness
    }

    static func perform(_ event: Event, on harness: inout MultipleHarness) -> Int {
        switch event {
        case .start: return harness.handle(.start(wallClock: Sample.wallClock))
        case .samePaths: return harness.handle(.pathsChanged(harness.machine.paths.map(\.path)))
        case .anotherPath: return harness.handle(.pathsChanged(MultipleTriangle.uplinks))
        case .lostPath: return harness.handle(.pathsChanged([two[1]]))
        case .noPath: return harness.handle(.pathsChanged([]))
        case .acceptance: return harness.answer()
        case .refusal: return harness.answer(.administrativelyProhibited)
        case .correction: return harness.answer(.sequenceNumberOutOfWindow)
        case .silence: return harness.answer(withoutIdentifiers: true)
        case .bindingError:
            return receive(.bindingError(status: 1, homeAddress: Sample.home, options: []), on: &harness)
        case .refreshRequest: return receive(.bindingRefreshRequest(options: []), on: &harness)
        case .noise: return receive(.unknown(type: 99, data: []), on: &harness)
        case .timerTooEarly: return harness.handle(.timer)
        case .deadline:
            let before = harness.sent.count
            harness.passToDeadline()
            return harness.sent.count - before
        case .newPrefixes: return harness.handle(.configurationChanged(Sample.registration(prefixes: [])))
        case .revocation: return harness.handle(.bindingRevoked(.administrativeReason))
        case .doubt: return harness.handle(.homeAgentDoubted)
        case .answered: return harness.handle(.pathAnswered(interfaceIndex: Sample.cable.interfaceIndex))
        case .stop: return harness.handle(.stop)
        }
    }

    private static func receive(_ message: MobilityMessage, on harness: inout MultipleHarness) -> Int {
        harness.handle(
            .messageReceived(
                MobilityEnvelope(
                    source: Sample.homeAgent, destination: Sample.cable.address, message: message.emit())))
    }

    /// The state behind each event and how many Binding Updates leave. What is not listed changes nothing.
    static let table: [Phase: [Event: (phase: Phase, sends: Int)]] = [
        .idle: [.start: (.waiting, 0), .stop: (.finished, 0)],
        .waiting: [.anotherPath: (.registering, 1), .lostPath: (.registering, 1), .stop: (.finished, 0)],
        .registering: [
            .lostPath: (.registering, 1), .noPath: (.waiting, 0), .acceptance: (.updating, 1),
            .refusal: (.refused, 0), .correction: (.registering, 1), .silence: (.finished, 0),
            .deadline: (.registering, 1), .newPrefixes: (.registering, 1), .stop: (.deregistering, 1),
        ],
        .registered: [
            .anotherPath: (.updating, 1), .lostPath: (.updating, 1), .noPath: (.waiting, 0),
            .bindingError: (.updating, 1), .refreshRequest: (.updating, 1), .deadline: (.updating, 1),
            .newPrefixes: (.updating, 1), .revocation: (.refused, 0), .doubt: (.updating, 1),
            .stop: (.deregistering, 1),
        ],
        .updating: [
            .anotherPath: (.updating, 1), .lostPath: (.updating, 1), .noPath: (.waiting, 0),
            .acceptance: (.registered, 0),
            .refusal: (.refused, 0), .correction: (.updating, 1), .silence: (.finished, 0), .deadline: (.updating, 1),
            .newPrefixes: (.updating, 1), .revocation: (.refused, 0), .stop: (.deregistering, 1),
        ],
        .refused: [
            .anotherPath: (.registering, 1), .deadline: (.registering, 1), .newPrefixes: (.registering, 1),
            .stop: (.finished, 0),
        ],
        .deregistering: [
            .noPath: (.finished, 0), .acceptance: (.finished, 0), .correction: (.deregistering, 1),
            .silence: (.finished, 0), .deadline: (.deregistering, 1), .refusal: (.finished, 0),
        ],
        .finished: [:],
    ]

    @Test("every state with every event leads where the table says", arguments: Phase.allCases, Event.allCases)
    func everyPair(phase: Phase, event: Event) throws {
        var harness = Self.machine(in: phase)
        #expect(harness.machine.phase == phase)
        let row = try #require(Self.table[phase])
        let expected = row[event] ?? (phase, 0)
        let sends = Self.perform(event, on: &harness)
        #expect(harness.machine.phase == expected.phase)
        #expect(sends == expected.sends)
    }

    @Test("the first registration sets the O flag and names its care-of address, without an alternate one")
    func bootstraps() {
        var harness = MultipleHarness.registering()
        #expect(harness.lastUpdate?.flags.contains(.overwrite) == true)
        #expect(harness.lastUpdate?.options.alternateCareOfAddress == nil)
        #expect(
            harness.lastUpdate?.options.bindingIdentifiers == [
                BindingIdentifierOption(identifier: 1, priority: 1, careOfAddress: Sample.cable.address)
            ])
        #expect(harness.lastUpdate?.options.mobileNetworkPrefixes == [Sample.mobilePrefix])
        harness.answer()
        #expect(harness.sent.last?.source == Sample.radio.address)
        #expect(harness.named == [1, 2])
        #expect(harness.lastUpdate?.flags.contains(.overwrite) == false)
    }

    @Test("every status for everything leaves a state that goes on by itself", arguments: BindingStatus.named)
    func everyStatus(status: BindingStatus) {
        var harness = MultipleHarness.registering()
        harness.answer(status)
        #expect(harness.counts[.acknowledgementReceived(status)] == 1)
        switch status {
        case .multipleCareOfAddressProhibited: #expect(harness.hasFallenBack)
        default: #expect(harness.machine.nextDeadline != nil)
        }
        harness.pass(.minutes(30))
        if !harness.hasFallenBack { #expect(harness.sent.count > 1) }
    }

    @Test("every status of one care-of address leaves the other registered", arguments: BindingStatus.named)
    func everyOwnStatus(status: BindingStatus) throws {
        var harness = MultipleHarness.registering()
        harness.answer()
        harness.pass(.seconds(1))
        harness.answer(.multipleCareOfAddressIncomplete, own: [2: status])
        #expect(harness.report?.paths.first?.state == .registered)
        let second = harness.report?.paths.last
        if status.isAccepted {
            #expect(second?.state == .registered)
        } else {
            #expect(second?.state == .refused && second?.forwards == false && second?.status == status)
            #expect(harness.counts[.careOfAddressRefused] == 1)
            // The home agent is told what not to keep.
            #expect(harness.named == [1] && harness.lastUpdate?.flags.contains(.overwrite) == true)
            harness.answer()
            // It is tried again when the report says so.
            let retryAt = try #require(second?.retryAt)
            let before = harness.sent.count
            harness.pass(retryAt - .milliseconds(1) - harness.now)
            #expect(!harness.sent[before...].contains { $0.source == Sample.radio.address })
            harness.pass(.milliseconds(1))
            #expect(harness.report?.paths.last?.retryAt == nil)
            // A refresh of the other one may be under way just then.
            harness.pass(.minutes(1))
            #expect(harness.sent[before...].contains { $0.source == Sample.radio.address })
        }
    }

    @Test("165 is answered at once with the O flag, and only once")
    func nonMCoABindingExists() {
        var harness = MultipleHarness.registered()
        harness.handle(.pathsChanged(MultipleTriangle.uplinks))
        #expect(harness.lastUpdate?.flags.contains(.overwrite) == false)
        harness.answer(.multipleCareOfAddressNonMCoABindingExists)
        #expect(harness.lastUpdate?.flags.contains(.overwrite) == true)
        harness.pass(.seconds(1))
        harness.answer(.multipleCareOfAddressNonMCoABindingExists)
        #expect(harness.machine.phase == .refused)
    }

    @Test("168 is followed by one care-of address at a time, and one goes by its own de-registration")
    func bulkProhibited() {
        var harness = MultipleHarness.registering()
        harness.answer()
        #expect(harness.named == [1, 2])
        harness.pass(.seconds(1))
        harness.answer(.multipleCareOfAddressBulkRegistrationProhibited)
        #expect(harness.named == [2])
        harness.pass(.seconds(1))
        harness.answer()
        #expect(harness.machine.phase == .registered)
        harness.handle(.pathsChanged([Self.two[1]]))
        #expect(harness.lastUpdate?.lifetime == .zero && harness.named == [1])
        #expect(harness.sent.last?.source == Sample.radio.address)
        harness.answer(.notHomeAgentForThisMobileNode)
        #expect(harness.lastUpdate?.lifetime != .zero && harness.named == [2])
    }

    @Test("bindings have their own ends, and what is not renewed ends alone")
    func expiry() {
        var harness = MultipleHarness.registering()
        harness.answer(lifetime: BindingLifetime(seconds: 100))
        harness.pass(.seconds(1))
        harness.answer(lifetime: BindingLifetime(seconds: 100))
        #expect(harness.report?.paths.map(\.lifetime) == [.seconds(100), .seconds(100)])
        harness.pass(.seconds(120))
        #expect((harness.counts[.registrationExpired] ?? 0) >= 1)
        #expect(harness.report?.paths.allSatisfy { !$0.forwards } == true)
        #expect(harness.machine.nextDeadline != nil)
    }

    @Test("the home link is registered beside others with the H flag and the home address")
    func homeLink() {
        var harness = MultipleHarness.registered()
        let home = RegistrationPath(
            identifier: 9, careOf: CareOf(address: Sample.home, interfaceIndex: 7), isHomeLink: true)
        harness.handle(.pathsChanged(Self.two + [home]))
        #expect(harness.sent.last?.source == Sample.home)
        #expect(harness.sent.last?.homeAddressOption == nil)
        let option = harness.lastUpdate?.options.bindingIdentifiers.last
        #expect(option?.simultaneousHomeAndForeignBinding == true && option?.careOfAddress == Sample.home)
        harness.answer(.multipleCareOfAddressReturnHomeWithoutNDP)
        let row = harness.report?.paths.last
        #expect(row?.state == .registered && row?.status == .multipleCareOfAddressReturnHomeWithoutNDP)
        #expect(row?.forwards == false)
    }

    @Test("flows are described once, summed up afterwards, and one that is refused is not asked for again")
    func flows() {
        var configuration = Self.configuration
        configuration.flows = MultipleTriangleTests.flows
        var harness = MultipleHarness(configuration)
        harness.handle(.start(wallClock: Sample.wallClock))
        harness.handle(.pathsChanged(Self.two))
        func described() -> [FlowIdentificationOption] {
            (harness.lastUpdate?.options ?? []).compactMap {
                if case .flowIdentification(let option) = $0 { option } else { nil }
            }
        }
        #expect(described().map(\.bindings) == [[1]])
        harness.answer(flows: described().map(MobilityOption.flowIdentification))
        // Its best way has come, and an agent without flows says nothing.
        #expect(described().map(\.bindings) == [[2]])
        harness.pass(.seconds(1))
        harness.answer()
        #expect(harness.counts[.flowBindingRefused] == 1)
        #expect(harness.machine.phase == .registered)
        // Going out, the flow takes its way all the same.
        #expect(harness.report?.paths.last?.flows.map(\.identifier) == [1])
    }

    @Test("ways that share have one priority, the best of all, and lose it when they share no longer")
    func sharing() {
        func priorities(_ harness: MultipleHarness) -> [UInt16: UInt8] {
            Dictionary(
                (harness.lastUpdate?.options.bindingIdentifiers ?? []).map { ($0.identifier, $0.priority) }
            ) { first, _ in first }
        }
        var harness = MultipleHarness.registered()
        harness.handle(.pathsChanged(MultipleTriangle.uplinks))
        while harness.machine.phase != .registered { harness.answer() }
        let all = MultipleTriangle.uplinks.map(\.identifier)
        #expect(harness.report?.paths.map(\.priority) == all.indices.map { UInt8($0 + 1) })
        var configuration = Self.configuration
        configuration.sharing = Set(all.suffix(2))
        harness.handle(.configurationChanged(configuration))
        #expect(all.suffix(2).allSatisfy { priorities(harness)[$0] == 1 })
        #expect(all.dropLast(2).allSatisfy { (priorities(harness)[$0] ?? 0) > 1 })
        harness.answer()
        #expect(harness.machine.phase == .registered)
        #expect(harness.report?.paths.suffix(2).map(\.priority) == [1, 1])
        configuration.sharing = []
        harness.handle(.configurationChanged(configuration))
        #expect(Set(priorities(harness).values).count == priorities(harness).count)
    }

    @Test("hostile answers end nothing and never trap")
    func hostile() {
        var harness = MultipleHarness.registered()
        harness.handle(.pathsChanged(MultipleTriangle.uplinks))
        let update = harness.sent.last!
        let sealed = MobilityAuthentication.seal(
            .bindingAcknowledgement(
                BindingAcknowledgement(
                    status: .multipleCareOfAddressProhibited, mobileRouter: true,
                    sequenceNumber: harness.machine.sequenceNumber, lifetime: .zero)),
            careOfAddress: update.source, homeAddress: Sample.home,
            association: Sample.association(Sample.otherKey))
        for index in sealed.indices {
            for value in [0, 0xff, sealed[index] ^ 0x40] as [UInt8] {
                var octets = sealed
                octets[index] = value
                harness.handle(
                    .messageReceived(
                        MobilityEnvelope(
                            source: Sample.homeAgent, destination: update.source, routingHeader: Sample.home,
                            message: octets)))
            }
        }
        #expect(!harness.hasFallenBack && harness.machine.held.count == 2)
    }
}
