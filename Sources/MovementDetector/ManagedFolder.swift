import Logging
import Platform
import Settings

/// The folder in which whoever asks for addresses by DHCPv6 finds where to: a file for each uplink, named by the interface, with
/// its index. Where there is no such folder, nobody wants to know.
struct ManagedFolder {
    private let path: String
    private let log: Logger
    /// What stands there, by name; nil while an earlier babymdd may have left something.
    private var written: [String: UInt32]?
    /// What was said already: routers that change their minds are not to fill the log.
    private var mentioned: [String: UInt32] = [:]

    init(_ path: String = UplinkSettings.managedFolder, log: Logger) {
        self.path = path
        self.log = log
    }

    /// Makes the folder tell of these of the uplinks.
    mutating func tell(_ managed: [String: UInt32], of uplinks: Set<String>) {
        let managed = managed.filter { uplinks.contains($0.key) }
        guard managed != written, Files.exists(path) else { return }
        do throws(PlatformError) {
            for name in uplinks.union(written?.keys ?? [:].keys) where managed[name] == nil {
                try Files.remove("\(path)/\(name)")
            }
            for (name, index) in managed where written?[name] != index {
                try Files.writeAtomically("\(path)/\(name)", Array("\(index)\n".utf8))
                guard mentioned.updateValue(index, forKey: name) != index else { continue }
                log.info("\(name): its router says that addresses come by DHCPv6")
            }
            written = managed
        } catch {
            log.warning("\(error)")
        }
    }
}
