// Loads a home agent with Binding Updates, in nemonetd's place, and says as one line of JSON what became of them.
//
//     homeload settings NODES FOLDER          writes had.conf for so many nodes
//     homeload run NODES SECONDS SOCKET       waits for had at SOCKET and binds all nodes; then refreshes, then moves,
//                                             each for about so many seconds
//     homeload exchange NODES SOCKET          waits for cnd at SOCKET and asks it for the tokens of so many nodes

import Glibc

func fail(_ reason: String) -> Never {
    let text = "homeload: \(reason)\n"
    _ = text.withCString { write(2, $0, text.utf8.count) }
    exit(1)
}

/// Unanswered Binding Updates at any time.
let window = 512

func describe(_ pass: Stage.Pass) -> String {
    "{\"accepted\": \(pass.accepted), \"seconds\": \(pass.seconds), \"cpu_seconds\": \(pass.cpuSeconds), "
        + "\"announced\": \(pass.bindings), \"verified\": \(pass.verified)}"
}

func run(nodes: Int, seconds: Double, path: String) {
    let stage = Stage(path: path, window: window)
    stage.rest(seconds: 2)
    let configured = stage.process.residentOctets
    let loading = (stage.process.cpuSeconds, stage.process.peakOctets)
    guard nodes > 0 else {
        print("{\"resident_configured\": \(configured)}")
        return
    }
    let bound = stage.pass(count: nodes, of: nodes, moves: 0, sequenceNumber: 1)
    var numbers: UInt16 = 1
    /// Rounds until the time is over; a round is what can be compared with the next one, 100,000 Binding Updates.
    func rounds(moves: Bool) -> [Stage.Pass] {
        var passes: [Stage.Pass] = []
        var start = 0
        let end = Stage.monotonic() + seconds
        while Stage.monotonic() < end {
            // A node's turn comes again in the next round at the earliest.
            if start % nodes == 0 || passes.isEmpty { numbers += 1 }
            let count = min(nodes, 100_000)
            passes.append(
                stage.pass(
                    count: count, of: nodes, from: start, moves: moves ? Int(numbers) : 0, sequenceNumber: numbers))
            start = (start + count) % nodes
        }
        return passes
    }
    let refreshed = rounds(moves: false)
    let moved = rounds(moves: true)
    // The state file is written, former care-of addresses have ended.
    stage.rest(seconds: 24)
    print(
        """
        {"nodes": \(nodes), "loading_cpu_seconds": \(loading.0), "loading_peak": \(loading.1), \
        "resident_configured": \(configured), \
        "resident_bound": \(stage.process.residentOctets), "resident_peak": \(stage.process.peakOctets), \
        "bound": \(describe(bound)), "refreshed": [\(refreshed.map(describe).joined(separator: ", "))], \
        "moved": [\(moved.map(describe).joined(separator: ", "))]}
        """)
}

func exchange(nodes: Int, path: String) {
    let stage = Stage(path: path, window: 1)
    // What is made once, as buffers, is made now.
    stage.exchange(count: 1000)
    let before = stage.process.residentOctets
    stage.exchange(count: nodes)
    print("{\"exchanges\": \(nodes + 1000), \"grown\": \(stage.process.residentOctets - before)}")
}

let arguments = CommandLine.arguments
switch (arguments.dropFirst().first, arguments.count) {
case ("settings", 4):
    guard let nodes = Int(arguments[2]) else { fail("how many nodes?") }
    SettingsWriter.write(nodes: nodes, to: arguments[3])
case ("run", 5):
    guard let nodes = Int(arguments[2]), let seconds = Double(arguments[3]) else { fail("how many nodes and seconds?") }
    run(nodes: nodes, seconds: seconds, path: arguments[4])
case ("exchange", 4):
    guard let nodes = Int(arguments[2]) else { fail("how many nodes?") }
    exchange(nodes: nodes, path: arguments[3])
default: fail("see the top of main.swift")
}
