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
        let world = World(seed: worldSeed) { size.adjust(&$0, sabotage) }
        while world.run(for: 60_000), goesOn() {}
        var outcome = world.outcome
        // Once more, to tell the story of the node that it happened to.
        if let violation = world.violation {
            let replay = World(seed: worldSeed, watched: violation.node) { size.adjust(&$0, sabotage) }
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

    public static let standard = WorldSize(nodes: 1000, cycles: 3)
    /// For unit tests.
    public static let small = WorldSize(nodes: 30, cycles: 1)

    public init(nodes: Int, cycles: Int) {
        self.nodes = nodes
        self.cycles = cycles
    }

    func adjust(_ parameters: inout Parameters, _ sabotage: Sabotage?) {
        parameters.nodes = nodes
        parameters.cycles = cycles
        parameters.sabotage = sabotage
    }
}

extension World {
    var outcome: Simulation.Outcome {
        Simulation.Outcome(
            worldSeed: seed, statistics: statistics, violation: violation, digest: digests.reduce(0, &+), story: [],
            lossPerThousand: parameters.loss)
    }
}
