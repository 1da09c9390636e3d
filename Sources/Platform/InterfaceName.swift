/// The names that Linux allows for network interfaces.
public enum InterfaceName {
    /// Whether the kernel would take `name`: 1 to 15 octets, not `.` or `..`, without `/`, `:` and white space.
    public static func isPossible(_ name: String) -> Bool {
        guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
        return !name.utf8.contains { octet in
            octet == UInt8(ascii: "/") || octet == UInt8(ascii: ":") || octet <= 0x20 || octet == 0x7f
        }
    }
}
