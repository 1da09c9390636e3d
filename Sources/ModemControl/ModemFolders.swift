import Cellular
import Glibc
import Logging
import Platform
import Settings

/// What is kept of modems in files.
struct ModemFolders {
    /// In memory, for root alone: scripts with secrets in them, and connections.
    let scripts: String
    /// On the medium, for root alone: PINs that were entered and not found right yet.
    let state: String
    /// In memory, for everybody: how each modem is.
    let reports: String
    let log: Logger

    /// Makes them.
    func make() throws(PlatformError) {
        // For everybody, whatever the umask.
        for folder in [CellularSettings.runtimeFolder, reports] { try Files.makeDirectory(folder, ownedBy: nil) }
        for folder in [scripts, state] { try Files.makeDirectory(folder, mode: 0o700) }
    }

    /// What was noted of entering this PIN; nothing, where another one was entered. A note that cannot be read is one of an entry
    /// of which nobody knows what came of it.
    func pinEntries(of interface: String, _ pin: String) -> PINEntries {
        do throws(PlatformError) {
            let line = Self.line(try Files.read("\(state)/\(interface).pin", limit: 4096))
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.first.map({ $0 == pin }) ?? true else { return PINEntries() }
            return PINEntries(text: words.count > 1 ? words[1] : "")
        } catch {
            if error.errno == ENOENT { return PINEntries() }
            log.warning("\(interface): its PIN may have been entered before: \(error)")
            return PINEntries(open: 1)
        }
    }

    /// - Throws: that it could not be noted, without which no PIN may be entered.
    func setPINEntries(of interface: String, _ pin: String, _ entries: PINEntries?) throws(PlatformError) {
        try put("\(state)/\(interface).pin", entries.map { "\(pin) \($0.text)\n" })
    }

    /// Whether what is noted of PINs outlives the machine's power.
    var areLasting: Bool { !Files.isInMemory(state) }

    func session(of interface: String) -> QMISession? {
        read("\(scripts)/\(interface).qmi").flatMap(QMISession.init(text:))
    }

    func setSession(of interface: String, _ session: QMISession?) {
        guard session != self.session(of: interface) else { return }
        write("\(scripts)/\(interface).qmi", session.map { $0.text + "\n" })
    }

    func publish(_ report: ModemReport, of interface: String) {
        write("\(reports)/\(interface)", report.text, mode: 0o644)
    }

    private func read(_ path: String) -> String? {
        (try? Files.read(path, limit: 4096)).map(Self.line)
    }

    private static func line(_ octets: [UInt8]) -> String {
        String(decoding: octets.prefix { $0 != 0x0a }, as: UTF8.self)
    }

    /// Nobody tells of the modem any more.
    func withdraw(_ interface: String) { write("\(reports)/\(interface)", nil) }

    private func write(_ path: String, _ text: String?, mode: UInt32 = 0o600) {
        do throws(PlatformError) {
            try put(path, text, mode: mode)
        } catch {
            log.error("\(error)")
        }
    }

    private func put(_ path: String, _ text: String?, mode: UInt32 = 0o600) throws(PlatformError) {
        if let text {
            try Files.writeAtomically(path, Array(text.utf8), mode: mode)
        } else {
            try Files.remove(path)
        }
    }
}
