/// How octets are written for wpa_supplicant and hostapd.
enum WLANText {
    /// Pairs of digits.
    static func hexadecimal(_ octets: [UInt8]) -> String {
        octets.map { octet in
            let digits = String(octet, radix: 16)
            return octet < 16 ? "0" + digits : digits
        }.joined()
    }

    /// The address of a station, such as 02:00:5e:00:53:01.
    static func address(_ octets: [UInt8]) -> String { octets.map { hexadecimal([$0]) }.joined(separator: ":") }

    /// A passphrase as it is: printable ASCII characters, which it has passed for already.
    static func printable(_ octets: [UInt8]) -> String {
        precondition(octets.allSatisfy { (0x20...0x7e).contains($0) })
        return String(decoding: octets, as: UTF8.self)
    }
}
