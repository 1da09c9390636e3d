import MobilityWire

/// What kind of world it is; all of it follows from the world's seed.
struct Parameters: Sendable {
    var nodes = 1000
    var links = 40
    var homeAgents = 3
    var correspondents = 6
    /// Of a thousand messages; nobody notices.
    var loss = 0
    /// Messages of one exchange that may be lost until one of them succeeds; see `FairLoss`.
    var greatestLoss = 0
    /// Of a thousand messages: they come so late that later ones overtake them.
    var late = 0
    /// Of a thousand messages: they come twice.
    var repeated = 0
    /// Whether the home addresses are on a link, where addresses are defended and duplicates looked for.
    var hasHomeLink = false
    /// Parts in a million by which clocks run too fast or too slow.
    var drift: Int64 = 300
    /// Between two movements of a node, on average.
    var moveInterval: Int64 = 240_000
    /// Between two faults of the network or of a home agent.
    var faultInterval: Int64 = 60_000
    /// Between two messages of the attacker.
    var attackInterval: Int64 = 5_000
    /// Between two packets of a node that all is well with.
    var trafficInterval: Int64 = 40_000
    /// A time of faults and a time without, which ends with the judgement of whether all is well.
    var storm: Int64 = 50 * 60_000
    var calm: Int64 = 30 * 60_000
    /// How often.
    var cycles = 3
    /// The home agent without a state file.
    var stateless = 1
    /// Whether the nodes are mobile routers that drive; see `DriveModel`.
    var drives = false
    /// Of a thousand spells of a link that stays up: the node has another address from then on.
    var renumbering = 30
    var sabotage: Sabotage?

    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        var dice = Dice(seed: seed, 1)
        // The network at its worst in every other world: what is tight in the others finds other faults.
        (loss, greatestLoss) = dice.pick([(0, 0), (50, 2), (150, 4), (300, 8), (300, 8), (300, 8)])
        late = loss == 0 ? 0 : dice.pick([0, 10, 30])
        repeated = loss == 0 ? 0 : dice.pick([0, 20])
        hasHomeLink = dice.chance(300)
        drift = dice.pick([0, 50, 300, 500])
        moveInterval = dice.pick([120_000, 240_000, 240_000, 480_000])
        faultInterval = dice.pick([30_000, 60_000, 120_000])
        stateless = dice.below(homeAgents)
    }

    /// Makes it a world of drives: of a network that is like the Internet, for it is the uplinks that are bad, and of faults and
    /// restarts that leave time for the uplinks' own.
    mutating func drive() {
        drives = true
        var dice = Dice(seed: seed, 4)
        (loss, greatestLoss) = dice.pick([(0, 2), (0, 2), (10, 2), (50, 2)])
        late = dice.pick([0, 10, 30])
        moveInterval = 3_600_000
        faultInterval *= 5
    }

    var length: Int64 { (storm + calm) * Int64(cycles) }
}

/// What is done to a world to see that it would be noticed.
public enum Sabotage: String, CaseIterable, Sendable {
    /// A home agent whose timers do nothing: bindings outlive their lifetime.
    case everlastingBindings
    /// Nodes that send a Binding Update once and never again.
    case noRetransmission
    /// A home agent that asks nobody for a key.
    case noAuthentication
    /// Nodes that do not act on what a home agent that lost its state says.
    case deafToBindingErrors
    /// Tunnels to addresses that were left stay in force at the node.
    case staleTunnels
}
