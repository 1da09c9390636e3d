/// Many worlds with seeds that follow from one seed, for so many node-hours or so many seconds.
public struct Simulation: Sendable {
    public var seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The seed of one of the worlds.
    public func worldSeed(_ number: Int) -> UInt64 {
        var dice = Dice(seed: seed, UInt64(number))
        return dice.next()
    }

    /// How one world ended.
    public struct Outcome: Sendable {
        public var worldSeed: UInt64
        public var statistics: Statistics
        public var violation: Violation?
        /// All that was sent, in one number: the same for the same seed.
        public var digest: UInt64
        /// The last events of the node that the violation is about.
        public var story: [String]
        public var lossPerThousand: Int
    }

    /// Runs one world.
    ///
    /// - Parameter goesOn: asked once a minute of the world's time.
    public static func run(
        worldSeed: UInt64, size: WorldSize = .standard, sabotage: Sabotage? = nil, goesOn: () -> Bool = { true }
    ) -> Outcome {
        let drives = size.drives(worldSeed)
        let world = World(seed: worldSeed) { size.adjust(&$0, sabotage, drives: drives) }
        while world.run(for: 60_000), goesOn() {}
        var outcome = world.outcome
        // Once more, to tell the story of the node that it happened to.
        if let violation = world.violation {
            let replay = World(seed: worldSeed, watched: violation.node) { size.adjust(&$0, sabotage, drives: drives) }
            while replay.run(for: 60_000) {}
            outcome.story = Array(replay.lastEvents)
            if replay.violation != violation {
                outcome.story.append("The replay ended otherwise: \(replay.violation as Any)")
            }
        }
        return outcome
    }
}

/// How large a world is.
public struct WorldSize: Sendable {
    public var nodes: Int
    public var cycles: Int
    /// Of a hundred worlds, those of drives; see `DriveModel`. They have a fiftieth of the nodes, for each of these takes
    /// fifty times as long.
    public var drives: Int

    public static let standard = WorldSize(nodes: 1000, cycles: 3)
    /// None until a long run of them has held; docs/simulation.md has what was run.
    public static let standardDrives = 0
    /// For unit tests.
    public static let small = WorldSize(nodes: 30, cycles: 1, drives: 0)
    /// The same on a drive, of a single node.
    public static let smallDrive = WorldSize(nodes: 30, cycles: 1, drives: 100)

    public init(nodes: Int, cycles: Int, drives: Int = standardDrives) {
        self.nodes = nodes
        self.cycles = cycles
        self.drives = drives
    }

    /// Whether a world is one of drives.
    func drives(_ worldSeed: UInt64) -> Bool {
        var dice = Dice(seed: worldSeed, 3)
        return dice.below(100) < drives
    }

    func adjust(_ parameters: inout Parameters, _ sabotage: Sabotage?, drives: Bool) {
        parameters.nodes = drives ? max(1, nodes / 50) : nodes
        if drives { parameters.drive() }
        parameters.cycles = cycles
        parameters.sabotage = sabotage
    }
}

extension World {
    var outcome: Simulation.Outcome {
        var statistics = statistics
        if parameters.drives { statistics.drives.nodeTime = statistics.nodeTime }
        for node in nodes { if let drive = node.drive { statistics.drives += drive.statistics } }
        return Simulation.Outcome(
            worldSeed: seed, statistics: statistics, violation: violation, digest: digests.reduce(0, &+), story: [],
            lossPerThousand: parameters.loss)
    }
}
