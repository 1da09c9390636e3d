/// The places where machines are, and who cannot reach whom.
struct Network {
    let links: Int
    let homeAgents: Int
    let correspondents: Int
    /// How many partitions stand between two places.
    private var walls: [UInt8]
    /// One way, in milliseconds, from a place into the middle of the network.
    private var delays: [Int64]
    private(set) var partitions: [Int: [(Int, Int)]] = [:]
    private var partitionsBegun = 0

    init(_ parameters: Parameters, dice: inout Dice) {
        links = parameters.links
        homeAgents = parameters.homeAgents
        correspondents = parameters.correspondents
        let count = links + homeAgents + correspondents + 2
        walls = Array(repeating: 0, count: count * count)
        let access: ClosedRange<Int64> = parameters.drives ? 1...10 : 5...150
        delays = (0..<count).map { [links] in dice.between($0 < links ? access : 2...30) }
    }

    private var count: Int { delays.count }

    func homeAgent(_ agent: Int) -> Int { links + agent }
    func correspondent(_ peer: Int) -> Int { links + homeAgents + peer }
    /// The home link; what is on it shares the home agents' place but for partitions.
    var homeLink: Int { links + homeAgents + correspondents }
    /// Where the attacker is.
    var elsewhere: Int { homeLink + 1 }

    func delay(_ from: Int, _ to: Int) -> Int64 { delays[from] + delays[to] }

    @inline(__always)
    func isBlocked(_ from: Int, _ to: Int) -> Bool { walls[from * count + to] > 0 }

    /// Puts walls between each of the one and each of the other.
    mutating func divide(_ some: [Int], from others: [Int]) -> Int {
        let pairs = some.flatMap { one in others.filter { $0 != one }.map { (one, $0) } }
        build(pairs, by: 1)
        partitionsBegun += 1
        partitions[partitionsBegun] = pairs
        return partitionsBegun
    }

    /// The places that a partition has kept apart.
    mutating func heal(_ partition: Int) -> [(Int, Int)] {
        let pairs = partitions.removeValue(forKey: partition) ?? []
        build(pairs, by: -1)
        return pairs
    }

    private mutating func build(_ pairs: [(Int, Int)], by change: Int) {
        for (one, other) in pairs {
            walls[one * count + other] = UInt8(Int(walls[one * count + other]) + change)
            walls[other * count + one] = UInt8(Int(walls[other * count + one]) + change)
        }
    }
}
