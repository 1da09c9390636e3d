public import MobilityWire

/// One modem: unlocks its card, attaches, connects, watches, and helps it up when it has fallen. Does no input or output.
///
/// It asks one thing at a time and goes on when that is answered; whoever runs it answers everything, with `silence`
/// where nothing came. A card is never brought to its PUK: the PIN is entered only while the card has all its tries, or once
/// where it does not tell them; and what was refused is not entered again.
public struct ModemMachine: Sendable {
    public enum Event: Hashable, Sendable {
        /// The device is there.
        case found
        /// The device has gone.
        case lost
        case answered(ModemAnswer)
        /// Packets of the interface since it appeared.
        case traffic(received: UInt64, sent: UInt64)
        /// Whether probes by the interface are answered; nil where nobody probes.
        case way(leads: Bool?)
        /// A deadline has come.
        case time
    }

    public enum Action: Hashable, Sendable {
        case ask(ModemRequest)
        /// To answer with `Event.way`, and with `Event.traffic` where the interface is there.
        case countTraffic
        /// What is known of entering the PIN: to be kept over restarts, and given to `init` then; nil is nothing.
        case notePIN(PINEntries?)
        /// To take the supply from the USB device and give it back, or what comes nearest to it.
        case powerCycle
        /// Something of this changed.
        case report(ModemReport)
    }

    private enum Phase: Hashable {
        case absent
        /// About to ask for the card, or waiting for it.
        case card
        case locked
        case registering
        case connecting
        case connected
        case resting
        case resetting
    }

    private let hasPIN: Bool
    private let keepsNotes: Bool
    private var entries: PINEntries
    /// With which words the PIN was refused in this life.
    private var refusal: String?
    private var phase = Phase.absent
    private var outstanding: ModemRequest?
    private var failures = 0
    private var looks = 0
    private var wake: Instant?
    private var watchdog = ModemWatchdog()
    private var published: ModemReport?
    private var signal: SignalStrength?
    private var network = ServingNetwork()

    /// - Parameters:
    ///   - hasPIN: Whether the settings have a PIN.
    ///   - entries: What was noted of entering this PIN before.
    ///   - keepsNotes: Whether what is noted outlives the machine's power. Where it does not, the PIN is entered only into a
    ///     card that tells its tries.
    public init(hasPIN: Bool, entries: PINEntries = PINEntries(), keepsNotes: Bool = true) {
        self.hasPIN = hasPIN
        self.entries = entries
        self.keepsNotes = keepsNotes
    }

