public import MobilityWire

extension PathDecision {
    /// Why an uplink is, or is not, the active one.
    public enum Reason: Hashable, Sendable {
        case active
        /// With the strategy `balance`: it carries its share.
        case sharing
        case noCarrier
        case noDefaultRouter
        /// Neighbour unreachability detection has given the default router up.
        case routerUnreachable
        /// Duplicate address detection is not over, or failed.
        case addressTentative
        case noAddress
        case offDuty
        /// Its probes are not answered.
        case noAnswer(since: Instant?)
        case unproven
        case notPinned
        case overLimit
        case suppressed(until: Instant?)
        /// The smoothed round trip in milliseconds and the loss in percent, each where it is known.
        case degraded(roundTrip: Int?, loss: Int?)
        case weakSignal
        /// Usable; the active one has the better metric.
        case worseMetric
        /// Usable; the active one is faster, or not slow enough to be left. What `LinkCondition.latency` is, in milliseconds.
        case notFaster(Int, than: Int)
        /// Usable, and its speed is not known.
        case unmeasured
        /// Its weight is 0, or it has not been good for long enough to take a share.
        case standby
        /// Better than the active one, and not good for long enough yet.
        case holdDown(until: Instant)
        /// Better than the active one; there have been too many changes.
        case restless(until: Instant)

        /// For programs, lower_snake_case.
        public var name: String {
            switch self {
            case .active: "active"
            case .sharing: "sharing"
            case .noCarrier: "no_carrier"
            case .noDefaultRouter: "no_default_router"
            case .routerUnreachable: "router_unreachable"
            case .addressTentative: "address_tentative"
            case .noAddress: "no_address"
            case .offDuty: "off_duty"
            case .noAnswer: "no_answer"
            case .unproven: "unproven"
            case .notPinned: "not_pinned"
            case .overLimit: "over_limit"
            case .suppressed: "suppressed"
            case .degraded: "degraded"
            case .weakSignal: "weak_signal"
            case .worseMetric: "worse_metric"
            case .notFaster: "not_faster"
            case .unmeasured: "unmeasured"
            case .standby: "standby"
            case .holdDown: "hold_down"
            case .restless: "restless"
            }
        }

        /// For people.
        public var text: String {
            switch self {
            case .active: "active"
            case .sharing: "carries its share"
            case .noCarrier: "no carrier"
            case .noDefaultRouter: "no default router"
            case .routerUnreachable: "the default router does not answer"
            case .addressTentative: "address not yet checked for duplicates"
            case .noAddress: "no usable address"
            case .offDuty: "outside its schedule"
            case .noAnswer: "probes are not answered"
            case .unproven: "no probe has been answered yet"
            case .notPinned: "another uplink was named by hand"
            case .overLimit: "its monthly limit is reached"
            case .suppressed: "failed too often lately to be trusted"
            case .degraded(let roundTrip, let loss): Self.quality(roundTrip, loss)
            case .weakSignal: "its signal is weak"
            case .worseMetric: "standby: another uplink has the better metric"
            case .notFaster(let own, let active):
                "standby: \(own) ms are \(own > active ? "worse" : own < active ? "not enough better" : "no better") than "
                    + "\(active) ms (round trip, jitter and loss)"
            case .unmeasured: "standby: its speed is not known"
            case .standby: "standby"
            case .holdDown: "back, and watched for a moment before use"
            case .restless: "better, and there were too many changes lately"
            }
        }

        /// The time that the sentence speaks of.
        public var instant: Instant? {
            switch self {
            case .noAnswer(let since): since
            case .suppressed(let until): until
            case .holdDown(let until), .restless(let until): until
            default: nil
            }
        }

        private static func quality(_ roundTrip: Int?, _ loss: Int?) -> String {
            let parts = [roundTrip.map { "round trip \($0) ms" }, loss.map { "\($0) % loss" }].compactMap { $0 }
            return "bad quality" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
        }
    }
}
