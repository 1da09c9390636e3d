import MobilityWire

/// How several tunnels share what no flow rule names, each flow by one of them.
public struct FlowShare: Sendable {
    /// Flows are told apart by this many buckets.
    public static let buckets = BucketSet.count

    var choice: Choice
    var memory: FlowMemory

    enum Choice: Sendable {
        /// The tunnel's place of each bucket.
        case assigned([UInt8])
        case learnt([Member], BucketMemory)
    }

    /// One of the tunnels, by its place and its binding's identifier.
    public struct Member: Hashable, Sendable {
        /// 0 is the active one, 1 the first of `alsoAccepted`.
        public var tunnel: Int
        public var identifier: UInt16

        public init(tunnel: Int, identifier: UInt16) {
            self.tunnel = tunnel
            self.identifier = identifier
        }
    }

    /// At a mobile node: the place of the tunnel of each bucket.
    ///
    /// - Parameter places: `buckets` of them.
    public static func assigned(_ places: [UInt8], _ memory: FlowMemory) -> FlowShare {
        precondition(places.count == buckets, "a place for each bucket")
        return FlowShare(choice: .assigned(places), memory: memory)
    }

    /// At a home agent: each bucket leaves by the binding that it came in by; one of which nothing has come yet by one that
    /// chance gives it.
    public static func learnt(_ members: [Member], _ buckets: BucketMemory, _ memory: FlowMemory)
        -> FlowShare
    {
        FlowShare(choice: .learnt(members, buckets), memory: memory)
    }

    /// The place of the tunnel that takes a packet; absent where there are no members.
    func tunnel(of key: borrowing FlowKey) -> Int? {
        let bucket = memory.bucket(of: key)
        switch choice {
        case .assigned(let places): return Int(places[bucket])
        case .learnt(let members, let memory):
            let identifier = memory.identifier(of: bucket)
            for member in members where member.identifier == identifier { return member.tunnel }
            return Self.drawn(members, bucket)?.tunnel
        }
    }

    /// A packet came from the node by the tunnel of this place.
    func note(_ key: borrowing FlowKey, by place: Int) {
        guard case .learnt(let members, let buckets) = choice else { return }
        for member in members where member.tunnel == place {
            buckets.learn(member.identifier, of: memory.bucket(of: key), at: memory.now)
        }
    }

    func isPossible(among tunnels: Int) -> Bool {
        switch choice {
        case .assigned(let places): places.allSatisfy { $0 < tunnels }
        case .learnt(let members, _):
            members.count > 1 && members.allSatisfy { (0..<tunnels).contains($0.tunnel) }
        }
    }

    /// Whether packets that come in say where those that go out leave.
    var learns: Bool { if case .learnt = choice { true } else { false } }

    /// Whom chance gives a bucket. By rendezvous: who leaves takes only its own along.
    static func drawn(_ members: [Member], _ bucket: Int) -> Member? {
        members.max { draw($0, bucket) < draw($1, bucket) }
    }

    private static func draw(_ member: Member, _ bucket: Int) -> UInt64 {
        FlowMemory.finish(UInt64(member.identifier) << 32 ^ UInt64(bucket) &* 0x9e37_79b9_7f4a_7c15)
    }
}
