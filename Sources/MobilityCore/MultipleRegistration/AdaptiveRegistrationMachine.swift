public import MobilityWire

/// A registration with one care-of address or with several, whichever the settings ask for and the home agent serves.
///
///     .single     RegistrationMachine
///     .multiple   MultipleRegistrationMachine; a home agent without RFC 5648 → RegistrationMachine
///     .auto       RegistrationMachine until a second uplink works, then as .multiple
///
/// A fall-back holds for this home agent until the settings change: RFC 5648 §5.7 asks not to try again.
public struct AdaptiveRegistrationMachine: Sendable {
    public enum Style: String, CaseIterable, Sendable {
        case single, multiple, auto
    }

    public enum Event: Hashable, Sendable {
        case start(wallClock: NTPTimestamp)
        /// The ways that work, best first, and what `RegistrationMachine` hears of the best one.
        case pathsChanged([RegistrationPath], active: CareOf?, previousUsable: Bool)
        case messageReceived(MobilityEnvelope)
        case timer
        case configurationChanged(RegistrationConfiguration, Style)
        /// As of `RegistrationMachine`: all bindings have ended.
        case bindingRevoked(RevocationTrigger)
        /// As of `RegistrationMachine`.
        case homeAgentDoubted
        /// As of `RegistrationMachine`.
        case pathAnswered(interfaceIndex: UInt32)
        case stop
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// From now on reports are of this kind; what was forwarded by before goes on until the first plan.
        case takenOver(isMultiple: Bool)
        case tunnels(TunnelPlan)
        case report(Registration)
        case reportMultiple(MultipleRegistration)
        case count(RegistrationCounter)
        case log(Severity, String)
        case finished
    }

    public private(set) var configuration: RegistrationConfiguration
    /// One of these two; no enumeration, in which every event would have to copy the machine to change it.
    private var single: RegistrationMachine?
    private var multiple: MultipleRegistrationMachine?
    private var style: Style
    private var paths: [RegistrationPath] = []
    private var active: CareOf?
    /// The home agent serves one care-of address only.
    public private(set) var hasFallenBack = false
    private var hasStarted = false
    private var isStopping = false
    private var random: RandomNumbers

    /// - Parameters: as of `RegistrationMachine`.
    /// - Parameter former: the machine in whose place this one comes: to a home agent that is returned to within a second
    ///   no more is sent than MAX_UPDATE_RATE allows (RFC 6275 §11.8).
    public init(
        _ configuration: RegistrationConfiguration, style: Style, seed: UInt64, after last: SequenceNumber? = nil,
        pacedBy former: AdaptiveRegistrationMachine? = nil
    ) {
        self.configuration = configuration
        self.style = style
        random = RandomNumbers(seed: seed)
        if style == .multiple {
            multiple = MultipleRegistrationMachine(configuration, seed: random.next(), after: last)
        } else {
            single = RegistrationMachine(configuration, seed: random.next(), after: last)
        }
        if let former { rate = former.rate }
    }

    private var rate: RegistrationMachine.SendingRate {
        get { single?.exchange.rate ?? multiple?.exchange.rate ?? .init() }
        set {
            single?.exchange.rate = newValue
            multiple?.exchange.rate = newValue
        }
    }

    public var isMultiple: Bool { multiple != nil }

    public var nextDeadline: Instant? { single?.nextDeadline ?? multiple?.nextDeadline }

    /// What time will bring, by the names of the timers of one care-of address.
    public var pending: [(timer: RegistrationMachine.Timer, waiting: Int, due: Instant)] {
        multiple?.pending
            ?? RegistrationMachine.Timer.allCases.compactMap { timer in
                single?.deadline(of: timer).map { (timer, 1, $0) }
            }
    }

    /// How many Binding Updates in a row the home agent has not answered: for `HomeAgentSelection`.
    public var unansweredUpdates: Int { single?.unansweredUpdates ?? multiple?.unansweredUpdates ?? 0 }

    /// Whether the home agent has refused what was asked for, so that another one might do better. What the machine asks for
    /// otherwise at once, or what ends a binding that is not there, is no such refusal.
    public var isRefused: Bool { single?.phase == .refused || multiple?.phase == .refused }

    /// Of the last Binding Update.
    public var sequenceNumber: SequenceNumber {
        single?.sequenceNumber ?? multiple?.sequenceNumber ?? SequenceNumber(rawValue: 0)
    }

