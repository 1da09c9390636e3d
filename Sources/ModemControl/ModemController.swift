import Cellular
import Logging
import MobilityWire
import Platform
import Settings

/// One modem: finds it, runs the programs that its machine wants, and tells what came of them.
final class ModemController {
    /// Between two looks at whether the device is there.
    private static let lookInterval = Instant.Span.seconds(2)
    /// How long a modem stays without its drivers: capacitors take their time.
    private static let powerlessTime = Instant.Span.seconds(5)

    let uplink: UplinkSettings
    let cellular: CellularSettings
    private let loop: EventLoop
    private let log: Logger
    private let folders: ModemFolders
    private let ways: WayInquiry
    private var machine: ModemMachine
    private var hardware: ModemHardware?
    private var dialect: ModemDialect?
    /// Why the PIN could not be noted as entered.
    private var unnoted: String?
    private var running: RunningProgram?
    private var lookTimer: EventLoop.Timer?
    private var machineTimer: EventLoop.Timer?
    private var isPowerless = false
    private var isStopped = false
    /// What to call when the connection has been ended.
    private var retired: (() -> Void)?
    private(set) var report = ModemReport(.absent)

    init(
        _ uplink: UplinkSettings, _ cellular: CellularSettings, loop: EventLoop, folders: ModemFolders,
        ways: WayInquiry, log: Logger
    ) {
        self.uplink = uplink
        self.cellular = cellular
        self.loop = loop
        self.folders = folders
        self.ways = ways
        self.log = log
        machine = ModemMachine(
            hasPIN: cellular.pin != nil,
            entries: cellular.pin.map { folders.pinEntries(of: uplink.interface, $0) } ?? PINEntries(),
            keepsNotes: folders.areLasting)
    }

    func start() {
        folders.publish(report, of: uplink.interface)
        look()
    }

    /// Forgets the modem, which stays as it is: whoever comes next finds it connected.
    func stop() {
        isStopped = true
        lookTimer?.cancel()
        machineTimer?.cancel()
        running?.abandon()
        running = nil
        folders.withdraw(uplink.interface)
        // Who took the power gives it back.
        if isPowerless, let usb = hardware?.usb { _ = ModemHardware.authorize(usb, true) }
    }

    /// Ends the connection, and then forgets the modem.
    ///
    /// - Parameter finished: Called in the loop, not from within this call.
    func retire(_ finished: @escaping () -> Void) {
        lookTimer?.cancel()
        machineTimer?.cancel()
        running?.abandon()
        running = nil
        retired = finished
        if dialect == nil { feed(.lost) } else { ask(.disconnect) }
    }

    // MARK: The device

    private func look() {
        lookTimer = loop.timer(after: Self.lookInterval) { [unowned self] in look() }
        guard !isPowerless else { return }
        let found = ModemHardware.find(interface: uplink.interface, device: cellular.device)
        guard found != hardware else { return }
        if hardware != nil { lose() }
        guard let found else { return }
        hardware = found
        log.info("\(uplink.interface): a modem at \(found.device), \(found.kind.rawValue)")
        dialect = ModemDialect(
            kind: found.kind,
            settings: ModemSettings(
                accessPoint: cellular.accessPoint, pin: cellular.pin, user: cellular.user, password: cellular.password),
            interface: uplink.interface, device: found.device, folder: folders.scripts,
            session: folders.session(of: uplink.interface))
        feed(.found)
    }

    private func lose() {
        running?.abandon()
        running = nil
        hardware = nil
        dialect = nil
        feed(.lost)
    }

    private func powerCycle() {
        guard let usb = hardware?.usb, ModemHardware.authorize(usb, false) else {
            return log.warning("\(uplink.interface): this modem's power cannot be switched")
        }
        isPowerless = true
        loop.timer(after: Self.powerlessTime) { [weak self] in
            guard let self else { return }
            isPowerless = false
            if !ModemHardware.authorize(usb, true) {
                log.error("\(uplink.interface): cannot switch the modem on again")
            }
            // The same device at the same place is another one all the same.
            lose()
        }
    }

    // MARK: The machine

