import HomeAgentOperation
import MobilityCore
import MobilityWire

/// Nodes that move among access links, home agents, correspondents and a network between them, in virtual time. One seed is
/// one story, on every machine and however many worlds run beside it.
///
///     1000 nodes ══ 40 access links ══╗              ╔══ 3 home agents, on one home link or none
///                                     ╟── network ───╢
///                         attacker ───╜              ╚══ 6 correspondents
///
/// What is the programs' own code: every machine of `MobilityCore`, `MultihomingMachine`, and the octets of the messages. What the
/// model supplies: the network, the clocks, what nemonetd forwards by, and who decides when something goes wrong.
///
/// Nothing here looks into a set or a dictionary in its order, and every node has dice of its own.
final class World {
    let seed: UInt64
    let parameters: Parameters
    let bounds: Bounds
    let exchanges: Exchanges
    let homeCount: Int
    var network: Network
    var queue = EventQueue()
    /// Milliseconds since the beginning.
    private(set) var time: Int64 = 0
    private(set) var nodes: [SimulatedNode] = []
    private(set) var homeAgents: [SimulatedHomeAgent] = []
    private(set) var correspondents: [SimulatedCorrespondent] = []
    var dice: Dice
    /// The home agent to which the network brings what is sent to each home address.
    var interceptor: [Int?]
    /// The nodes that have the key of each home address; the first is the one that it was given to.
    private(set) var owners: [[Int]]
    /// Whether the operator has locked a node out, by home agent and home address.
    var isProhibited: [[Bool]]
    /// When the next packet of each node is sent.
    var nextProbe: [Int64]
    var isStorm = true
    var packets: [Packet?] = []
    var freePackets: [Int] = []
    /// What an attacker has overheard; the last so many.
    var overheard: [Packet] = []
    var statistics = Statistics()
    private(set) var violation: Violation?
    /// The node whose story is told.
    let watched: Int?
    private(set) var story: [String] = []
    /// All that was sent, in one number for each node: the same for the same seed.
    var digests: [UInt64]

    private static let epoch = NTPTimestamp(unixSeconds: 1_795_478_400)
    private static let storyLength = 120

    /// - Parameter watched: the node whose events are to be written down.
    init(seed: UInt64, watched: Int? = nil, adjust: (inout Parameters) -> Void = { _ in }) {
        self.seed = seed
        self.watched = watched
        var parameters = Parameters(seed: seed)
        adjust(&parameters)
        self.parameters = parameters
        bounds = Bounds(losses: parameters.greatestLoss)
        exchanges = Exchanges(homeAgents: parameters.homeAgents, correspondents: parameters.correspondents)
        dice = Dice(seed: seed, 2)
        network = Network(parameters, dice: &dice)
        homeCount = parameters.nodes
        // Some are not what they should be: of a hundred two with a wrong key, one with a wrong network, one a clone.
        let profiles = Self.profiles(parameters, seed: seed)
        interceptor = Array(repeating: nil, count: homeCount)
        owners = Array(repeating: [], count: homeCount)
        isProhibited = Array(
            repeating: Array(repeating: false, count: homeCount), count: parameters.homeAgents)
        nextProbe = Array(repeating: 0, count: profiles.count)
        digests = Array(repeating: 0, count: profiles.count)
        for (index, profile) in profiles.enumerated() where profile.kind != .wrongKey {
            owners[profile.home].append(index)
        }
        let known = profiles.prefix(homeCount).map { profile in
            HomeNode(
                homeAddress: Addresses.home(profile.home), prefixes: [Addresses.mobilePrefix(profile.home)],
                authentication: parameters.sabotage == .noAuthentication
                    ? .insecure : .association(profile.association))
        }
        homeAgents = (0..<parameters.homeAgents).map { SimulatedHomeAgent($0, nodes: known, world: self) }
        correspondents = (0..<parameters.correspondents).map { SimulatedCorrespondent($0, world: self) }
        nodes = profiles.enumerated().map { SimulatedNode($0.offset, $0.element, world: self) }
        prepare()
    }

    private static func profiles(_ parameters: Parameters, seed: UInt64) -> [NodeProfile] {
        var honest = (0..<parameters.nodes).map { NodeProfile.honest($0, parameters: parameters, seed: seed) }
        if parameters.drives { honest = honest.map { $0.driving(seed: seed) } }
        var others: [NodeProfile] = []
        for index in stride(from: 0, to: parameters.nodes - 4, by: 25) {
            let kind: NodeProfile.Kind = [.wrongKey, .clone, .wrongKey, .wrongPrefix][index / 25 % 4]
            // Of two nodes with one configuration nobody can say which is the right one.
            if kind == .clone {
                honest[index].style = .single
                honest[index].isJudged = false
            }
            if kind == .wrongPrefix { honest[index + 1].isJudged = false }
            others.append(
                NodeProfile.troublesome(
                    kind, victim: honest[index], own: index + 1, parameters: parameters, seed: seed))
        }
        return honest + others
    }

