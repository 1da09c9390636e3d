import MobilityWire

/// qmicli of libqmi 1.32, which Debian bookworm has. It goes through qmi-proxy, so that a client identifier outlives one call.
extension ModemDialect {
    func qmiStep(for request: ModemRequest) -> Step {
        switch request {
        case .card: return .calls([qmicli("--uim-get-card-status")])
        case .enterPIN: return .calls([qmicli("--uim-verify-pin=PIN1,\(settings.pin ?? "")")])
        case .radioOn: return .calls([qmicli("--dms-set-operating-mode=online")])
        case .registration: return .calls([qmicli("--nas-get-serving-system")])
        case .attach:
            // The modem attaches by itself. Its packets have no Ethernet header, and the kernel is to expect that, which
            // it lets itself be told while the link is down.
            return .calls([
                setLink("down"), qmicli("--wda-set-data-format=link-layer-protocol=raw-ip"),
                ModemCall("qmicli", ["-d", device, "--set-expected-data-format=raw-ip"]), setLink("up"),
            ])
        case .connect:
            var what = "apn=\(Self.quoted(settings.accessPoint)),ip-type=6"
            if let user = settings.user { what += ",auth=BOTH,username=\(Self.quoted(user))" }
            if let password = settings.password { what += ",password=\(Self.quoted(password))" }
            var call = qmicli("--wds-start-network=\(what)", "--client-no-release-cid")
            if let session { call.arguments.append("--client-cid=\(session.client)") }
            call.limit = .seconds(90)
            return .calls([call])
        case .connection:
            guard let session, session.handle != nil else { return .answer(.connection(isUp: false)) }
            return .calls([
                qmicli("--wds-get-packet-service-status", "--client-cid=\(session.client)", "--client-no-release-cid")
            ])
        case .signal: return .calls([qmicli("--nas-get-signal-info")])
        case .disconnect:
            guard let session, let handle = session.handle else { return .answer(.done) }
            return .calls([qmicli("--wds-stop-network=\(handle)", "--client-cid=\(session.client)")])
        case .reset:
            // Some modems reset only from there, others know no such thing.
            var offline = qmicli("--dms-set-operating-mode=offline")
            offline.mayFail = true
            return .calls([offline, qmicli("--dms-set-operating-mode=reset")])
        }
    }

    mutating func qmiAnswer(to request: ModemRequest, isDone: Bool, _ text: AnswerText) -> ModemAnswer {
        switch request {
        case .connect:
            let client = AnswerText.number(text.value("CID")).flatMap(UInt32.init(exactly:))
            let handle = AnswerText.number(text.value("Packet data handle")).flatMap(UInt32.init(exactly:))
            if isDone, let handle, let client = client ?? session?.client {
                session = QMISession(client: client, handle: handle)
                return .done
            }
            // One that the proxy has forgotten is of no use; one that is new may be used again.
            session = session == nil ? client.map { QMISession(client: $0) } : nil
            return .failed(text.complaint)
        case .disconnect, .reset: session = nil
        case _ where !isDone:
            // Telling it what it does already has no effect, and is an error to some.
            if request == .radioOn, AnswerText.behind("NoEffect", in: text.complaint[...]) != nil { return .done }
            if request == .connection {
                session = nil
                return .connection(isUp: false)
            }
        case .card: return .card(Self.card(text))
        case .registration: return .registration(Self.registration(text), Self.network(text))
        case .connection: return .connection(isUp: text.value("Connection status") == "connected")
        case .signal: return .signal(Self.signal(text))
        case .enterPIN, .radioOn, .attach: break
        }
        return isDone ? .done : .failed(text.complaint)
    }

    private func qmicli(_ arguments: String...) -> ModemCall {
        ModemCall("qmicli", ["-d", device, "-p"] + arguments)
    }

    /// By the first application of a card that is a SIM: cards have others, which are locked for ever.
    private static func card(_ text: AnswerText) -> ModemAnswer.CardState {
        var isSIM = false
        var state: Substring?
        var tries: Int?
        for line in text.lines {
            if let type = AnswerText.value("Application type", in: line) {
                if state != nil { break }
                isSIM = type.hasPrefix("usim") || type.hasPrefix("sim")
            } else if isSIM, let value = AnswerText.value("Application state", in: line) {
                state = value
            } else if isSIM, let value = AnswerText.value("PIN1 retries", in: line) {
                tries = AnswerText.number(value)
            }
        }
        switch state {
        case "ready": return .ready
        case "pin1-or-upin-pin-required": return .locked(triesLeft: tries)
        case "puk1-or-upin-puk-required", "pin1-blocked": return .blocked
        case nil: return text.value("Card state") == "present" ? .starting : .absent
        default: return .starting
        }
    }

    private static func registration(_ text: AnswerText) -> ModemAnswer.RegistrationState {
        switch text.value("Registration state") {
        case "registered": text.value("PS") == "detached" ? .searching : .registered
        case "registration-denied": .denied
        default: .searching
        }
    }

    private static func network(_ text: AnswerText) -> ServingNetwork {
        // The interfaces follow a line that counts them, and are numbered, which `AnswerText` takes for a device.
        let interfaces = text.lines.drop { !$0.hasPrefix("Radio interfaces:") }.dropFirst().prefix { $0.hasPrefix(":") }
        let technologies = interfaces.compactMap { line in
            AnswerText.value("", in: line).flatMap { AccessTechnology(word: $0) }
        }
        var name = text.value("Description").map(String.init) ?? ""
        if name.isEmpty, let country = text.value("MCC"), let network = text.value("MNC") {
            name = "\(country) \(network)"
        }
        // The last is the newest where there are two, as with 5G beside LTE.
        return ServingNetwork(operatorName: name, technology: technologies.last)
    }

    private static func signal(_ text: AnswerText) -> SignalStrength? {
        let power = text.value("RSRP") ?? text.value("RSSI")
        return AnswerText.number(power).map(SignalStrength.init(dBm:))
    }
}
