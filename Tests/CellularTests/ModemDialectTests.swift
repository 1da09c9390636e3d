import Testing

@testable import Cellular

/// What qmicli 1.32.2 and mbimcli 1.28.2 of Debian bookworm write: the lines are the format strings in these two programs,
/// filled in; card and registration of a QMI modem are as a user of an MC7430 showed them (libqmi-devel, December 2016).
@Suite("The words of modems")
struct ModemDialectTests {
    private static func dialect(
        _ kind: ModemKind, _ settings: ModemSettings = ModemSettings(accessPoint: "internet"),
        session: QMISession? = nil
    ) -> ModemDialect {
        ModemDialect(
            kind: kind, settings: settings, interface: "wwan0",
            device: kind == .serial ? "/dev/ttyACM0" : "/dev/cdc-wdm0", folder: "/run/modem", session: session)
    }

    private static func calls(_ dialect: ModemDialect, _ request: ModemRequest) -> [String] {
        guard case .calls(let calls) = dialect.step(for: request) else { return [] }
        return calls.map { ([$0.program] + $0.arguments).joined(separator: " ") }
    }

    // MARK: QMI

    private static func cardStatus(_ state: String, tries: Int, card: String = "present") -> String {
        """
        [/dev/cdc-wdm0] Successfully got card status
        Provisioning applications:
        \tPrimary GW:   slot '1', application '2'
        \tPrimary 1X:   session doesn't exist
        Slot [1]:
        \tCard state: '\(card)'
        \tUPIN state: 'not-initialized'
        \t\tUPIN retries: '0'
        \t\tUPUK retries: '0'
        \tApplication [1]:
        \t\tApplication type:  'isim (5)'
        \t\tApplication state: 'detected'
        \t\tPIN1 state: 'not-initialized'
        \t\t\tPIN1 retries: '0'
        \tApplication [2]:
        \t\tApplication type:  'usim (2)'
        \t\tApplication state: '\(state)'
        \t\tApplication ID:
        \t\t\tA0:00:00:00:87:10:02:FF:FF:FF:FF:89:06:19:00:00
        \t\tPersonalization state: 'unknown'
        \t\tUPIN replaces PIN1: 'no'
        \t\tPIN1 state: 'enabled-not-verified'
        \t\t\tPIN1 retries: '\(tries)'
        \t\t\tPUK1 retries: '10'
        \t\tPIN2 state: 'enabled-not-verified'
        \t\t\tPIN2 retries: '1'

        """
    }

    @Test(
        "QMI: the card's state is that of its SIM, and not that of what else is on it",
        arguments: [
            (cardStatus("ready", tries: 3), ModemAnswer.CardState.ready),
            (cardStatus("pin1-or-upin-pin-required", tries: 3), .locked(triesLeft: 3)),
            (cardStatus("pin1-or-upin-pin-required", tries: 1), .locked(triesLeft: 1)),
            (cardStatus("puk1-or-upin-puk-required", tries: 0), .blocked),
            (cardStatus("pin1-blocked", tries: 0), .blocked),
            (cardStatus("detected", tries: 3), .starting),
            ("[/dev/cdc-wdm0] Successfully got card status\nSlot [1]:\n\tCard state: 'absent'\n", .absent),
            (
                "[/dev/cdc-wdm0] Successfully got card status\nSlot [1]:\n\tCard state: 'error: no-atr-received (3)'\n",
                .absent
            ),
        ])
    func qmiCard(output: String, state: ModemAnswer.CardState) {
        var dialect = Self.dialect(.qmi)
        #expect(dialect.answer(to: .card, status: 0, output: output) == .card(state))
    }

