import Drives
import MobilityWire
import Multihoming

/// What a node's uplinks are like on a drive, and what must hold of its choice among them.
struct NodeDrive {
    /// Until the next time in the depot.
    var model: DriveModel
    /// The spell of each uplink, by its number.
    var places: [Int]
    var states: [DriveModel.State]
    /// When each spell ends; `.max` for one that lasts.
    var nextSpell: [Int64]
    /// What the tunnel over each uplink has carried.
    var samples: [TrafficSample]
    /// When the tunnel is next looked at, and until when there is something in it.
    var nextSample = Int64.max
    var trafficUntil: Int64 = 0
    var book = DriveBook()
    /// When something was last heard by each uplink.
    var heardAt: [Instant?]
    /// When each uplink was last probed.
    var probedAt: [Instant?]
    /// Since when the active uplink has failed, as the machine says; of its last failure.
    var failingSince: Instant?
    /// Since when the home agent is probed that is.
    var targetSince: Int64 = 0
    var active: ActivePath?
    var probes = 0

    enum Traffic: CaseIterable {
        case none
        /// For half a minute or so at a time.
        case bursts
        case always
    }

    init(model: DriveModel) {
        let count = DriveModel.names.count
        self.model = model
        places = Array(repeating: 0, count: count)
        states = Array(repeating: DriveModel.away, count: count)
        nextSpell = Array(repeating: .max, count: count)
        samples = Array(repeating: TrafficSample(packetsOut: 0, packetsIn: 0), count: count)
        heardAt = Array(repeating: nil, count: count)
        probedAt = Array(repeating: nil, count: count)
    }

    var statistics: Statistics.Drives {
        Statistics.Drives(
            changes: book.changes, probes: probes, detections: book.detections, longest: book.longestOnDead,
            longestMetered: book.longestMetered, voluntaryChangesInAMinute: book.voluntaryChangesInAMinute)
    }
}
