/// What the hooks and the monitors are told: an event with a stable name.
public struct MultihomingNotice: Hashable, Sendable {
    public var name: Name
    /// The uplink's name.
    public var uplink: String
    /// For people.
    public var detail: String

    public enum Name: String, CaseIterable, Hashable, Sendable {
        /// Its probes are answered, or they are not.
        case uplinkReached = "uplink_reached"
        case uplinkUnreached = "uplink_unreached"
        /// Latency or loss passed their thresholds, or came back.
        case uplinkDegraded = "uplink_degraded"
        case uplinkRecovered = "uplink_recovered"
        case signalWeak = "signal_weak"
        case signalGood = "signal_good"
        case limitNear = "limit_near"
        case limitReached = "limit_reached"
        case limitRenewed = "limit_renewed"
        case scheduleBegins = "schedule_begins"
        case scheduleEnds = "schedule_ends"
        /// A target answers Binding Updates, and no probe over any uplink.
        case targetMute = "target_mute"
    }

    public init(_ name: Name, uplink: String, detail: String) {
        self.name = name
        self.uplink = uplink
        self.detail = detail
    }

    /// What the difference between two standings is worth telling.
    static func all(_ uplink: String, from old: Standing, to new: Standing) -> [MultihomingNotice] {
        var notices: [MultihomingNotice] = []
        func tell(_ name: Name, _ detail: String) {
            notices.append(MultihomingNotice(name, uplink: uplink, detail: "\(uplink): \(detail)"))
        }
        if old.condition.vitality != new.condition.vitality {
            if new.condition.vitality == .up { tell(.uplinkReached, "probes are answered") }
            if new.condition.vitality == .down { tell(.uplinkUnreached, "probes are not answered") }
        }
        if old.condition.isDegraded != new.condition.isDegraded {
            new.condition.isDegraded
                ? tell(.uplinkDegraded, "latency or loss are too high")
                : tell(.uplinkRecovered, "latency and loss are good again")
        }
        if old.condition.isWeak != new.condition.isWeak {
            new.condition.isWeak
                ? tell(.signalWeak, "the signal is weak") : tell(.signalGood, "the signal is good again")
        }
        if old.account != new.account {
            switch new.account {
            case .within: tell(.limitRenewed, "below its monthly limit")
            case .near: tell(.limitNear, "most of its monthly limit is used")
            case .over: tell(.limitReached, "its monthly limit is reached; used only when nothing else works")
            }
        }
        if old.isOnDuty != new.isOnDuty {
            new.isOnDuty
                ? tell(.scheduleBegins, "its schedule lets it be used")
                : tell(.scheduleEnds, "its schedule has it rest")
        }
        return notices
    }
}
