/// Accounts as the octets of a file: a line of text for each uplink, for people to read, and a sum that shows whether the
/// medium has kept all of it.
///
///     shisa-accounts 1
///     wwan0 2026-11-12 1234567890 19876543210 2345678901
///     sum 9f3c2a7be01d4455
///
/// A line has the name, the first day of the month or `-`, octets of this month and of the one before, and the interface's
/// counter or `-`.
public enum TrafficAccountFile {
    private static let heading = "shisa-accounts"
    private static let version = 1

    public static func encode(_ accounts: [TrafficAccount.Snapshot]) -> [UInt8] {
        var text = "\(heading) \(version)\n"
        for account in accounts {
            let start = account.periodStart.map { "\($0.year)-\(padded($0.month))-\(padded($0.day))" } ?? "-"
            let counter = account.counter.map { "\($0)" } ?? "-"
            text += "\(account.uplink) \(start) \(account.usedOctets) \(account.previousOctets) \(counter)\n"
        }
        return Array((text + "sum \(sum(text.utf8))\n").utf8)
    }

    public static func decode(_ octets: [UInt8]) throws(TrafficAccountFileError) -> [TrafficAccount.Snapshot] {
        let lines = octets.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        let first = words(lines.first ?? "")
        guard first.count == 2, first[0] == heading, let version = Int(first[1]) else {
            throw .notAccounts
        }
        guard version == Self.version else { throw .version(version) }
        let contents = lines.dropLast().map { $0 + "\n" }.joined()
        guard lines.count >= 2, octets.last == UInt8(ascii: "\n"), lines.last == "sum \(sum(contents.utf8))" else {
            throw .damaged
        }
        var accounts: [TrafficAccount.Snapshot] = []
        for line in lines.dropFirst().dropLast() {
            guard let account = account(words(line)) else { throw .damaged }
            accounts.append(account)
        }
        return accounts
    }

    private static func account(_ words: [String]) -> TrafficAccount.Snapshot? {
        guard words.count == 5, let used = UInt64(words[2]), let previous = UInt64(words[3]) else { return nil }
        let (start, counter) = (date(words[1]), UInt64(words[4]))
        guard start != nil || words[1] == "-", counter != nil || words[4] == "-" else { return nil }
        return TrafficAccount.Snapshot(
            uplink: words[0], periodStart: start, usedOctets: used, previousOctets: previous, counter: counter)
    }

    private static func date(_ text: String) -> CalendarDate? {
        let parts = text.split(separator: "-").map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
            (1970...9999).contains(year), (1...12).contains(month),
            (1...CalendarDate.daysInMonth(year: year, month: month)).contains(day)
        else { return nil }
        return CalendarDate(year: year, month: month, day: day)
    }

    private static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// FNV-1a: against accidents, not against people, who may write into the file what they like.
    private static func sum(_ octets: some Sequence<UInt8>) -> String {
        let sum = octets.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Why the file of accounts cannot be used.
public enum TrafficAccountFileError: Error, Hashable, Sendable {
    case notAccounts
    /// Of a program newer than this one.
    case version(Int)
    /// Its sum is wrong, or a line is none that is written here.
    case damaged

    public var text: String {
        switch self {
        case .notAccounts: "it is no file of accounts"
        case .version(let version): "version \(version) is of a newer program"
        case .damaged: "it is damaged"
        }
    }
}
