import Console
import HomeAgent
import MobileRouter
import MovementDetector
import Platform
import TunnelManager

/// The programs in this executable, by the name that they are started under.
let programs: [String: ([String]) -> ExitStatus] = [
    "nemonetd": { TunnelManagerProgram.run($0) },
    "mrd": { MobileRouterProgram.run($0) },
    "had": { HomeAgentProgram.run($0) },
    "babymdd": { MovementDetectorProgram.run($0) },
]

let words = CommandLine.arguments.map { String($0.split(separator: "/").last ?? "") }
if let program = programs[words[0]] {
    program(Array(CommandLine.arguments.dropFirst())).exit()
} else if words.count > 1, let program = programs[words[1]] {
    program(Array(CommandLine.arguments.dropFirst(2))).exit()
} else {
    StandardStreams.complain("shisa: name the program to run: \(programs.keys.sorted().joined(separator: ", "))\n")
    ExitStatus.usage.exit()
}