    /// As of `RegistrationMachine`.
    public func homeAgentTime(at now: Instant) -> NTPTimestamp? {
        single?.homeAgentTime(at: now) ?? multiple?.homeAgentTime(at: now)
    }

    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .start(let wallClock):
            hasStarted = true
            return perform(.start(wallClock: wallClock), .start(wallClock: wallClock), at: now)
        case .pathsChanged(let paths, let active, let previousUsable):
            self.paths = paths
            self.active = active
            return takeOver(at: now)
                + perform(
                    .careOfAddressChanged(active, previousUsable: previousUsable), .pathsChanged(paths), at: now)
        case .messageReceived(let envelope):
            return perform(.messageReceived(envelope), .messageReceived(envelope), at: now)
        case .timer: return perform(.timer, .timer, at: now)
        case .configurationChanged(let configuration, let style):
            let isOther = configuration.following(self.configuration) != self.configuration
            if isOther || style != self.style { hasFallenBack = false }
            self.style = style
            self.configuration = configuration
            return perform(.configurationChanged(configuration), .configurationChanged(configuration), at: now)
                + takeOver(at: now)
        case .bindingRevoked(let trigger):
            return perform(.bindingRevoked(trigger), .bindingRevoked(trigger), at: now)
        case .homeAgentDoubted: return perform(.homeAgentDoubted, .homeAgentDoubted, at: now)
        case .pathAnswered(let index):
            return perform(.pathAnswered(interfaceIndex: index), .pathAnswered(interfaceIndex: index), at: now)
        case .stop:
            isStopping = true
            return perform(.stop, .stop, at: now)
        }
    }

    private mutating func perform(
        _ event: RegistrationMachine.Event, _ multipleEvent: MultipleRegistrationMachine.Event, at now: Instant
    ) -> [Action] {
        if let actions = single?.handle(event, at: now) { return actions.map(Action.init) }
        guard let actions = multiple?.handle(multipleEvent, at: now) else { return [] }
        var performed = actions.compactMap(Action.init)
        if actions.contains(.fallBack), let old = multiple {
            hasFallenBack = true
            performed += fallBack(from: old, at: now)
        }
        return performed
    }

    // MARK: From one to several and back

    /// Whether several care-of addresses are wanted now. On the home link there is nothing to register.
    private var wantsMultiple: Bool {
        guard active?.address != configuration.homeAddress else { return false }
        return switch style {
        case .single: false
        case .multiple: !hasFallenBack
        // Once there are several, one is enough to go on: changing back and forth only costs.
        case .auto: !hasFallenBack && (paths.count > 1 || isMultiple)
        }
    }

    private mutating func takeOver(at now: Instant) -> [Action] {
        guard hasStarted, !isStopping, wantsMultiple != isMultiple else { return [] }
        if let old = multiple { return fallBack(from: old, at: now) }
        guard let old = single, old.phase != .finished, old.phase != .deregistering || old.sequel == .stayHome else {
            return []
        }
        var new = MultipleRegistrationMachine(configuration, seed: random.next(), after: old.sequenceNumber)
        new.inherit(from: old)
        (single, multiple) = (nil, new)
        let started = perform(.timer, .start(wallClock: NTPTimestamp(rawValue: 0)), at: now)
        return [.takenOver(isMultiple: true)] + started + perform(.timer, .pathsChanged(paths), at: now)
    }

    private mutating func fallBack(from old: MultipleRegistrationMachine, at now: Instant) -> [Action] {
        var new = RegistrationMachine(configuration, seed: random.next(), after: old.sequenceNumber)
        var actions = new.handle(.start(wallClock: NTPTimestamp(rawValue: 0)), at: now)
        new.inherit(from: old)
        actions += new.handle(.careOfAddressChanged(active, previousUsable: false), at: now)
        (single, multiple) = (new, nil)
        return [.takenOver(isMultiple: false)] + actions.map(Action.init)
    }
}

extension MultipleRegistrationMachine {
    /// What all machines at one home agent share: its time, the numbers, the rate, and what it has granted.
    fileprivate mutating func inherit(from old: RegistrationMachine) {
        clock = old.clock
        timestampsDemanded = old.timestampsDemanded
        exchange.rate = old.exchange.rate
        grantedUntil = old.binding?.expiresAt
    }
}

extension RegistrationMachine {
    fileprivate mutating func inherit(from old: MultipleRegistrationMachine) {
        clock = old.clock
        timestampsDemanded = old.timestampsDemanded
        exchange.rate = old.exchange.rate
    }
}

extension AdaptiveRegistrationMachine.Action {
    fileprivate init(_ action: RegistrationMachine.Action) {
        self =
            switch action {
            case .send(let envelope): .send(envelope)
            case .tunnels(let plan): .tunnels(plan)
            case .report(let registration): .report(registration)
            case .count(let counter): .count(counter)
            case .log(let severity, let text): .log(severity, text)
            case .finished: .finished
            }
    }

    fileprivate init?(_ action: MultipleRegistrationMachine.Action) {
        switch action {
        case .send(let envelope): self = .send(envelope)
        case .report(let registration): self = .reportMultiple(registration)
        case .count(let counter): self = .count(counter)
        case .log(let severity, let text): self = .log(severity, text)
        case .finished: self = .finished
        case .fallBack: return nil
        }
    }
}