    /// The true time of day.
    var wallClock: NTPTimestamp { Self.epoch + .milliseconds(time) }
    func owner(of home: Int) -> Int { owners[home].first ?? home }

    // MARK: Running

    private func prepare() {
        for node in nodes {
            node.start()
            if parameters.drives { beginDrive(node) }
            for uplink in node.uplinks.indices where !parameters.drives {
                queue.add(.attach, at: node.dice.between(0...20_000), node.index, uplink)
            }
            queue.add(.move, at: node.dice.around(parameters.moveInterval), node.index)
            nextProbe[node.index] = node.dice.between(20_000...60_000)
            queue.add(.probe, at: nextProbe[node.index], node.index)
            disturb(node, .start)
        }
        queue.add(.fault, at: dice.around(parameters.faultInterval))
        queue.add(.attack, at: dice.around(parameters.attackInterval))
        for cycle in 0..<Int64(parameters.cycles) {
            let begin = cycle * (parameters.storm + parameters.calm)
            queue.add(.calm, at: begin + parameters.storm)
            queue.add(.judgement, at: begin + parameters.storm + parameters.calm)
        }
    }

    /// Lets time pass; until the end, or until something is violated.
    ///
    /// - Returns: whether there is more to come.
    func run(for span: Int64) -> Bool {
        let end = min(time + span, parameters.length)
        let begin = time
        while violation == nil, let event = queue.take(until: end) {
            time = event.time
            statistics.events += 1
            perform(event)
        }
        if violation == nil { time = end }
        statistics.nodeTime += (time - begin) * Int64(nodes.count)
        return violation == nil && time < parameters.length
    }

    private func perform(_ event: EventQueue.Event) {
        let (first, second) = (Int(event.first), Int(event.second))
        let node = parameters.drives ? subject(of: event) : nil
        defer { if let node { watch(nodes[node]) } }
        switch event.kind {
        case .wakeNode: if nodes[first].wake == time { nodes[first].tick() }
        case .wakeAgent: homeAgents[first].tick()
        case .wakePeer: correspondents[first].tick()
        case .packet: arrive(first)
        case .probe: if nextProbe[first] == time { probe(nodes[first]) }
        case .move: move(nodes[first])
        case .attach: attach(nodes[first], uplink: second)
        case .notice: noticeDeath(nodes[first], uplink: second)
        case .fault: fault()
        case .heal: heal(first)
        case .crash: crash(first, SimulatedHomeAgent.End(rawValue: second) ?? .program)
        case .boot: boot(first)
        case .detected: homeAgents[first].detected(second)
        case .pardon: pardon(second, at: first)
        case .spell: spell(nodes[first], second)
        case .sample: sample(nodes[first])
        case .attack: attack()
        case .calm: calm()
        case .judgement: judge()
        }
    }

    /// The node that an event concerns first of all.
    private func subject(of event: EventQueue.Event) -> Int? {
        switch event.kind {
        case .wakeNode, .probe, .move, .spell, .sample: Int(event.first)
        case .packet: packets[Int(event.first)]?.node
        default: nil
        }
    }

    // MARK: Telling

    func violated(_ invariant: Violation.Invariant, _ node: Int, _ detail: String) {
        guard violation == nil else { return }
        violation = Violation(worldSeed: seed, invariant: invariant, time: time, node: node, detail: detail)
    }

    /// Writes down what happens to the node whose story is told.
    @inline(__always)
    func note(_ node: Int, _ text: @autoclosure () -> String) {
        guard watched == node else { return }
        write(text())
    }

    @inline(__always)
    func note(home: Int, _ text: @autoclosure () -> String) {
        guard let watched, nodes.indices.contains(watched), nodes[watched].profile.home == home else { return }
        write(text())
    }

    private func write(_ text: String) {
        // The same again and again says nothing.
        guard text != story.last.map({ String($0.dropFirst(WorldTime(0).description.count + 2)) }) else { return }
        if story.count >= 2 * Self.storyLength { story.removeFirst(Self.storyLength) }
        story.append("\(WorldTime(time))  \(text)")
    }

    /// The last events of the node that is watched.
    var lastEvents: ArraySlice<String> { story.suffix(Self.storyLength) }
}

/// A time of a world for people: hours, minutes and seconds.
struct WorldTime: CustomStringConvertible {
    let milliseconds: Int64

    init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

    var description: String {
        func padded(_ value: Int64, _ length: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, length - text.count)) + text
        }
        let seconds = milliseconds / 1000
        return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            + ".\(padded(milliseconds % 1000, 3))"
    }
}
