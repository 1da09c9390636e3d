public import Platform
import Services
import Settings

/// shisaconf: prints the configuration that another program needs, as shisa.conf has it.
public struct Shisaconf {
    let service: Service
    /// Nil where the service has no interface of its own, or where its interfaces are asked for.
    let interface: String?
    let path: String

    /// Takes what the command line says.
    init(_ line: ParsedCommandLine) throws(UsageError) {
        let known = Service.all.map(\.name)
        guard let word = line.words.first else {
            throw UsageError("name the program to configure: \(known.joined(separator: ", "))")
        }
        guard let service = Service.all.first(where: { $0.name == word }) else {
            let nearest = NameSuggestion.nearest(to: word, among: known)
            throw UsageError(
                "unknown program \(word), "
                    + (nearest.map { "did you mean \($0)?" } ?? "there are \(known.joined(separator: ", "))"))
        }
        let rest = line.words.dropFirst()
        let surplus = rest.dropFirst(service.isPerInterface ? 1 : 0)
        if let one = surplus.first { throw UsageError("\(one) is one word too many") }
        self.service = service
        interface = rest.first
        path = line.options["config"] ?? ShisaSettings.defaultPath
    }

    /// Runs the program. Ends the process for `--help`, `--version` and a wrong command line.
    ///
    /// - Parameter arguments: Without the name of the program.
    public static func run(_ arguments: some Sequence<String>) -> ExitStatus {
        let line = ProgramDescription.shisaconf.parseOrExit(arguments)
        do throws(UsageError) {
            let (status, text, complaint) = try Shisaconf(line).answer()
            if !complaint.isEmpty { StandardStreams.complain(complaint + "\n") }
            return StandardStreams.write(text) ? status : .inputOutput
        } catch {
            ProgramDescription.shisaconf.exit(with: error)
        }
    }

    /// What goes to standard output, and what to standard error.
    func answer() -> (status: ExitStatus, text: String, complaint: String) {
        let isList = service.isPerInterface && interface == nil
        let settings: ShisaSettings
        do throws(SettingsError) {
            settings = try ShisaSettings.load(path, keys: isList ? .leave : service.keys)
        } catch {
            return (.configuration, "", "\(error)")
        }
        if isList, let interfaces = service.interfaces?(settings) {
            if !interfaces.isEmpty { return (.success, interfaces.map { $0 + "\n" }.joined(), "") }
            return (.nothing, "", "\(path): nothing to do for \(service.name) on any interface")
        }
        do throws(ServiceError) {
            switch try service.configuration(settings, interface ?? "") {
            case .text(let text): return (.success, text, "")
            case .nothing(let reason):
                return (.nothing, "", "\(path): nothing to do for \(service.name): \(reason)")
            }
        } catch {
            return (.configuration, "", "\(path): \(error)")
        }
    }
}
