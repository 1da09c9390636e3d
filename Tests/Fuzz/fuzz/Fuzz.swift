import FuzzTargets
import Glibc

/// Feeds one target; Tests/Fuzz/fuzz.py runs one of these for each, and says what became of it.
///
///     fuzz                                          the names of all targets
///     fuzz TARGET FILE…                             reads these inputs
///     fuzz TARGET --seed N --seconds N --record FILE --corpus FOLDER
///                                                   reads the corpus, then what becomes of it by chance
///
/// A build for coverage (`make fuzz`) hands everything behind the target's name to libFuzzer.
@main
enum Fuzz {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first else {
            for target in FuzzTarget.all { print(target.name) }
            return
        }
        guard let target = FuzzTarget.named(name) else { complain("\(name): no such target") }
        let rest = Array(arguments.dropFirst())
        #if COVERAGE
            exit(CoverageGuided.run(target, rest))
        #else
            guard rest.first?.hasPrefix("--") == true else { return replay(target, rest) }
            var options: [String: String] = [:]
            for place in stride(from: 0, to: rest.count - 1, by: 2) { options[rest[place]] = rest[place + 1] }
            guard let seed = options["--seed"].flatMap({ UInt64($0) }),
                let seconds = options["--seconds"].flatMap({ Double($0) }), let path = options["--record"],
                let folder = options["--corpus"]
            else { complain("--seed, --seconds, --record and --corpus are needed") }
            var worker = Worker(target, seed: seed, record: Record(path), corpus: InputFiles.all(in: folder))
            worker.run(seconds: seconds)
        #endif
    }

    private static func replay(_ target: FuzzTarget, _ paths: [String]) {
        for path in paths {
            guard let octets = InputFiles.read(path) else { complain("\(path): cannot be read") }
            octets.withUnsafeBytes { target.read($0) }
            print("\(path): \(octets.count) octets, nothing wrong")
        }
    }

    static func complain(_ text: String) -> Never {
        print(text)
        exit(2)
    }
}