    /// When `handle(.time)` is due; nil while an answer or the device is waited for.
    public var nextDeadline: Instant? { outstanding == nil ? wake : nil }

    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .found: found(now, &actions)
        case .lost: lost(&actions)
        case .answered(let answer):
            guard let request = outstanding else { break }
            outstanding = nil
            take(answer, to: request, now, &actions)
        case .traffic(let received, let sent):
            if phase == .connected { watchdog.take(received: received, sent: sent, at: now) }
        case .way(let leads):
            if phase == .connected { watchdog.take(leads: leads, at: now) }
        case .time:
            guard outstanding == nil, let wake, wake <= now else { break }
            self.wake = nil
            wakeUp(now, &actions)
        }
        return actions
    }

    // MARK: The device

    private mutating func found(_ now: Instant, _ actions: inout [Action]) {
        guard phase == .absent || phase == .resetting else { return }
        outstanding = nil
        watchdog.begin(at: now)
        lookAtCard(&actions)
    }

    private mutating func lost(_ actions: inout [Action]) {
        guard phase != .absent else { return }
        outstanding = nil
        wake = nil
        signal = nil
        network = ServingNetwork()
        phase = .absent
        publish(ModemReport(.absent), &actions)
    }

    // MARK: Time

    private mutating func wakeUp(_ now: Instant, _ actions: inout [Action]) {
        // What the card lacks no power cycle brings, and it is no reason to forget what the watchdog knows.
        if phase != .locked, let step = watchdog.step(isConnected: phase == .connected, at: now) {
            return help(step, now, &actions)
        }
        switch phase {
        case .absent: break
        case .card, .locked, .resting, .resetting: lookAtCard(&actions)
        case .registering: ask(.registration, &actions)
        case .connecting: ask(.connect, &actions)
        case .connected:
            actions.append(.countTraffic)
            looks += 1
            ask(looks % ModemTunables.looksPerSignal == 1 ? .signal : .connection, &actions)
        }
    }

    private mutating func help(_ step: ModemWatchdog.Step, _ now: Instant, _ actions: inout [Action]) {
        signal = nil
        network = ServingNetwork()
        switch step {
        case .reconnect:
            phase = .card
            publish(ModemReport(.connecting, "nothing came back for \(watchdog.minutes(at: now)) min"), &actions)
            ask(.disconnect, &actions)
        case .reset:
            phase = .resetting
            publish(ModemReport(.resetting, "nothing works for \(watchdog.minutes(at: now)) min"), &actions)
            ask(.reset, &actions)
        case .powerCycle:
            phase = .resetting
            publish(
                ModemReport(.resetting, "by its power, for nothing works for \(watchdog.minutes(at: now)) min"),
                &actions)
            actions.append(.powerCycle)
            wake = now + ModemTunables.resetTime
        }
    }

    // MARK: Answers

    private mutating func take(
        _ answer: ModemAnswer, to request: ModemRequest, _ now: Instant, _ actions: inout [Action]
    ) {
        switch (request, answer) {
        case (.reset, _):
            // A modem that starts again at once may not find the time to answer.
            wake = now + ModemTunables.resetTime
        case (.disconnect, _):
            // From the beginning: the modem may have been away, and know nothing of what it was told.
            ask(.card, &actions)
        case (.card, .card(let state)): take(state, now, &actions)
        case (.enterPIN, .done): unlocked(&actions)
        case (.enterPIN, .failed(let words)):
            // Whether the card has found it wrong its tries tell, at the next look.
            refusal = words
            rest("the PIN was not taken: \(words)", now, &actions)
        case (.enterPIN, .notAsked(let words)):
            entries.open -= 1
            note(&actions)
            rest(words, now, &actions)
        case (.radioOn, .done): register(now, &actions)
        case (.signal, .signal(let strength)):
            signal = strength
            measured(now, &actions)
        // Many modems do not tell; nothing hangs on it.
        case (.signal, _): measured(now, &actions)
        case (.registration, let answer) where phase == .connected:
            // Where it is connected this is only for people.
            if case .registration(_, let network) = answer, network != ServingNetwork() { self.network = network }
            report(.connected, to: &actions)
            wake = now + ModemTunables.watchInterval
        case (.registration, .registration(let state, let network)): take(state, network, now, &actions)
        case (.attach, .done):
            phase = .connecting
            report(.connecting, to: &actions)
            ask(.connect, &actions)
        case (.connect, .done):
            connected(now, &actions)
        case (.connection, .connection(true)):
            // An earlier life of ours may have connected it.
            if phase == .connected { wake = now + ModemTunables.watchInterval } else { connected(now, &actions) }
        case (.connection, .connection(false)) where phase == .connected:
            watchdog.fell(at: now)
            register(now, &actions)
        case (.connection, _) where phase == .card:
            ask(.card, &actions)
        case (_, .failed(let words)), (_, .notAsked(let words)): rest(words, now, &actions)
        case (_, _): rest("it does not answer", now, &actions)
        }
    }

    private mutating func take(_ state: ModemAnswer.CardState, _ now: Instant, _ actions: inout [Action]) {
        switch state {
        case .ready: unlocked(&actions)
        case .starting:
            publish(ModemReport(.noCard, "it is starting"), &actions)
            phase = .card
            wake = now + ModemTunables.pollInterval
        case .absent:
            publish(ModemReport(.noCard, "there is none in the modem"), &actions)
            phase = .card
            wake = now + ModemTunables.pollInterval
        case .blocked: lock(.pukNeeded, "", now, &actions)
        case .locked(let tries):
            if let reason = reasonAgainstPIN(tries, &actions) {
                lock(.pinNeeded, reason, now, &actions)
            } else {
                entries.open += 1
                note(&actions)
                ask(.enterPIN, &actions)
            }
        }
    }

    /// Why the PIN is not to be entered into a card that asks for it; nil where it is.
    ///
    /// A wrong one costs the card a try, and a right one gives them all back. So a card that has all of them has taken
    /// whatever was entered last, if anything was.
    private mutating func reasonAgainstPIN(_ tries: Int?, _ actions: inout [Action]) -> String? {
        guard hasPIN else { return "add uplinks.pin" }
        if let tries, tries < ModemTunables.allTries, entries.open > 0 {
            entries = PINEntries(isRefused: true)
            note(&actions)
        }
        let words = refusal.map { " (\($0))" } ?? ""
        if entries.isRefused { return "it does not take uplinks.pin, which is not entered again\(words)" }
        guard let tries else {
            if entries.open > 0 {
                return
                    "uplinks.pin was entered, and is not entered again, for this modem does not tell how many tries are "
                    + "left\(words)"
            }
            if !keepsNotes {
                return
                    "enter it by hand, for this modem does not tell how many tries are left, and what is noted of them is "
                    + "lost with the power"
            }
            return nil
        }
        if tries < ModemTunables.allTries { return "\(tries) tries are left, enter it by hand or in a telephone" }
        if entries.open >= ModemTunables.openEntries {
            return
                "uplinks.pin was entered \(entries.open) times, and is not entered again, for nothing came of it\(words)"
        }
        return nil
    }

    /// The card is ready, so that the PIN that was entered last was right.
    private mutating func unlocked(_ actions: inout [Action]) {
        refusal = nil
        if entries.open > 0 {
            entries.open = 0
            note(&actions)
        }
        ask(.radioOn, &actions)
    }

    private func note(_ actions: inout [Action]) {
        actions.append(.notePIN(entries == PINEntries() ? nil : entries))
    }

    private mutating func take(
        _ state: ModemAnswer.RegistrationState, _ network: ServingNetwork, _ now: Instant, _ actions: inout [Action]
    ) {
        self.network = network
        switch state {
        case .registered:
            report(.registered, to: &actions)
            ask(.attach, &actions)
        case .off: ask(.radioOn, &actions)
        case .denied, .searching:
            report(.searching, state == .denied ? "the network refuses this SIM card" : "", to: &actions)
            looks += 1
            // While nobody answers, too: an antenna that has fallen off shows there.
            if looks % ModemTunables.looksPerSignal == 1 {
                ask(.signal, &actions)
            } else {
                wake = now + ModemTunables.pollInterval
            }
        }
    }

    // MARK: Steps

    /// First whether it is connected: the line of a modem that is belongs to somebody else.
    private mutating func lookAtCard(_ actions: inout [Action]) {
        if phase != .locked { phase = .card }
        ask(phase == .locked ? .card : .connection, &actions)
    }

    private mutating func register(_ now: Instant, _ actions: inout [Action]) {
        phase = .registering
        looks = 0
        network = ServingNetwork()
        report(.searching, to: &actions)
        ask(.registration, &actions)
    }

    private mutating func connected(_ now: Instant, _ actions: inout [Action]) {
        phase = .connected
        failures = 0
        looks = 0
        watchdog.begin(at: now)
        report(.connected, to: &actions)
        actions.append(.countTraffic)
        // The signal first, for the policy waits for it.
        wake = now
    }

    /// The signal is known, or is not told.
    private mutating func measured(_ now: Instant, _ actions: inout [Action]) {
        guard phase == .connected else {
            wake = now + ModemTunables.pollInterval
            return
        }
        report(.connected, to: &actions)
        // Who drives meets other networks.
        ask(.registration, &actions)
    }

    private mutating func lock(_ state: ModemReport.State, _ why: String, _ now: Instant, _ actions: inout [Action]) {
        phase = .locked
        publish(ModemReport(state, why), &actions)
        wake = now + ModemTunables.lockedInterval
    }

    private mutating func rest(_ why: String, _ now: Instant, _ actions: inout [Action]) {
        if phase == .connected { watchdog.fell(at: now) }
        phase = .resting
        signal = nil
        network = ServingNetwork()
        publish(ModemReport(.waiting, why), &actions)
        let doubled = ModemTunables.shortestRest * (1 << Int64(min(failures, 10)))
        failures += 1
        wake = now + min(doubled, ModemTunables.longestRest)
    }

    private mutating func ask(_ request: ModemRequest, _ actions: inout [Action]) {
        outstanding = request
        wake = nil
        actions.append(.ask(request))
    }

    private mutating func report(_ state: ModemReport.State, _ detail: String = "", to actions: inout [Action]) {
        publish(ModemReport(state, detail, signal: signal, network: network), &actions)
    }

    private mutating func publish(_ report: ModemReport, _ actions: inout [Action]) {
        guard report != published else { return }
        published = report
        actions.append(.report(report))
    }
}
