import MobilitySocket
import MobilityWire
public import Platform
import Settings

/// shisactl: asks nemonetd, shows the answer, ends.
public struct Shisactl {
    private let command: ShisactlCommand
    /// What to have done, in place of showing something.
    private let request: ShisactlRequest?
    private let socket: String
    private let isJSON: Bool
    private let follows: Bool
    private let showsAll: Bool

    /// Takes what the command line says.
    init(_ line: ParsedCommandLine) throws(UsageError) {
        let known = ShisactlCommand.allCases.map(\.rawValue) + ShisactlAction.allCases.map(\.rawValue)
        guard let word = line.words.first else {
            throw UsageError("name what to show: \(known.joined(separator: ", "))")
        }
        if let (action, rest) = ShisactlAction.find(in: line.words) {
            for name in ["follow", "all", "json"] where line.has(name) {
                throw UsageError("--\(name) does not go with \(action.rawValue)")
            }
            let request = try ShisactlRequest(action, rest)
            self.request = request
            command = request.table
            socket = line.options["socket"] ?? DaemonOptions.defaultSocket
            (isJSON, follows, showsAll) = (false, false, false)
            return
        }
        request = nil
        guard let command = ShisactlCommand(rawValue: word) else {
            let nearest = NameSuggestion.nearest(to: word, among: known)
            throw UsageError(
                "unknown command \(word), "
                    + (nearest.map { "did you mean \($0)?" } ?? "there are \(known.joined(separator: ", "))"))
        }
        guard line.words.count == 1 else { throw UsageError("\(line.words[1]) is one word too many") }
        guard command == .events || !line.has("follow") else { throw UsageError("--follow goes with events only") }
        guard command == .counters || !line.has("all") else { throw UsageError("--all goes with counters only") }
        self.command = command
        socket = line.options["socket"] ?? DaemonOptions.defaultSocket
        isJSON = line.has("json")
        follows = line.has("follow")
        showsAll = line.has("all")
    }

    /// Runs the program. Ends the process for `--help`, `--version` and a wrong command line.
    ///
    /// - Parameter arguments: Without the name of the program.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        let line = ProgramDescription.shisactl.parseOrExit(arguments)
        let shisactl: Shisactl
        do throws(UsageError) {
            shisactl = try Shisactl(line)
        } catch {
            ProgramDescription.shisactl.exit(with: error)
        }
        do throws(ShisactlError) {
            try shisactl.run { StandardStreams.write($0) }
        } catch {
            StandardStreams.complain("shisactl: \(error.text)\n")
            return error.status
        }
        return .success
    }

    /// Shows what was asked for.
    ///
    /// - Parameter write: Takes the text; false when nobody reads it any more.
    func run(write: (String) -> Bool) throws(ShisactlError) {
        let client = try connect()
        do throws(MobilitySocketError) {
            if follows { try client.subscribe([.events]) }
            var snapshot = Snapshot()
            for table in command.tables { snapshot.take(try client.dump(table)) }
            if let request {
                try client.request(try request.message(among: snapshot))
                if case .use(let name) = request { _ = write(try Self.outcome(of: name, client)) }
                return
            }
            guard follows else {
                _ = write(text(snapshot))
                return
            }
            for event in snapshot.events where !write(text(event)) { return }
            // What happened between the two requests came twice.
            var shown = Set(snapshot.events)
            while let message = try client.next() {
                guard case .event(let event) = message, shown.remove(event) == nil else { continue }
                if !write(text(event)) { return }
            }
        } catch {
            throw ShisactlError(error, socket: socket)
        }
    }

    /// What came of `use`, as soon as the mobile router or host has told.
    private static func outcome(
        of name: String, _ client: BlockingMobilitySocketClient
    ) throws(MobilitySocketError) -> String {
        for _ in 0..<patience {
            var snapshot = Snapshot()
            snapshot.take(try client.dump(.programStates))
            if let choice = snapshot.choice, choice.pinned ?? "auto" == name {
                return WhyReport(choice: choice).pinText
            }
            _ = try client.next(within: .milliseconds(50))
        }
        return "\(name) was asked for, and nobody has told yet what came of it\n"
    }

    /// How many times it is looked whether somebody has.
    private static let patience = 30

    private func connect() throws(ShisactlError) -> BlockingMobilitySocketClient {
        do throws(PlatformError) {
            let connection = try UnixSeqpacketConnection.connect(path: socket)
            return try BlockingMobilitySocketClient(connection: connection, role: .monitor)
        } catch {
            throw ShisactlError(error, socket: socket)
        }
    }

    private func text(_ event: EventRecord) -> String {
        isJSON ? Report.events.json(DatedEvent(event)).line + "\n" : Report.line(DatedEvent(event))
    }

    /// The answer as a whole.
    func text(_ snapshot: Snapshot) -> String {
        switch command {
        case .status:
            let report = StatusReport(snapshot: snapshot)
            return isJSON ? report.document.lines + "\n" : report.text(width: StandardStreams.width)
        case .uplinks: return text(Report.uplinks, snapshot.uplinkRows)
        case .why:
            guard let report = snapshot.why else {
                return isJSON
                    ? JSON.object([.init("why", .null)]).lines + "\n"
                    : "neither mrd nor mnd has told what it chose yet\n"
            }
            return isJSON ? report.document.lines + "\n" : report.text(width: StandardStreams.width)
        case .registrations: return text(Report.registrations, snapshot.registrations)
        case .bindings: return text(Report.bindings, snapshot.bindings)
        case .routes: return text(Report.routes, snapshot.routeRows)
        case .prefixes: return text(Report.prefixes, snapshot.prefixRows)
        case .homeAgents:
            guard !isJSON, snapshot.homeAgents.isEmpty, let used = snapshot.activeRegistration else {
                return text(Report.homeAgents, snapshot.homeAgents)
            }
            return "no home agents are heard of here; this node is registered at \(used.homeAgentAddress)\n"
        case .tunnels: return text(Report.tunnels, snapshot.tunnels)
        case .timers: return text(Report.timers, snapshot.timers)
        case .counters:
            // A person looks for what happened; a program must find every counter in every document.
            let isShort = !isJSON && !showsAll
            return text(Report.counters, snapshot.counters.filter { !isShort || $0.value > 0 })
        case .events: return text(Report.events, snapshot.events.map { DatedEvent($0) })
        }
    }

    private func text<Row>(_ report: Report<Row>, _ rows: [Row]) -> String {
        if isJSON { return report.document(rows).lines + "\n" }
        return rows.isEmpty
            ? "no \(report.name.replacing("_", with: " "))\n" : report.table(rows).text(width: StandardStreams.width)
    }
}
