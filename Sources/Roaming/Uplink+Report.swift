import MobilitySocket
import MobilityWire
import Multihoming

extension Uplink {
    /// What the detector reports, in the terms of the policy.
    ///
    /// - Parameter rank: The place of the uplink in the order of preference, 0 for the best.
    init(_ report: UplinkReport, rank: UInt32) {
        self.init(
            index: report.interfaceIndex, name: report.name, type: Kind(name: report.type), metric: rank,
            hasCarrier: report.state.hasCarrier, mtu: report.mtu,
            candidates: Self.candidates(report.careOfCandidates), signal: report.signal.map { Signal(dBm: Int($0)) })
        router = RouterState(report.routerState)
    }

    /// An address that changes every day for privacy makes every change a hand-over, so it is a last resort.
    private static func candidates(_ all: [UplinkReport.Candidate]) -> [CareOfCandidate] {
        let candidates = all.map { (candidate: $0, value: CareOfCandidate($0)) }
        let lasting = candidates.filter { !$0.candidate.flags.contains(.temporary) }
        return (lasting.contains { $0.value.isUsable } ? lasting : candidates).map(\.value)
    }
}

extension UplinkReport.State {
    fileprivate var hasCarrier: Bool {
        switch self {
        case .absent, .down, .noCarrier: false
        case .noAddress, .noRouter, .up: true
        }
    }
}

extension Uplink.RouterState {
    init(_ state: UplinkReport.RouterState) {
        switch state {
        case .absent: self = .absent
        case .reachable: self = .reachable
        case .unconfirmed: self = .unconfirmed
        case .unreachable: self = .unreachable
        }
    }
}

extension CareOfCandidate {
    init(_ candidate: UplinkReport.Candidate) {
        let state: State
        if candidate.flags.contains(.duplicate) {
            state = .tentative
        } else if candidate.flags.contains(.tentative) {
            state = candidate.flags.contains(.optimistic) ? .optimistic : .tentative
        } else {
            state = candidate.flags.contains(.deprecated) ? .deprecated : .preferred
        }
        self.init(address: candidate.address, state: state)
    }
}
