import Cellular
import Glibc
import Settings

extension FuzzTarget {
    /// Configuration files: whatever is in them, they are taken, or refused with a place in the file.
    static let settings: FuzzTarget = {
        // A file in memory that has no name any more.
        var path = Array("/dev/shm/shisa-fuzz-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        unlink(path)
        return FuzzTarget("settings", limit: 8192) { input in
            // What an included path holds is not the input's.
            if String(decoding: input, as: UTF8.self).contains("@include") { return }
            ftruncate(descriptor, 0)
            hold(pwrite(descriptor, input.baseAddress, input.count, 0) == input.count, "no memory file")
            do throws(SettingsError) {
                _ = try ShisaSettings.load("/proc/self/fd/\(descriptor)", keys: .leave)
            } catch {
                hold(!error.complaints.isEmpty, "refused without a word")
            }
        }
    }()

    /// What the programs that speak to modems write. The first octet says which of them, the second to which request.
    static let modems = FuzzTarget("modems", limit: 4096) { input in
        guard input.count >= 2 else { return }
        let kinds: [ModemKind] = [.qmi, .mbim, .serial]
        let request = ModemRequest.allCases[Int(input[1]) % ModemRequest.allCases.count]
        var dialect = ModemDialect(
            kind: kinds[Int(input[0] & 0x7f) % kinds.count], settings: ModemSettings(accessPoint: "internet"),
            interface: "wwan0", device: "/dev/cdc-wdm0", folder: "/run/modem", session: QMISession(client: 7, handle: 9)
        )
        let text = String(decoding: input[2...], as: UTF8.self)
        let answer = dialect.answer(to: request, status: input[0] & 0x80 == 0 ? 0 : 1, output: text)
        if case .failed(let words) = answer { hold(words.count <= 300, "\(words.count) characters of complaint") }
        _ = dialect.step(for: request)
    }

    /// What programs leave for each other about modems.
    static let reports = FuzzTarget("reports", limit: 1024) { input in
        let text = String(decoding: input, as: UTF8.self)
        if let report = ModemReport(text: text) {
            hold(ModemReport(text: report.text) == report, "written it says something else: \(report)")
        }
        if let session = QMISession(text: text) {
            hold(QMISession(text: session.text) == session, "written it says something else: \(session)")
        }
    }
}
