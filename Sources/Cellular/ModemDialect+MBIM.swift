import MobilityWire

/// mbimcli of libmbim 1.28, which Debian bookworm has. It goes through mbim-proxy, which keeps the modem's session open
/// between two calls.
extension ModemDialect {
    func mbimStep(for request: ModemRequest) -> Step {
        switch request {
        // Some modems connect only after the first of these (libmbim-devel, April 2016).
        case .card: return .calls([mbimcli("--query-subscriber-ready-status"), mbimcli("--query-pin-state")])
        case .enterPIN: return .calls([mbimcli("--enter-pin=\(settings.pin ?? "")")])
        case .radioOn: return .calls([mbimcli("--set-radio-state=on")])
        case .registration: return .calls([mbimcli("--query-registration-state")])
        case .attach: return .calls([mbimcli("--attach-packet-service"), setLink("up")])
        case .connect:
            var what = "access-string=\(Self.quoted(settings.accessPoint)),ip-type=ipv6"
            if let user = settings.user { what += ",auth=CHAP,username=\(Self.quoted(user))" }
            if let password = settings.password { what += ",password=\(Self.quoted(password))" }
            var call = mbimcli("--connect=\(what)")
            call.limit = .seconds(90)
            return .calls([call])
        case .connection: return .calls([mbimcli("--query-connection-state")])
        case .signal: return .calls([mbimcli("--query-signal-state")])
        case .disconnect: return .calls([mbimcli("--disconnect")])
        // The protocol has no more than this; the power of the port is the step after it.
        case .reset: return .calls([mbimcli("--set-radio-state=off")])
        }
    }

    static func mbimAnswer(to request: ModemRequest, isDone: Bool, _ text: AnswerText) -> ModemAnswer {
        // A card that is not there has no PIN to ask for, which fails the second call.
        if request == .card, let state = text.value("Ready state") { return .card(card(state, text)) }
        guard isDone else { return .failed(text.complaint) }
        switch request {
        case .registration: return .registration(registration(text), network(text))
        case .connection: return .connection(isUp: text.value("Activation state") == "activated")
        case .signal:
            return .signal(AnswerText.number(text.value("RSSI [0-31,99]")).flatMap(SignalStrength.init(coded:)))
        case .card: return .failed(text.complaint)
        case .enterPIN, .radioOn, .attach, .connect, .disconnect, .reset: return .done
        }
    }

    private func mbimcli(_ argument: String) -> ModemCall { ModemCall("mbimcli", ["-d", device, "-p", argument]) }

    private static func card(_ state: Substring, _ text: AnswerText) -> ModemAnswer.CardState {
        switch state {
        // Also where PIN 2 is asked for, which nothing here needs.
        case "initialized": return .ready
        case "device-locked":
            switch text.value("PIN type") {
            case "pin1": return .locked(triesLeft: AnswerText.number(text.value("Remaining attempts")))
            case "puk1": return .blocked
            default: return .starting
            }
        case "sim-not-inserted", "bad-sim", "no-esim-profile": return .absent
        default: return .starting
        }
    }

    /// Classes are told from the oldest on; what the network has is what a modem of today uses of it.
    private static func network(_ text: AnswerText) -> ServingNetwork {
        let classes = (text.value("Available data classes") ?? "").split { $0 == "," || $0 == " " }
        let name = [text.value("Provider name"), text.value("Provider ID")].compactMap { $0 }
            .first { !$0.isEmpty && $0 != "unknown" }
        return ServingNetwork(
            operatorName: name.map(String.init),
            technology: classes.compactMap { AccessTechnology(word: $0) }.last)
    }

    private static func registration(_ text: AnswerText) -> ModemAnswer.RegistrationState {
        switch text.value("Register state") {
        case "home", "roaming", "partner": .registered
        case "denied": .denied
        default: .searching
        }
    }
}
