import MobilityCore
import MobilitySocket
import MobilityWire
import Multihoming
import Settings

/// The configured uplinks with what the detector last said of each.
struct UplinkTable {
    /// In the order of preference.
    private var preference: [UplinkSettings] = []
    private var reports: [String: UplinkReport] = [:]

    init(_ settings: [UplinkSettings]) { configure(settings) }

    mutating func configure(_ settings: [UplinkSettings]) {
        // Of equal metric the first of the file is the best: the sort keeps their order.
        preference = settings.enumerated()
            .sorted { ($0.element.metric, $0.offset) < ($1.element.metric, $1.offset) }
            .map(\.element)
        let names = Set(settings.map(\.interface))
        reports = reports.filter { names.contains($0.key) }
    }

    /// As the file has them, best first.
    var settings: [UplinkSettings] { preference }

    var names: [String] { preference.map(\.interface) }

    /// Takes a report; tells whether it is about one of ours.
    mutating func update(_ report: UplinkReport) -> Bool {
        guard preference.contains(where: { $0.interface == report.name }) else { return false }
        // The index may have been another interface's before.
        if report.interfaceIndex != 0 { remove(index: report.interfaceIndex) }
        reports[report.name] = report
        return true
    }

    /// Takes out whose interface this is; with a name, that one alone.
    mutating func remove(index: UInt32, name: String? = nil) {
        reports = reports.filter { $0.value.interfaceIndex != index || $0.key != name ?? $0.key }
    }

    /// For the policy: those that exist.
    var uplinks: [Uplink] {
        preference.enumerated().compactMap { rank, settings in
            guard let report = reports[settings.interface], report.interfaceIndex != 0 else { return nil }
            var uplink = Uplink(report, rank: UInt32(rank))
            uplink.terms = UplinkTerms(settings)
            return uplink
        }
    }

    func name(of index: UInt32) -> String {
        reports.values.first { $0.interfaceIndex == index }?.name ?? ""
    }

    /// The binding identifier of an uplink: its place in the order of preference, from 1 on.
    func bindingIdentifier(of name: String) -> UInt16? {
        preference.firstIndex { $0.interface == name }.map { UInt16(clamping: $0 + 1) }
    }

    /// Whether the detector has told of an interface with this index.
    func isKnown(_ index: UInt32) -> Bool { reports.values.contains { $0.interfaceIndex == index } }

    /// Whether packets can leave and arrive by this address now.
    func isUsable(_ careOf: CareOf) -> Bool {
        uplinks.contains { uplink in
            uplink.index == careOf.interfaceIndex && uplink.hasCarrier && uplink.hasDefaultRouter
                && uplink.candidates.contains { $0.address == careOf.address && $0.isUsable }
        }
    }
}
