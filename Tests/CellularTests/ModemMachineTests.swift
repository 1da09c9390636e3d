import MobilityWire
import Testing

@testable import Cellular

@Suite("A modem")
struct ModemMachineTests {
    /// A modem that answers as told, in virtual time.
    private struct Stage {
        var machine: ModemMachine
        var now = Instant(milliseconds: 0)
        /// What the modem answers; what is not here is `done`.
        var answers: [ModemRequest: ModemAnswer] = [
            .card: .card(.ready), .registration: .registration(.registered), .connection: .connection(isUp: true),
            .signal: .signal(SignalStrength(dBm: -90)),
        ]
        var received: UInt64 = 0
        var sent: UInt64 = 0
        /// What it was asked, with the second.
        var asked: [(request: ModemRequest, second: Int64)] = []
        var reports: [ModemReport] = []
        var others: [ModemMachine.Action] = []
        /// Whether packets are sent, and whether they are answered, in each second.
        var sends = true
        var receives = true
        /// What probes say, where somebody probes.
        var leads: Bool?

        /// What is left of the card's tries where it counts them, once the PIN that it is given is wrong.
        var costsTries: Int?
        /// What was noted of the PIN last.
        var noted: PINEntries?

        init(hasPIN: Bool = false, entries: PINEntries = PINEntries(), keepsNotes: Bool = true) {
            machine = ModemMachine(hasPIN: hasPIN, entries: entries, keepsNotes: keepsNotes)
        }

