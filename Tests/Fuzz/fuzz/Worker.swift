import FuzzTargets
import Glibc

/// Reads inputs until its time is over, and looks whether memory grows meanwhile.
struct Worker {
    private let target: FuzzTarget
    private let record: Record
    private let corpus: [[UInt8]]
    private var mutator: Mutator

    /// Octets that the process may grow by after the first third of its time: what the allocator does with freed memory is
    /// less. A hundred octets an input kept would be more.
    static let tolerance = 4 << 20
    /// The process is ended with this where it grew.
    static let hasGrown: Int32 = 3

    init(_ target: FuzzTarget, seed: UInt64, record: Record, corpus: [[UInt8]]) {
        self.target = target
        self.record = record
        self.corpus = corpus
        mutator = Mutator(corpus, limit: target.limit, seed: seed)
    }

    mutating func run(seconds: Double) {
        let began = ContinuousClock.now
        let (settled, end) = (began + .seconds(seconds / 3), began + .seconds(seconds))
        for input in [[]] + corpus { read(input) }
        // What ends early is what most often was not thought of.
        for input in corpus {
            for count in 0..<min(input.count, 512) where ContinuousClock.now < settled { read(Array(input[..<count])) }
        }
        var before: Int?
        while ContinuousClock.now < end {
            for _ in 0..<32 { read(mutator.next()) }
            if before == nil, ContinuousClock.now >= settled { before = Self.resident }
        }
        let growth = Self.resident - (before ?? Self.resident)
        print("\(target.name): \(record.inputs) inputs, grew by \(growth / 1024) KiB")
        if growth > Self.tolerance { exit(Self.hasGrown) }
    }

    private func read(_ input: [UInt8]) { target.read(record.begin(input)) }

    /// Of this process, in octets.
    private static var resident: Int {
        let words = InputFiles.read("/proc/self/statm").map {
            String(decoding: $0, as: UTF8.self).split(separator: " ")
        }
        return (words.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