    @Test("QMI: a connection is named by client and handle, which later calls have, and the client is used again")
    func qmiConnection() {
        let settings = ModemSettings(accessPoint: "internet", user: "me", password: "p w")
        var dialect = Self.dialect(.qmi, settings)
        #expect(dialect.step(for: .connection) == .answer(.connection(isUp: false)))
        #expect(
            Self.calls(dialect, .connect) == [
                "qmicli -d /dev/cdc-wdm0 -p --wds-start-network=apn='internet',ip-type=6,auth=BOTH,username='me',"
                    + "password='p w' --client-no-release-cid"
            ])
        let output = """
            [/dev/cdc-wdm0] Network started
            \tPacket data handle: '3634026241'
            [/dev/cdc-wdm0] Client ID not released:
            \tService: 'wds'
            \t    CID: '80'

            """
        #expect(dialect.answer(to: .connect, status: 0, output: output) == .done)
        #expect(dialect.session == QMISession(client: 80, handle: 3_634_026_241))
        #expect(QMISession(text: dialect.session?.text ?? "") == dialect.session)
        #expect(
            Self.calls(dialect, .connection) == [
                "qmicli -d /dev/cdc-wdm0 -p --wds-get-packet-service-status --client-cid=80 --client-no-release-cid"
            ])
        let up = "[/dev/cdc-wdm0] Connection status: 'connected'\n"
        // A line that begins with the path of the device has its key behind it.
        #expect(dialect.answer(to: .connection, status: 0, output: up) == .connection(isUp: true))
        let down = "[/dev/cdc-wdm0] Connection status: 'disconnected'\n"
        #expect(dialect.answer(to: .connection, status: 0, output: down) == .connection(isUp: false))
        #expect(
            Self.calls(dialect, .disconnect) == [
                "qmicli -d /dev/cdc-wdm0 -p --wds-stop-network=3634026241 --client-cid=80"
            ])
        #expect(dialect.answer(to: .disconnect, status: 0, output: "[/dev/cdc-wdm0] Network stopped\n") == .done)
        #expect(dialect.session == nil && dialect.step(for: .disconnect) == .answer(.done))
    }

    @Test("QMI: a refused connection says why in the network's words, and its client is used once more")
    func qmiRefused() {
        var dialect = Self.dialect(.qmi)
        let output = """
            error: couldn't start network: QMI protocol error (14): 'CallFailed'
            call end reason (3): generic-no-service
            verbose call end reason (6,50): [3gpp] ipv4-only-allowed
            [/dev/cdc-wdm0] Client ID not released:
            \tService: 'wds'
            \t    CID: '21'

            """
        #expect(
            dialect.answer(to: .connect, status: 1, output: output)
                == .failed(
                    "couldn't start network: QMI protocol error (14): 'CallFailed', call end reason (3): generic-no-service"
                ))
        #expect(dialect.session == QMISession(client: 21))
        #expect(Self.calls(dialect, .connect)[0].hasSuffix("--client-no-release-cid --client-cid=21"))
        // And not for ever: the proxy may have forgotten it.
        _ = dialect.answer(to: .connect, status: 1, output: "error: couldn't start network: 'InvalidClientId'\n")
        #expect(dialect.session == nil)
    }

    @Test("QMI: registration and signal")
    func qmiNetwork() {
        var dialect = Self.dialect(.qmi)
        func system(_ state: String, _ attached: String, name: String = "PS: 'detached'") -> String {
            """
            [/dev/cdc-wdm0] Successfully got serving system:
            \tRegistration state: '\(state)'
            \tCS: 'detached'
            \tPS: '\(attached)'
            \tSelected network: '3gpp'
            \tRadio interfaces: '2'
            \t\t[0]: 'lte'
            \t\t[1]: '5gnr'
            \tRoaming status: 'off'
            \tData service capabilities: '1'
            \t\t[0]: 'gprs'
            \tCurrent PLMN:
            \t\tMCC: '262'
            \t\tMNC: '1'
            \t\tDescription: '\(name)'

            """
        }
        let rows: [(String, String, ModemAnswer.RegistrationState)] = [
            ("registered", "attached", .registered), ("registered", "detached", .searching),
            ("not-registered-searching", "detached", .searching), ("not-registered", "detached", .searching),
            ("registration-denied", "detached", .denied),
        ]
        for (state, attached, expected) in rows {
            #expect(
                dialect.answer(to: .registration, status: 0, output: system(state, attached))
                    == .registration(expected, ServingNetwork(operatorName: "PS: 'detached'", technology: .nr)))
        }
        #expect(
            dialect.answer(to: .registration, status: 0, output: system("registered", "attached", name: ""))
                == .registration(.registered, ServingNetwork(operatorName: "262 1", technology: .nr)))
        let lte = """
            [/dev/cdc-wdm0] Successfully got signal info
            LTE:
            \tRSSI: '-63 dBm'
            \tRSRQ: '-9 dB'
            \tRSRP: '-95 dBm'
            \tSNR: '12.4 dB'

            """
        #expect(dialect.answer(to: .signal, status: 0, output: lte) == .signal(SignalStrength(dBm: -95)))
        let wcdma = "[/dev/cdc-wdm0] Successfully got signal info\nWCDMA:\n\tRSSI: '-71 dBm'\n\tECIO: '-2.5 dBm'\n"
        #expect(dialect.answer(to: .signal, status: 0, output: wcdma) == .signal(SignalStrength(dBm: -71)))
        let none = "[/dev/cdc-wdm0] Successfully got signal info\n"
        #expect(dialect.answer(to: .signal, status: 0, output: none) == .signal(nil))
    }

    @Test("QMI: packets without Ethernet header are agreed on with modem and kernel while the link is down")
    func qmiFormat() {
        #expect(
            Self.calls(Self.dialect(.qmi), .attach) == [
                "ip link set wwan0 down", "qmicli -d /dev/cdc-wdm0 -p --wda-set-data-format=link-layer-protocol=raw-ip",
                "qmicli -d /dev/cdc-wdm0 --set-expected-data-format=raw-ip", "ip link set wwan0 up",
            ])
    }

    @Test("QMI: a wrong PIN is a failure, being on already is none")
    func qmiErrors() {
        var dialect = Self.dialect(.qmi, ModemSettings(accessPoint: "internet", pin: "1234"))
        #expect(Self.calls(dialect, .enterPIN) == ["qmicli -d /dev/cdc-wdm0 -p --uim-verify-pin=PIN1,1234"])
        let wrong =
            "error: couldn't verify PIN: QMI protocol error (12): 'IncorrectPin'\n[/dev/cdc-wdm0] Retries left:\n"
        #expect(
            dialect.answer(to: .enterPIN, status: 1, output: wrong)
                == .failed("couldn't verify PIN: QMI protocol error (12): 'IncorrectPin'"))
        let on = "error: couldn't set operating mode: QMI protocol error (26): 'NoEffect'\n"
        #expect(dialect.answer(to: .radioOn, status: 1, output: on) == .done)
        #expect(dialect.answer(to: .radioOn, status: 1, output: "") == .failed("without a word"))
    }

    @Test("QMI: a modem that refuses to go offline is reset all the same")
    func qmiReset() {
        guard case .calls(let calls) = Self.dialect(.qmi).step(for: .reset) else {
            Issue.record("no calls")
            return
        }
        #expect(
            calls.map { $0.arguments.last } == ["--dms-set-operating-mode=offline", "--dms-set-operating-mode=reset"])
        #expect(calls.map(\.mayFail) == [true, false])
    }

    // MARK: MBIM

    private static func subscriber(_ state: String, _ pin: String, tries: Int) -> String {
        """
        [/dev/cdc-wdm0] Subscriber ready status retrieved:
        \t      Ready state: '\(state)'
        \t    Subscriber ID: '901405100000000'
        \t        SIM ICCID: '8988211000000000000'
        \t       Ready info: 'none'
        \tTelephone numbers: (0) 'unknown'
        [/dev/cdc-wdm0] PIN info:
        \t         PIN state: 'locked'
        \t          PIN type: '\(pin)'
        \tRemaining attempts: '\(tries)'

        """
    }

    @Test(
        "MBIM: a card is ready when it says so, also while PIN 2 is locked",
        arguments: [
            (subscriber("initialized", "pin2", tries: 3), Int32(0), ModemAnswer.CardState.ready),
            (subscriber("device-locked", "pin1", tries: 3), 0, .locked(triesLeft: 3)),
            (subscriber("device-locked", "puk1", tries: 10), 0, .blocked),
            (subscriber("not-initialized", "unknown", tries: 0), 0, .starting),
            (
                "[/dev/cdc-wdm0] Subscriber ready status retrieved:\n\t      Ready state: 'sim-not-inserted'\n"
                    + "error: operation failed: SimNotInserted\n", 1, .absent
            ),
        ])
    func mbimCard(output: String, status: Int32, state: ModemAnswer.CardState) {
        var dialect = Self.dialect(.mbim)
        #expect(dialect.answer(to: .card, status: status, output: output) == .card(state))
    }

    @Test("MBIM: connects, is asked after, and says why not")
    func mbimConnection() {
        var dialect = Self.dialect(.mbim, ModemSettings(accessPoint: "web.example", user: "u", password: "p"))
        #expect(
            Self.calls(dialect, .connect) == [
                "mbimcli -d /dev/cdc-wdm0 -p --connect=access-string='web.example',ip-type=ipv6,auth=CHAP,username='u',"
                    + "password='p'"
            ])
        #expect(Self.calls(dialect, .attach).last == "ip link set wwan0 up")
        func status(_ state: String) -> String {
            """
            [/dev/cdc-wdm0] Connection status:
            \t      Session ID: '0'
            \tActivation state: '\(state)'
            \tVoice call state: 'none'
            \t         IP type: 'ipv6'
            \t    Context type: 'internet'
            \t   Network error: 'unknown'

            """
        }
        #expect(
            dialect.answer(
                to: .connect, status: 0, output: "[/dev/cdc-wdm0] Successfully connected\n\n" + status("activated"))
                == .done)
        #expect(dialect.answer(to: .connection, status: 0, output: status("activated")) == .connection(isUp: true))
        #expect(dialect.answer(to: .connection, status: 0, output: status("deactivated")) == .connection(isUp: false))
        #expect(
            dialect.answer(to: .connect, status: 1, output: "error: operation failed: MaxActivatedContexts\n")
                == .failed("operation failed: MaxActivatedContexts"))
    }

    @Test("MBIM: registration and signal")
    func mbimNetwork() {
        var dialect = Self.dialect(.mbim)
        let rows: [(String, ModemAnswer.RegistrationState)] = [
            ("home", .registered), ("roaming", .registered), ("partner", .registered), ("searching", .searching),
            ("deregistered", .searching), ("denied", .denied),
        ]
        for (state, expected) in rows {
            let output = """
                [/dev/cdc-wdm0] Registration status:
                \t         Network error: 'unknown'
                \t        Register state: '\(state)'
                \t         Register mode: 'automatic'
                \tAvailable data classes: 'umts, hsdpa, lte, custom'
                \tCurrent cellular class: 'gsm'
                \t           Provider ID: '26201'
                \t         Provider name: 'Register state: 'denied''

                """
            #expect(
                dialect.answer(to: .registration, status: 0, output: output)
                    == .registration(
                        expected, ServingNetwork(operatorName: "Register state: 'denied'", technology: .lte))
            )
            #expect(
                dialect.answer(
                    to: .registration, status: 0,
                    output: output.replacing("'Register state: 'denied''", with: "'unknown'").replacing(
                        "lte", with: "none")
                )
                    == .registration(expected, ServingNetwork(operatorName: "26201", technology: .umts)))
        }
        func signal(_ coded: Int) -> String {
            "[/dev/cdc-wdm0] Signal state:\n\t          RSSI [0-31,99]: '\(coded)'\n\t     Error rate [0-7,99]: '99'\n"
        }
        #expect(dialect.answer(to: .signal, status: 0, output: signal(17)) == .signal(SignalStrength(dBm: -79)))
        #expect(dialect.answer(to: .signal, status: 0, output: signal(99)) == .signal(nil))
    }

    // MARK: Serial

    /// As chat writes it, which was tried with Debian's.
    private static func report(_ line: String) -> String { "chat:  Nov 27 03:51:25 \(line)\n" }

    @Test(
        "a serial modem's card is known by what chat reports",
        arguments: [
            (Int32(0), report("+CPIN: READY"), ModemAnswer.card(.ready)),
            (0, report("+CPIN: SIM PIN"), .card(.locked(triesLeft: nil))),
            (0, report("+CPIN: SIM PIN") + report("+CPINR: SIM PIN,2,3"), .card(.locked(triesLeft: 2))),
            (0, report("+CPIN: SIM PIN") + report("+CPINR: SIM PUK,10,10"), .card(.locked(triesLeft: nil))),
            (
                0, report("+CPIN: SIM PIN") + report("+CPINR: SIM PUK,10") + report("+CPINR: SIM PIN,3"),
                .card(.locked(triesLeft: 3))
            ),
            (3, report("+CPIN: SIM PIN") + report("^CPIN: SIM PIN,,10,1,10,3"), .card(.locked(triesLeft: 1))),
            (3, report("+CPIN: SIM PIN") + report("^CPIN: SIM PIN,3"), .card(.locked(triesLeft: nil))),
            (0, report("+CPIN: SIM PIN2"), .card(.ready)), (0, report("+CPIN: SIM PUK"), .card(.blocked)),
            (0, report("+CPIN: PH-NET PIN"), .card(.starting)),
            (3, report("+CME ERROR: 10") + "Failed\n", .card(.absent)),
            (3, report("+CME ERROR: 14") + "Failed\n", .card(.starting)),
            (3, "Failed\n", .failed("it does not answer AT commands")), (137, "", .failed("without a word")),
        ])
    func serialCard(status: Int32, output: String, answer: ModemAnswer) {
        var dialect = Self.dialect(.serial)
        #expect(dialect.answer(to: .card, status: status, output: output) == answer)
    }

    @Test("a serial modem's secrets are in files for root alone and in no command line")
    func serialSecrets() {
        let dialect = Self.dialect(
            .serial, ModemSettings(accessPoint: "internet", pin: "4711", user: "me", password: "secret"))
        for request in ModemRequest.allCases {
            guard case .calls(let calls) = dialect.step(for: request) else { continue }
            for call in calls {
                #expect(!call.arguments.contains { $0.contains("secret") || $0.contains("4711") })
                #expect(call.files.allSatisfy { $0.path.hasPrefix("/run/modem/") })
            }
        }
    }

    @Test("a serial modem's connection lives as long as the interface that pppd made")
    func serialConnection() {
        var dialect = Self.dialect(.serial)
        let line = "7: wwan0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UNKNOWN\n"
        #expect(dialect.step(for: .signal) != .answer(.signal(nil)))
        #expect(dialect.answer(to: .connection, status: 0, output: line) == .connection(isUp: true))
        // The line is pppd's.
        #expect(dialect.step(for: .signal) == .answer(.signal(nil)))
        #expect(dialect.step(for: .registration) == .answer(.registration(.registered)))
        #expect(dialect.answer(to: .connection, status: 0, output: "") == .connection(isUp: false))
        #expect(
            dialect.answer(to: .connection, status: 1, output: "Device \"wwan0\" does not exist.\n")
                == .connection(isUp: false))
        #expect(
            dialect.answer(to: .registration, status: 0, output: Self.report("+CGATT: 1")) == .registration(.registered)
        )
        #expect(
            dialect.answer(to: .registration, status: 0, output: Self.report("+CGATT: 0")) == .registration(.searching))
        let rows: [(String, ServingNetwork)] = [
            ("0,0,\"Netz, eins\",7", ServingNetwork(operatorName: "Netz, eins", technology: .lte)),
            ("0,2,\"26201\"", ServingNetwork(operatorName: "26201")), ("0", ServingNetwork()),
            ("0,0,\"\",2", ServingNetwork(technology: .umts)), ("0,0,\"", ServingNetwork()),
            ("0,0,\"Netz\",99", ServingNetwork(operatorName: "Netz")),
        ]
        // An operator that is not told, which ends the exchange, is no reason to say that nothing was.
        for (text, network) in rows {
            let output = Self.report("+CGATT: 1") + Self.report("+COPS: \(text)")
            #expect(dialect.answer(to: .registration, status: 4, output: output) == .registration(.registered, network))
        }
        #expect(
            dialect.answer(to: .registration, status: 3, output: "") == .failed("it does not answer AT commands"))
        #expect(
            dialect.answer(to: .signal, status: 0, output: Self.report("+CSQ: 20,99"))
                == .signal(SignalStrength(dBm: -73)))
        #expect(dialect.answer(to: .signal, status: 0, output: Self.report("+CSQ: 99,99")) == .signal(nil))
        #expect(dialect.answer(to: .signal, status: 3, output: "") == .signal(nil))
    }
}