        mutating func take(_ event: ModemMachine.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .ask(let request):
                    asked.append((request, now.milliseconds / 1000))
                    var answer = answers[request] ?? .done
                    // Asked before connecting, a modem says that it is not connected.
                    if request == .connection, !isConnected, answers[.connection] == .connection(isUp: true) {
                        answer = .connection(isUp: false)
                    }
                    if request == .enterPIN, let tries = costsTries {
                        costsTries = tries - 1
                        answers[.card] = .card(tries > 1 ? .locked(triesLeft: tries - 1) : .blocked)
                    }
                    if request == .connect, answer == .done { isConnected = true }
                    if request == .disconnect { isConnected = false }
                    take(.answered(answer))
                case .countTraffic:
                    take(.way(leads: leads))
                    take(.traffic(received: received, sent: sent))
                case .report(let report): reports.append(report)
                case .notePIN(let entries): noted = entries
                case .powerCycle: others.append(action)
                }
            }
        }

        var isConnected = false

        mutating func run(seconds: Int64) {
            let end = now + .seconds(seconds)
            while now < end {
                if let deadline = machine.nextDeadline, deadline <= now {
                    take(.time)
                } else {
                    now = now + .seconds(1)
                    if sends { sent += 1 }
                    if receives { received += 1 }
                }
            }
        }

        func times(_ request: ModemRequest) -> Int { asked.count { $0.request == request } }
        var requests: [ModemRequest] { asked.map(\.request) }
    }

    @Test("without a PIN goes from the card to the connection, and is watched from then on")
    func connects() {
        var stage = Stage()
        stage.take(.found)
        #expect(stage.requests == [.connection, .card, .radioOn, .registration, .attach, .connect])
        stage.run(seconds: 60)
        #expect(
            stage.requests.dropFirst(6).prefix(6)
                == [.signal, .registration, .connection, .connection, .signal, .registration])
        #expect(stage.reports.map(\.state) == [.searching, .registered, .connecting, .connected, .connected])
        #expect(stage.reports.last?.signal == SignalStrength(dBm: -90))
        #expect(stage.times(.connect) == 1 && stage.others.isEmpty)
    }

    @Test("a connection of an earlier life is taken over as it is")
    func adopts() {
        var stage = Stage()
        stage.isConnected = true
        stage.take(.found)
        stage.run(seconds: 30)
        #expect(stage.times(.connect) == 0 && stage.times(.attach) == 0 && stage.times(.card) == 0)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("the network is told with the connection, and again when it is another")
    func network() {
        var stage = Stage()
        let lte = ServingNetwork(operatorName: "Netz", technology: .lte)
        stage.answers[.registration] = .registration(.registered, lte)
        stage.take(.found)
        #expect(stage.reports.last?.state == .connected && stage.reports.last?.network == lte)
        // A serial line that is taken tells nothing new, and so does what fails.
        for answer in [ModemAnswer.registration(.registered), .failed("busy"), .silence] {
            stage.answers[.registration] = answer
            stage.run(seconds: 60)
            #expect(stage.reports.last?.state == .connected && stage.reports.last?.network == lte)
        }
        let umts = ServingNetwork(operatorName: "Other", technology: .umts)
        stage.answers[.registration] = .registration(.registered, umts)
        stage.run(seconds: 60)
        #expect(stage.reports.last?.state == .connected && stage.reports.last?.network == umts)
        stage.isConnected = false
        stage.answers[.registration] = .registration(.searching)
        stage.run(seconds: 30)
        #expect(stage.reports.last?.state == .searching && stage.reports.last?.network == ServingNetwork())
    }

    // MARK: The PIN

    @Test("the PIN is noted before it is entered, and the note goes when it was right", arguments: [3, nil])
    func pin(tries: Int?) {
        var stage = Stage(hasPIN: true)
        stage.answers[.card] = .card(.locked(triesLeft: tries))
        let actions = stage.machine.handle(.found, at: stage.now)
        #expect(actions.last == .ask(.connection))
        _ = stage.machine.handle(.answered(.connection(isUp: false)), at: stage.now)
        #expect(
            stage.machine.handle(.answered(.card(.locked(triesLeft: tries))), at: stage.now)
                == [.notePIN(PINEntries(open: 1)), .ask(.enterPIN)])
        #expect(stage.machine.handle(.answered(.done), at: stage.now) == [.notePIN(nil), .ask(.radioOn)])
    }

    @Test(
        "a card that is locked is never brought nearer to its PUK",
        arguments: [
            (true, PINEntries(), ModemAnswer.CardState.locked(triesLeft: 2)),
            (true, PINEntries(isRefused: true), .locked(triesLeft: 3)),
            (true, PINEntries(isRefused: true), .locked(triesLeft: nil)),
            (true, PINEntries(open: 1), .locked(triesLeft: nil)), (true, PINEntries(open: 1), .locked(triesLeft: 1)),
            (true, PINEntries(open: 2), .locked(triesLeft: 3)), (true, PINEntries(open: 99), .locked(triesLeft: 3)),
            (false, PINEntries(), .locked(triesLeft: 3)), (true, PINEntries(), .blocked),
        ])
    func locked(hasPIN: Bool, entries: PINEntries, state: ModemAnswer.CardState) {
        var stage = Stage(hasPIN: hasPIN, entries: entries)
        stage.answers[.card] = .card(state)
        stage.take(.found)
        stage.run(seconds: 24 * 3600)
        #expect(stage.times(.enterPIN) == 0)
        #expect(stage.times(.reset) == 0 && stage.others.isEmpty, "no reset helps here")
        #expect(stage.reports.map(\.state) == [state == .blocked ? .pukNeeded : .pinNeeded])
        // Somebody unlocks it.
        stage.answers[.card] = .card(.ready)
        stage.run(seconds: 120)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("a wrong PIN costs one try, whatever happens to the modem and to us, with notes that last or without")
    func wrongPIN() {
        for keepsNotes in [true, false] {
            var (entries, card, left) = (PINEntries(), ModemAnswer.card(.locked(triesLeft: 3)), 3 as Int?)
            var entered = 0
            for _ in 0..<5 {
                var stage = Stage(hasPIN: true, entries: entries, keepsNotes: keepsNotes)
                (stage.answers[.card], stage.costsTries) = (card, left)
                stage.answers[.enterPIN] = .failed("IncorrectPin")
                stage.take(.found)
                stage.run(seconds: 600)
                stage.take(.lost)
                stage.take(.found)
                stage.run(seconds: 600)
                #expect(stage.reports.last?.state == .pinNeeded)
                entered += stage.times(.enterPIN)
                card = stage.answers[.card] ?? card
                left = stage.costsTries
                // A loss of power.
                if keepsNotes { entries = stage.noted ?? entries }
            }
            #expect(entered == 1 && left == 2)
            #expect(entries == (keepsNotes ? PINEntries(isRefused: true) : PINEntries()))
        }
    }

    @Test("where tries are not told, a PIN is entered once, and not at all where that cannot be kept in mind")
    func triesUntold() {
        for (keepsNotes, expected) in [(true, 1), (false, 0)] {
            var stage = Stage(hasPIN: true, keepsNotes: keepsNotes)
            stage.answers[.card] = .card(.locked(triesLeft: nil))
            stage.answers[.enterPIN] = .failed("ERROR")
            stage.take(.found)
            stage.run(seconds: 3600)
            #expect(stage.times(.enterPIN) == expected)
            #expect(stage.reports.last?.state == .pinNeeded)
            #expect(stage.noted == (keepsNotes ? PINEntries(open: 1) : nil))
        }
    }

    @Test("a card that says that it has all its tries whatever is entered is not believed for ever")
    func miscounting() {
        for answer in [ModemAnswer.failed("no"), .silence] {
            var stage = Stage(hasPIN: true)
            stage.answers[.card] = .card(.locked(triesLeft: 3))
            stage.answers[.enterPIN] = answer
            stage.take(.found)
            stage.run(seconds: 24 * 3600)
            #expect(stage.times(.enterPIN) == 2 && stage.reports.last?.state == .pinNeeded)
        }
    }

    @Test("power that goes between the right PIN and its answer locks nobody out")
    func powerLoss() {
        // The card has all its tries: what was entered was right, or was not entered.
        var stage = Stage(hasPIN: true, entries: PINEntries(open: 1))
        stage.answers[.card] = .card(.locked(triesLeft: 3))
        stage.take(.found)
        #expect(stage.times(.enterPIN) == 1 && stage.reports.last?.state == .connected && stage.noted == nil)
        // The card kept its power, and is ready: where the modem does not tell tries, too.
        stage = Stage(hasPIN: true, entries: PINEntries(open: 1))
        let actions =
            stage.machine.handle(.found, at: stage.now)
            + stage.machine.handle(.answered(.connection(isUp: false)), at: stage.now)
            + stage.machine.handle(.answered(.card(.ready)), at: stage.now)
        #expect(actions.contains(.notePIN(nil)))
    }

    @Test("no answer to the PIN is no refusal: when the card is ready then, it was right")
    func pinInSilence() {
        var stage = Stage(hasPIN: true)
        stage.answers[.card] = .card(.locked(triesLeft: nil))
        stage.answers[.enterPIN] = .silence
        stage.take(.found)
        #expect(stage.reports.last?.state == .waiting && stage.noted == PINEntries(open: 1))
        stage.answers[.card] = .card(.ready)
        stage.run(seconds: 5)
        #expect(stage.reports.last?.state == .connected && stage.noted == nil)
    }

    @Test("what was not entered for a reason of our own counts for nothing, and is entered when it can be")
    func pinNotAsked() {
        var stage = Stage(hasPIN: true)
        stage.answers[.card] = .card(.locked(triesLeft: nil))
        stage.answers[.enterPIN] = .notAsked("no space left on device")
        stage.take(.found)
        #expect(stage.reports.last == ModemReport(.waiting, "no space left on device") && stage.noted == nil)
        stage.run(seconds: 60)
        #expect(stage.times(.enterPIN) > 3)
        stage.answers[.enterPIN] = .done
        stage.run(seconds: 120)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test(
        "notes are read as they were written, and what else stands there is an entry",
        arguments: [
            (PINEntries(open: 2), "2"), (PINEntries(isRefused: true), "refused"), (PINEntries(open: 1), "1"),
        ])
    func notes(entries: PINEntries, text: String) {
        #expect(entries.text == text && PINEntries(text: text) == entries)
        #expect(PINEntries(text: "0") == PINEntries())
        for other in ["", "-3", "-0x1", "3 or so", "99999999999999999999"] {
            #expect(PINEntries(text: other) == PINEntries(open: 1), "\(other)")
        }
    }

    @Test("a network that is not there is looked for, with the signal told meanwhile")
    func searching() {
        var stage = Stage()
        stage.answers[.registration] = .registration(.searching)
        stage.take(.found)
        stage.run(seconds: 60)
        #expect(stage.times(.registration) > 10 && stage.times(.signal) > 3 && stage.times(.connect) == 0)
        stage.answers[.registration] = .registration(.registered)
        stage.run(seconds: 10)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("what fails is tried again, more and more slowly, and soon again after it has worked")
    func backOff() {
        var stage = Stage()
        stage.answers[.connect] = .failed("call end reason (1)")
        stage.take(.found)
        stage.run(seconds: 290)
        let tries = stage.asked.filter { $0.request == .connect }.map(\.second)
        #expect(tries == [0, 2, 6, 14, 30, 62, 126, 246])
        #expect(stage.reports.last == ModemReport(.waiting, "call end reason (1)"))
        stage.answers[.connect] = .done
        stage.run(seconds: 120)
        #expect(stage.reports.last?.state == .connected)
        stage.answers[.connect] = .failed("no")
        stage.isConnected = false
        stage.run(seconds: 13)
        #expect(stage.reports.last?.state == .waiting)
        stage.answers[.connect] = .done
        stage.run(seconds: 20)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("a connection that the network ends is made anew at the next look")
    func reconnects() {
        var stage = Stage()
        stage.take(.found)
        stage.run(seconds: 60)
        stage.isConnected = false
        stage.run(seconds: 21)
        #expect(stage.times(.connect) == 2 && stage.reports.last?.state == .connected)
    }

    @Test("a modem that says that it is connected while nothing comes back is helped up, harder each time")
    func watchdog() {
        var stage = Stage()
        stage.take(.found)
        stage.run(seconds: 60)
        stage.receives = false
        let start = stage.now.milliseconds / 1000
        stage.run(seconds: 24 * 3600)
        let disconnects = stage.asked.filter { $0.request == .disconnect }.map { $0.second - start }
        let resets = stage.asked.filter { $0.request == .reset }.map { $0.second - start }
        #expect(disconnects.count == 1 && (300...330).contains(disconnects[0]))
        #expect(resets.count == 1 && (600...660).contains(resets[0]))
        let cycles = stage.others.count { $0 == .powerCycle }
        // At 15 min, 35 min, 75 min, 155 min, 5.25 h, 10.6 h, then each six hours.
        #expect((6...9).contains(cycles), "\(cycles)")
        stage.receives = true
        stage.run(seconds: 300)
        let before = stage.others.count
        stage.run(seconds: 24 * 3600)
        #expect(stage.others.count == before && stage.times(.reset) == 1)
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("a way that probes call dead is helped up whatever comes in, and all is well when they are answered")
    func deadBehindTheGateway() {
        var stage = Stage()
        stage.leads = true
        stage.take(.found)
        stage.run(seconds: 60)
        // Advertisements and strangers' scans go on.
        stage.leads = false
        let start = stage.now.milliseconds / 1000
        stage.run(seconds: 1300)
        let disconnects = stage.asked.filter { $0.request == .disconnect }.map { $0.second - start }
        let resets = stage.asked.filter { $0.request == .reset }.map { $0.second - start }
        #expect(disconnects.count == 1 && (300...330).contains(disconnects[0]))
        #expect(resets.count == 1 && (600...660).contains(resets[0]))
        #expect(stage.others == [.powerCycle])
        stage.leads = true
        stage.run(seconds: 120)
        stage.leads = false
        stage.run(seconds: 330)
        #expect(stage.times(.disconnect) == 2 && stage.times(.reset) == 1, "from the beginning again")
    }

    @Test("a way that probes call alive is left alone whatever does not come in")
    func alive() {
        var stage = Stage()
        stage.leads = true
        stage.take(.found)
        stage.run(seconds: 60)
        stage.receives = false
        stage.run(seconds: 24 * 3600)
        #expect(stage.times(.disconnect) == 0 && stage.others.isEmpty)
        // And when nobody knows any more, what comes in counts again.
        stage.leads = nil
        stage.run(seconds: 400)
        #expect(stage.times(.disconnect) == 1)
    }

    @Test("the first help begins with the card, for a modem that was away knows nothing of what it was told")
    func reconnectsFromTheBeginning() {
        var stage = Stage()
        stage.take(.found)
        stage.run(seconds: 60)
        stage.receives = false
        stage.run(seconds: 330)
        let help = stage.requests.drop { $0 != .disconnect }
        #expect(help.prefix(6) == [.disconnect, .card, .radioOn, .registration, .attach, .connect])
        #expect(stage.reports.last?.state == .connected)
    }

    @Test("where nothing is sent, nothing is missed")
    func idle() {
        var stage = Stage()
        stage.take(.found)
        stage.run(seconds: 60)
        (stage.sends, stage.receives) = (false, false)
        stage.run(seconds: 24 * 3600)
        #expect(stage.times(.disconnect) == 0 && stage.others.isEmpty)
    }

    @Test("the watchdog also helps a modem that never connects, and one whose programs never answer")
    func neverConnects() {
        for answer in [ModemAnswer.failed("no"), .silence] {
            var stage = Stage()
            stage.answers[.connect] = answer
            stage.answers[.disconnect] = answer
            stage.answers[.reset] = answer
            stage.take(.found)
            stage.run(seconds: 3600)
            #expect(stage.times(.reset) == 1)
            #expect(stage.others == [.powerCycle, .powerCycle])
        }
    }

    @Test("a device that goes and comes begins anew, and what the watchdog did before is not forgotten")
    func unplugged() {
        var stage = Stage()
        stage.receives = false
        stage.take(.found)
        stage.run(seconds: 1000)
        #expect(stage.others == [.powerCycle])
        stage.take(.lost)
        #expect(stage.reports.last == ModemReport(.absent) && stage.machine.nextDeadline == nil)
        stage.isConnected = false
        stage.take(.found)
        stage.run(seconds: 900)
        #expect(stage.others == [.powerCycle], "the next one is twenty minutes after the first")
        #expect(stage.times(.reset) == 1)
        stage.run(seconds: 600)
        #expect(stage.others == [.powerCycle, .powerCycle])
    }
}