    private func feed(_ event: ModemMachine.Event) {
        guard !isStopped else { return }
        if let retired {
            // What else was under way is of no interest any more.
            switch event {
            case .answered, .lost: break
            default: return
            }
            self.retired = nil
            stop()
            if case .answered(let answer) = event, answer != .done {
                log.warning("\(uplink.interface): cannot be disconnected: \(answer)")
            }
            return loop.soon(retired)
        }
        for action in machine.handle(event, at: loop.now) { perform(action) }
        machineTimer?.cancel()
        machineTimer = machine.nextDeadline.map { deadline in
            loop.timer(at: deadline) { [unowned self] in feed(.time) }
        }
    }

    private func perform(_ action: ModemMachine.Action) {
        switch action {
        case .ask(let request): ask(request)
        case .countTraffic:
            ways.ask(uplink.interface) { [weak self] leads in self?.feed(.way(leads: leads)) }
            guard let (received, sent) = ModemHardware.traffic(of: uplink.interface) else { return }
            loop.soon { [weak self] in self?.feed(.traffic(received: received, sent: sent)) }
        case .notePIN(let entries): note(entries)
        case .powerCycle: powerCycle()
        case .report(let report): publish(report)
        }
    }

    private func note(_ entries: PINEntries?) {
        unnoted = nil
        guard let pin = cellular.pin else { return }
        do throws(PlatformError) {
            try folders.setPINEntries(of: uplink.interface, pin, entries)
        } catch {
            unnoted = "\(error)"
        }
    }

    private func ask(_ request: ModemRequest) {
        guard let dialect else { return }
        if request == .enterPIN, let unnoted {
            // Entered anew at each start, a wrong one would cost the card its tries.
            let words = "the PIN is not entered, for that cannot be noted: \(unnoted)"
            loop.soon { [weak self] in self?.feed(.answered(.notAsked(words))) }
            return
        }
        switch dialect.step(for: request) {
        case .answer(let answer): loop.soon { [weak self] in self?.feed(.answered(answer)) }
        case .calls(let calls): run(calls[...], for: request, after: "")
        }
    }

    /// Runs what is left of the calls. `before` is what those before have written.
    private func run(_ calls: ArraySlice<ModemCall>, for request: ModemRequest, after before: String) {
        guard let call = calls.first else { return }
        do throws(PlatformError) {
            for file in call.files { try Files.writeAtomically(file.path, Array(file.content.utf8), mode: 0o600) }
            running = try RunningProgram(
                call.program, call.arguments, line: call.usesLine ? hardware?.device : nil, limit: call.limit, on: loop
            ) { [unowned self] outcome in
                running = nil
                let output = before + outcome.output
                log.trace("\(uplink.interface): \(call.program) ended with status \(outcome.status): \(outcome.output)")
                if outcome.status == 0 || call.mayFail, calls.count > 1 {
                    return run(calls.dropFirst(), for: request, after: output)
                }
                if outcome.isOverdue { return feed(.answered(.silence)) }
                answer(request, outcome.status, output)
            }
        } catch {
            let words = "\(error)"
            loop.soon { [weak self] in self?.feed(.answered(.notAsked(words))) }
        }
    }

    private func answer(_ request: ModemRequest, _ status: Int32, _ output: String) {
        guard let answer = dialect?.answer(to: request, status: status, output: output) else { return }
        log.debug("\(uplink.interface): \(request): \(answer)")
        if let dialect { folders.setSession(of: uplink.interface, dialect.session) }
        feed(.answered(answer))
    }

    private func publish(_ report: ModemReport) {
        let isNew = report.state != self.report.state || report.detail != self.report.detail
        self.report = report
        folders.publish(report, of: uplink.interface)
        guard isNew else { return }
        let line = "\(uplink.interface): \(report.sentence)"
        switch report.state {
        case .pinNeeded, .pukNeeded: log.error("\(line)")
        case .waiting, .resetting, .noCard: log.warning("\(line)")
        case .absent, .connected: log.notice("\(line)")
        case .searching, .registered, .connecting: log.info("\(line)")
        }
    }
}
