/// What happened in a world, in numbers.
public struct Statistics: Sendable, Equatable {
    /// Milliseconds of all nodes together.
    public var nodeTime: Int64 = 0
    public var events = 0
    public var messages = 0
    public var lost = 0
    public var moves = 0
    public var faults = 0
    public var attacks = 0
    public var probes = 0
    public var excused = 0
    /// Nodes that were found in order at the end of a time without faults.
    public var converged = 0
    /// Packets caught by a home agent that the node had left without being able to tell it.
    public var staleInterceptions = 0
    /// What the choice among uplinks came to.
    public var drives = Drives()
    /// How long packets were lost after each kind of disturbance.
    public var outages: [Outage] = Disturbance.allCases.map { Outage(cause: $0.rawValue) }
    /// The same for optimised routes.
    public var routeOutages = Outage(cause: "optimised routes")

    public struct Drives: Sendable, Equatable {
        /// Milliseconds of all nodes that drive together.
        public var nodeTime: Int64 = 0
        /// Of the active uplink.
        public var changes = 0
        public var probes = 0
        /// How many milliseconds the traffic was on a dead link each time while there was a better place.
        public var detections: [Int64] = []
        public var longest: Int64 = 0
        /// The longest where it is metered, with what it had to wait for.
        public var longestMetered: Int64 = 0
        public var voluntaryChangesInAMinute = 0

        public var median: Int64 { detections.isEmpty ? 0 : detections.sorted()[detections.count / 2] }
    }

    public struct Outage: Sendable, Equatable {
        public var cause: String
        public var count = 0
        public var sum: Int64 = 0
        public var longest: Int64 = 0

        mutating func add(_ length: Int64) {
            count += 1
            sum += length
            longest = max(longest, length)
        }
    }

    public init() {}

    public var nodeHours: Double { Double(nodeTime) / 3_600_000 }

    public static func += (left: inout Statistics, right: Statistics) {
        left.nodeTime += right.nodeTime
        left.events += right.events
        left.messages += right.messages
        left.lost += right.lost
        left.moves += right.moves
        left.faults += right.faults
        left.attacks += right.attacks
        left.probes += right.probes
        left.excused += right.excused
        left.converged += right.converged
        left.staleInterceptions += right.staleInterceptions
        left.drives += right.drives
        for index in left.outages.indices { left.outages[index] += right.outages[index] }
        left.routeOutages += right.routeOutages
    }
}

extension Statistics.Outage {
    static func += (left: inout Self, right: Self) {
        left.count += right.count
        left.sum += right.sum
        left.longest = max(left.longest, right.longest)
    }
}

extension Statistics.Drives {
    static func += (left: inout Self, right: Self) {
        left.nodeTime += right.nodeTime
        left.changes += right.changes
        left.probes += right.probes
        left.detections += right.detections
        left.longest = max(left.longest, right.longest)
        left.longestMetered = max(left.longestMetered, right.longestMetered)
        left.voluntaryChangesInAMinute = max(left.voluntaryChangesInAMinute, right.voluntaryChangesInAMinute)
    }
}
