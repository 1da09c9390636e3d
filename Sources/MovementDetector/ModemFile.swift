import Cellular
import MobilitySocket
import Platform
import Settings

/// What shisamodem last wrote of a modem.
enum ModemFile {
    /// Nil where nobody tells.
    static func read(_ interface: String, in folder: String = CellularSettings.reportFolder) -> ModemReport? {
        guard let octets = try? Files.read("\(folder)/\(interface)", limit: 4096) else { return nil }
        return ModemReport(text: String(decoding: octets, as: UTF8.self))
    }
}

extension UplinkReport.Modem {
    init(_ report: ModemReport) {
        self.init(
            state: report.state.rawValue, detail: report.detail, operatorName: report.network.operatorName,
            technology: report.network.technology?.rawValue)
    }
}
