import MobilityWire

/// Knows since when nothing works, and what is to be done about it: each step is harder than the one before, and rarer.
///
/// Whether the connection leads anywhere says who probes it. An advertisement of the operator's gateway, or whatever else comes
/// in by itself, says nothing of that. Where nobody probes, connectivity is what comes in: a modem that says that it is
/// connected while nothing comes back for all that is sent is what watchdogs are for. Where nothing is sent, nothing is missed.
struct ModemWatchdog: Sendable {
    enum Step: Hashable {
        case reconnect
        case reset
        case powerCycle
    }

    /// Since when nothing works; nil while all is well.
    private var since: Instant?
    private var due: Instant?
    private var steps = 0
    /// As they were when something came in last, or when counting began; nil before that.
    private var counted: (received: UInt64, sent: UInt64)?
    /// What was sent since.
    private var unanswered: UInt64 = 0
    /// Whether probes by this connection are answered; nil where nobody knows.
    private var leads: Bool?

    /// The device or its connection has come anew. What the watchdog did before this stays: it may be the reason.
    mutating func begin(at now: Instant) {
        counted = nil
        unanswered = 0
        leads = nil
        fell(at: now)
    }

    /// The connection has gone, or there is none yet.
    mutating func fell(at now: Instant) {
        guard since == nil else { return }
        since = now
        due = now + ModemTunables.patience
    }

    /// Whether probes are answered, while the modem is connected; nil where nobody probes.
    mutating func take(leads: Bool?, at now: Instant) {
        self.leads = leads
        switch leads {
        case true?: rest()
        case false?: fell(at: now)
        case nil: break
        }
    }

    private mutating func rest() {
        since = nil
        due = nil
        steps = 0
    }

    /// Packets of the interface, while the modem is connected.
    mutating func take(received: UInt64, sent: UInt64, at now: Instant) {
        guard let before = counted, received >= before.received, sent >= before.sent else {
            // Where counting begins nothing is known yet. An interface that came anew has small numbers.
            counted = (received, sent)
            unanswered = 0
            return
        }
        if received > before.received {
            counted = (received, sent)
            unanswered = 0
            if leads == nil { rest() }
        } else {
            unanswered = sent - before.sent
            if leads == nil, unanswered > 0 { fell(at: now) }
        }
    }

    /// What is due now, once.
    mutating func step(isConnected: Bool, at now: Instant) -> Step? {
        guard let due, due <= now, !isConnected || isDead else { return nil }
        steps += 1
        switch steps {
        case 1:
            self.due = now + ModemTunables.patience
            return .reconnect
        case 2:
            self.due = now + ModemTunables.patience
            return .reset
        default:
            let doubled = ModemTunables.firstPowerCycles * (1 << Int64(min(steps - 3, 10)))
            self.due = now + min(doubled, ModemTunables.longestPowerCycles)
            return .powerCycle
        }
    }

    private var isDead: Bool { leads.map { !$0 } ?? (unanswered >= ModemTunables.enoughUnanswered) }

    /// For how long nothing has worked.
    func minutes(at now: Instant) -> Int64 { since.map { (now - $0).milliseconds / 60_000 } ?? 0 }
}
