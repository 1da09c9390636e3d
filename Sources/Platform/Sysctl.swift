import Glibc

/// The kernel's settings under `/proc/sys`.
///
/// A path is a list of names, so that an interface called `eth0.10` is one name. `Sysctl.write(["net", "ipv6", "conf",
/// "eth0.10", "accept_ra"], "2")`
public enum Sysctl {
    /// The value, without the line's end. Throws `ENOENT` when this kernel has no such setting.
    public static func read(_ names: [String]) throws(PlatformError) -> String {
        let contents = try Files.read(try path(names), limit: 65_536)
        let text = String(decoding: contents, as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    public static func write(_ names: [String], _ value: String) throws(PlatformError) {
        let path = try path(names)
        let file = try Syscalls.open(path, O_WRONLY)
        try Syscalls.writeAll(file.number, Array(value.utf8), path)
    }

    /// The IPv6 setting `name` of an interface, or of `all` or `default`.
    public static func readIPv6(_ name: String, interface: String) throws(PlatformError) -> String {
        try read(["net", "ipv6", "conf", interface, name])
    }

    /// Sets the IPv6 setting `name` of an interface, or of `all` or `default`.
    public static func writeIPv6(_ name: String, interface: String, _ value: String) throws(PlatformError) {
        try write(["net", "ipv6", "conf", interface, name], value)
    }

    static func path(_ names: [String]) throws(PlatformError) -> String {
        for name in names {
            guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")),
                !name.utf8.contains(0)
            else {
                throw PlatformError(
                    call: "open", errno: 0,
                    detail: "\(name.debugDescription) in \(names) cannot name a setting of the kernel")
            }
        }
        return (["/proc/sys"] + names).joined(separator: "/")
    }
}
