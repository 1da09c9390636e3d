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

    private enum Machine: Sendable {
        case single(RegistrationMachine)
        case multiple(MultipleRegistrationMachine)
    }

    private var machine: Machine
    private var style: Style
    private var paths: [RegistrationPath] = []
    private var active: CareOf?
    private var hasFallenBack = false
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
        self.style = style
        random = RandomNumbers(seed: seed)
        machine =
            style == .multiple
            ? .multiple(MultipleRegistrationMachine(configuration, seed: random.next(), after: last))
            : .single(RegistrationMachine(configuration, seed: random.next(), after: last))
        if let former { rate = former.rate }
    }

    private var rate: RegistrationMachine.SendingRate {
        get {
            switch machine {
            case .single(let machine): machine.exchange.rate
            case .multiple(let machine): machine.exchange.rate
            }
        }
        set {
            switch machine {
            case .single(var machine):
                machine.exchange.rate = newValue
                self.machine = .single(machine)
            case .multiple(var machine):
                machine.exchange.rate = newValue
                self.machine = .multiple(machine)
            }
        }
    }

    public var isMultiple: Bool { if case .multiple = machine { true } else { false } }

    public var nextDeadline: Instant? {
        switch machine {
        case .single(let machine): machine.nextDeadline
        case .multiple(let machine): machine.nextDeadline
        }
    }

    /// How many Binding Updates in a row the home agent has not answered: for `HomeAgentSelection`.
    public var unansweredUpdates: Int {
        switch machine {
        case .single(let machine): machine.unansweredUpdates
        case .multiple(let machine): machine.unansweredUpdates
        }
    }

    /// Whether the home agent has refused what was asked for, so that another one might do better. What the machine asks for
    /// otherwise at once, or what ends a binding that is not there, is no such refusal.
    public var isRefused: Bool {
        switch machine {
        case .single(let machine): machine.phase == .refused
        case .multiple(let machine): machine.phase == .refused
        }
    }

    /// Of the last Binding Update.
    public var sequenceNumber: SequenceNumber {
        switch machine {
        case .single(let machine): machine.sequenceNumber
        case .multiple(let machine): machine.sequenceNumber
        }
    }

    /// As of `RegistrationMachine`.
    public func homeAgentTime(at now: Instant) -> NTPTimestamp? {
        switch machine {
        case .single(let machine): machine.homeAgentTime(at: now)
        case .multiple(let machine): machine.homeAgentTime(at: now)
        }
    }

    public var configuration: RegistrationConfiguration {
        switch machine {
        case .single(let machine): machine.configuration
        case .multiple(let machine): machine.configuration
        }
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
            if configuration != self.configuration || style != self.style { hasFallenBack = false }
            self.style = style
            return perform(.configurationChanged(configuration), .configurationChanged(configuration), at: now)
                + takeOver(at: now)
        case .bindingRevoked(let trigger):
            return perform(.bindingRevoked(trigger), .bindingRevoked(trigger), at: now)
        case .homeAgentDoubted: return perform(.homeAgentDoubted, .homeAgentDoubted, at: now)
        case .stop:
            isStopping = true
            return perform(.stop, .stop, at: now)
        }
    }

    private mutating func perform(
        _ single: RegistrationMachine.Event, _ multiple: MultipleRegistrationMachine.Event, at now: Instant
    ) -> [Action] {
        switch machine {
        case .single(var machine):
            let actions = machine.handle(single, at: now)
            self.machine = .single(machine)
            return actions.map(Action.init)
        case .multiple(var machine):
            let actions = machine.handle(multiple, at: now)
            self.machine = .multiple(machine)
            var performed = actions.compactMap(Action.init)
            if actions.contains(.fallBack) {
                hasFallenBack = true
                performed += fallBack(from: machine, at: now)
            }
            return performed
        }
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
        switch machine {
        case .single(let old):
            let isEnding = old.phase == .deregistering && old.sequel != .stayHome
            guard !isEnding, old.phase != .finished else { return [] }
            var new = MultipleRegistrationMachine(
                old.configuration, seed: random.next(), after: old.sequenceNumber)
            new.inherit(from: old)
            machine = .multiple(new)
            let multiple = perform(.timer, .start(wallClock: NTPTimestamp(rawValue: 0)), at: now)
            return [.takenOver(isMultiple: true)] + multiple + perform(.timer, .pathsChanged(paths), at: now)
        case .multiple(let old): return fallBack(from: old, at: now)
        }
    }

    private mutating func fallBack(from old: MultipleRegistrationMachine, at now: Instant) -> [Action] {
        var new = RegistrationMachine(old.configuration, seed: random.next(), after: old.sequenceNumber)
        var actions = new.handle(.start(wallClock: NTPTimestamp(rawValue: 0)), at: now)
        new.inherit(from: old)
        actions += new.handle(.careOfAddressChanged(active, previousUsable: false), at: now)
        machine = .single(new)
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
