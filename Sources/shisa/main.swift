import Console
import EventHooks
import MobileRouter
import ModemControl
import MovementDetector
import Platform
import TunnelManager

#if EveryProgram
    import CorrespondentNode
    import HomeAgent
    import MobileNode
#endif

/// The programs in this executable, by the name that they are started under.
var programs: [String: ([String]) -> ExitStatus] = [
    "nemonetd": { TunnelManagerProgram.run($0) },
    "babymdd": { MovementDetectorProgram.run($0) },
    "mrd": { MobileRouterProgram.run($0) },
    "shisamodem": { ModemControlProgram.run($0) },
    "shisahooks": { EventHooksProgram.run($0) },
    "shisactl": { Shisactl.run($0) },
    "shisaconf": { Shisaconf.run($0) },
]
#if EveryProgram
    programs["had"] = { HomeAgentProgram.run($0) }
    programs["cnd"] = { CorrespondentNodeProgram.run($0) }
    programs["mnd"] = { MobileNodeProgram.run($0) }
#endif

do throws(UsageError) {
    switch try ProgramChoice(CommandLine.arguments) {
    case .print(let text):
        StandardStreams.write(text)
    case .program(let name, let arguments):
        if let program = programs[name] { program(arguments).exit() }
        // Only shisa itself is left: it answers --help and --version.
        _ = ProgramDescription.shisa.parseOrExit(arguments)
        throw UsageError("\(name) is not in this executable")
    }
} catch {
    ProgramDescription.shisa.exit(with: error)
}
