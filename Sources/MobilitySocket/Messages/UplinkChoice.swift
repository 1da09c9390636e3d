/// Which uplink of a mobile node carries what, and why: what `shisactl why` shows.
public struct UplinkChoice: Hashable, Sendable {
    /// What carries something, flow rules first.
    public var carriers: [Carrier]
    /// One for each uplink that exists.
    public var uplinks: [Verdict]
    /// The uplink that was named by hand.
    public var pinned: String?

    public init(carriers: [Carrier] = [], uplinks: [Verdict] = [], pinned: String? = nil) {
        self.carriers = carriers
        self.uplinks = uplinks
        self.pinned = pinned
    }

    public struct Carrier: Hashable, Sendable {
        /// What is carried, for people: `everything`, `flow 2`.
        public var what: String
        /// How, for people: `by eth0`.
        public var way: String
        /// Names of the uplinks that carry it.
        public var uplinks: [String]
        /// Since when it is so, ago.
        public var elapsedMilliseconds: UInt64

        public init(what: String, way: String, uplinks: [String], elapsedMilliseconds: UInt64) {
            self.what = what
            self.way = way
            self.uplinks = uplinks
            self.elapsedMilliseconds = elapsedMilliseconds
        }
    }

    public struct Verdict: Hashable, Sendable {
        public var interfaceIndex: UInt32
        public var name: String
        public var isActive: Bool
        public var health: Health
        /// Since when the health is what it is, ago; 0 where nobody looks.
        public var healthElapsedMilliseconds: UInt64
        /// Latency or loss are above their thresholds.
        public var isDegraded: Bool
        /// The signal is a warning.
        public var isWeak: Bool
        /// Smoothed, in microseconds; absent before the first answer, as the two behind it.
        public var roundTripMicroseconds: UInt32?
        public var jitterMicroseconds: UInt32?
        /// Of the last probes, in thousandths.
        public var lossPermille: UInt16?
        /// What it has carried since its month began, in octets, as far as that was counted.
        public var usedOctets: UInt64?
        /// What a month includes, where that is agreed.
        public var monthlyOctets: UInt64?
        /// Its part of the flows that no rule takes, in thousandths, where uplinks share them.
        public var sharePermille: UInt16?
        /// What it lacks, the gravest first; never empty.
        public var reasons: [Reason]

        public enum Health: UInt8, CaseIterable, Hashable, Sendable {
            /// Nothing is probed.
            case unmonitored = 0
            case up = 1
            /// It has not shown yet that it leads anywhere.
            case unproven = 2
            case down = 3
            /// What is probed has not answered yet, and is taken to be there until it fails.
            case believed = 4
        }

        public init(
            interfaceIndex: UInt32, name: String, isActive: Bool, health: Health, healthElapsedMilliseconds: UInt64 = 0,
            isDegraded: Bool = false, isWeak: Bool = false, roundTripMicroseconds: UInt32? = nil,
            jitterMicroseconds: UInt32? = nil, lossPermille: UInt16? = nil, usedOctets: UInt64? = nil,
            monthlyOctets: UInt64? = nil, sharePermille: UInt16? = nil, reasons: [Reason]
        ) {
            self.interfaceIndex = interfaceIndex
            self.name = name
            self.isActive = isActive
            self.health = health
            self.healthElapsedMilliseconds = healthElapsedMilliseconds
            self.isDegraded = isDegraded
            self.isWeak = isWeak
            self.roundTripMicroseconds = roundTripMicroseconds
            self.jitterMicroseconds = jitterMicroseconds
            self.lossPermille = lossPermille
            self.usedOctets = usedOctets
            self.monthlyOctets = monthlyOctets
            self.sharePermille = sharePermille
            self.reasons = reasons
        }
    }

    public struct Reason: Hashable, Sendable {
        /// A stable lower_snake_case name.
        public var name: String
        /// For people.
        public var text: String
        /// Since when, ago, where that matters.
        public var elapsedMilliseconds: UInt64?
        /// Until it ends by itself, where it does.
        public var remainingMilliseconds: UInt64?

        public init(
            name: String, text: String, elapsedMilliseconds: UInt64? = nil, remainingMilliseconds: UInt64? = nil
        ) {
            self.name = name
            self.text = text
            self.elapsedMilliseconds = elapsedMilliseconds
            self.remainingMilliseconds = remainingMilliseconds
        }
    }

    /// The same, told this many milliseconds ago.
    func after(_ passed: UInt64) -> UplinkChoice {
        var choice = self
        for index in choice.carriers.indices { choice.carriers[index].elapsedMilliseconds &+= passed }
        for index in choice.uplinks.indices {
            if choice.uplinks[index].healthElapsedMilliseconds > 0 {
                choice.uplinks[index].healthElapsedMilliseconds &+= passed
            }
            for place in choice.uplinks[index].reasons.indices { choice.uplinks[index].reasons[place].age(by: passed) }
        }
        return choice
    }
}

extension UplinkChoice.Reason {
    fileprivate mutating func age(by passed: UInt64) {
        elapsedMilliseconds = elapsedMilliseconds.map { $0 &+ passed }
        remainingMilliseconds = remainingMilliseconds.map { $0 > passed ? $0 - passed : 0 }
    }
}
