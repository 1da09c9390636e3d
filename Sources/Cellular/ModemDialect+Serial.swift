import MobilityWire

/// chat and pppd 2.4.9, which Debian bookworm has, and AT commands of 3GPP TS 27.007.
///
/// chat ends with 0 when all that it expected came, with 3 after its timeout, and with more for what it was told to give up
/// for. Lines that it is told to report it writes with the date before them. The line belongs to pppd while it is
/// connected: nothing is asked then.
extension ModemDialect {
    private static let timedOut: Int32 = 3

    func serialStep(for request: ModemRequest) -> Step {
        switch request {
        // What is wrong is to be told by its number, and to be read, which giving up would prevent.
        case .card:
            // How many tries are left only some tell, in the one way or the other; \136 is what chat takes ^ for.
            return .calls([
                chat(
                    #""AT+CMEE=1" "OK" "AT+CPIN?" "OK" "AT+CPINR" "OK-AT\136CPIN?-OK""#, abort: [],
                    report: ["+CPIN:", "+CPINR:", #"\136CPIN:"#, "+CME ERROR:"])
            ])
        case .enterPIN: return .calls([chat(#""\qAT+CPIN=\"\#(settings.pin ?? "")\"" "\qOK""#)])
        case .radioOn: return .calls([chat(#""AT+CFUN=1" "OK""#)])
        case .registration where isLineTaken: return .answer(.registration(.registered))
        // The operator by its name, which some do not know.
        case .registration:
            return .calls([
                chat(#""AT+CGATT?" "OK" "AT+COPS=3,0" "OK" "AT+COPS?" "OK""#, report: ["+CGATT:", "+COPS:"])
            ])
        case .attach: return .answer(.done)
        case .connect: return .calls([dial()])
        // pppd takes the interface away with the connection.
        case .connection: return .calls([ModemCall("ip", ["link", "show", "dev", interface, "up"])])
        case .signal where isLineTaken: return .answer(.signal(nil))
        case .signal: return .calls([chat(#""AT+CSQ" "OK""#, report: ["+CSQ:"])])
        case .disconnect: return .calls(hangUp)
        case .reset: return .calls(hangUp + [chat(#""AT+CFUN=1,1" "OK""#)])
        }
    }

    /// pppd says good-bye to its peer before it leaves the line.
    private var hangUp: [ModemCall] {
        [
            ModemCall(
                "start-stop-daemon",
                ["--stop", "--oknodo", "--exec", "/usr/sbin/pppd", "--pidfile", "/run/ppp-\(interface).pid"],
                mayFail: true),
            ModemCall("sleep", ["3"]),
        ]
    }

    mutating func serialAnswer(to request: ModemRequest, status: Int32, _ text: AnswerText) -> ModemAnswer {
        let words = status == Self.timedOut ? "it does not answer AT commands" : text.complaint
        switch request {
        case .connection:
            // Without the flag UP there is no line for it.
            isLineTaken = status == 0 && !text.lines.isEmpty
            return .connection(isUp: isLineTaken)
        case .card: return Self.card(text).map { .card($0) } ?? .failed(words)
        case .registration:
            // Who does not tell the operator is registered all the same.
            guard let value = Self.reportedNumber("+CGATT:", text) else { return .failed(words) }
            return .registration(value == 1 ? .registered : .searching, Self.network(text))
        case .signal: return .signal(Self.reportedNumber("+CSQ:", text).flatMap(SignalStrength.init(coded:)))
        case .connect, .disconnect: isLineTaken = request == .connect && status == 0
        case .enterPIN, .radioOn, .attach, .reset: break
        }
        return status == 0 ? .done : .failed(words)
    }

    /// What AT+CPIN? says (§8.3), or which error it ends with (§9.2.1).
    private static func card(_ text: AnswerText) -> ModemAnswer.CardState? {
        switch reported("+CPIN:", text) {
        // Also where PIN 2 is asked for, which nothing here needs.
        case "READY", "SIM PIN2", "SIM PUK2": return .ready
        case "SIM PIN": return .locked(triesLeft: triesLeft(text))
        case "SIM PUK": return .blocked
        case .some: return .starting
        case nil: break
        }
        switch reported("+CME ERROR:", text) {
        // Not inserted; failure.
        case "10", "13": return .absent
        case .some: return .starting
        case nil: return nil
        }
    }

    /// `+CPINR: SIM PIN,3,3` (3GPP TS 27.007 §8.65), with a line for each code, or `^CPIN: SIM PIN,,10,3,10,3`, which has the
    /// tries of PUK, PIN, PUK 2 and PIN 2 in this order.
    private static func triesLeft(_ text: AnswerText) -> Int? {
        for line in text.lines {
            if let rest = AnswerText.behind("+CPINR:", in: line) {
                let fields = fields(rest)
                if fields.first == "SIM PIN", fields.count > 1 { return Int(fields[1]) }
            } else if let rest = AnswerText.behind("^CPIN:", in: line) {
                let fields = fields(rest)
                if fields.count > 3 { return Int(fields[3]) }
            }
        }
        return nil
    }

    /// `+COPS: 0,0,"Operator",7`; without the last where the network does not tell, and with the first alone where there is
    /// none.
    private static func network(_ text: AnswerText) -> ServingNetwork {
        guard let line = reported("+COPS:", text) else { return ServingNetwork() }
        guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\""), first < last else {
            return ServingNetwork()
        }
        let technology = fields(line[last...].dropFirst()).last.flatMap { Int($0) }
        return ServingNetwork(
            operatorName: String(line[line.index(after: first)..<last]),
            technology: technology.flatMap { AccessTechnology(coded: $0) })
    }

    /// What stands between commas, without quotation marks and the blanks around.
    private static func fields(_ text: Substring) -> [Substring] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { field in
            var field = field.drop { $0 == " " || $0 == "\"" }
            while let last = field.last, last == " " || last == "\"" { field = field.dropLast() }
            return field
        }
    }

    /// What is behind `name` in a line that chat reports.
    private static func reported(_ name: String, _ text: AnswerText) -> Substring? {
        for line in text.lines {
            if let rest = AnswerText.behind(name, in: line) { return rest.drop { $0 == " " } }
        }
        return nil
    }

    private static func reportedNumber(_ name: String, _ text: AnswerText) -> Int? {
        AnswerText.number(reported(name, text))
    }

    private func chat(_ exchange: String, abort: [String] = ["ERROR"], report: [String] = []) -> ModemCall {
        let script = ModemCall.File(path: "\(folder)/\(interface).chat", content: Self.script(exchange, abort, report))
        return ModemCall("chat", ["-s", "-f", script.path], files: [script], usesLine: true, limit: .seconds(30))
    }

    /// A command is sent when its predecessor was answered; the first wakes the modem, and may be lost in what it was at.
    private static func script(_ exchange: String, _ abort: [String], _ report: [String]) -> String {
        var lines = abort.map { "ABORT \"\($0)\"" } + report.map { "REPORT \"\($0)\"" }
        lines += ["TIMEOUT 5", #"'' "AT" "OK-AT-OK" "ATE0" "OK" "# + exchange]
        return lines.joined(separator: "\n") + "\n"
    }

    private func dial() -> ModemCall {
        let context = #""AT+CGDCONT=1,\"IPV6\",\"\#(settings.accessPoint)\"" "OK""#
        let chat = ModemCall.File(
            path: "\(folder)/\(interface).dial",
            content: Self.script(
                "\(context) \"ATD*99#\" TIMEOUT 60 \"CONNECT\"", ["ERROR", "NO CARRIER", "BUSY", "NO DIALTONE"], []))
        var options = [
            device, "115200", "connect \"/usr/sbin/chat -f \(chat.path)\"", "ifname \(interface)",
            "linkname \(interface)", "updetach", "local", "noauth", "noip", "+ipv6", "nodefaultroute",
            // A peer that no longer answers is noticed, also where the modem keeps the line up.
            "lcp-echo-interval 20", "lcp-echo-failure 3", "maxfail 1", "hide-password",
        ]
        if let user = settings.user { options.append("user \"\(user)\"") }
        if let password = settings.password { options.append("password \"\(password)\"") }
        let file = ModemCall.File(path: "\(folder)/\(interface).ppp", content: options.joined(separator: "\n") + "\n")
        return ModemCall("pppd", ["file", file.path], files: [chat, file], limit: .seconds(120))
    }
}
