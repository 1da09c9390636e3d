import CLinux
import Glibc

/// One end of the emulated link: a TAP device, or a pair of Unix datagram sockets as QEMU's `-netdev dgram` speaks.
struct LinkEnd {
    enum Kind {
        case tap
        case datagram(remote: sockaddr_un)
    }

    let descriptor: Int32
    private let kind: Kind

    struct OpenError: Error {
        let text: String
    }

    /// Opens `tap:NAME` (which makes the device) or `dgram:LOCAL:REMOTE` (two paths of sockets).
    init(_ text: String) throws(OpenError) {
        let parts = text.split(separator: ":").map(String.init)
        switch (parts.first, parts.count) {
        case ("tap", 2):
            descriptor = try Self.openTap(parts[1])
            kind = .tap
        case ("dgram", 3):
            descriptor = try Self.openDatagram(parts[1])
            kind = .datagram(remote: try Self.address(parts[2]))
        default:
            throw OpenError(text: "\(text): neither tap:NAME nor dgram:LOCAL:REMOTE")
        }
    }

    /// Reads one frame into `buffer`; returns its size, or `nil` when none waits.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        return count > 0 ? count : nil
    }

    /// Sends one frame. A device that is down and a peer that is not there lose it, as a cable would.
    func send(_ frame: [UInt8]) {
        switch kind {
        case .tap:
            _ = frame.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        case .datagram(var remote):
            _ = frame.withUnsafeBytes { bytes in
                withUnsafePointer(to: &remote) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        sendto(
                            descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT), $0,
                            socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
            }
        }
    }

    /// Shows or hides the carrier to whoever holds the TAP device. QEMU's own `set_link` does it for a datagram end.
    func setCarrier(_ present: Bool) {
        guard case .tap = kind else { return }
        var value: Int32 = present ? 1 : 0
        _ = shisa_ioctl(descriptor, Request.setCarrier, &value)
    }

    private enum Request {
        /// `TUNSETIFF`, _IOW('T', 202, int).
        static let setInterface: UInt = 0x4004_54CA
        /// `TUNSETCARRIER`, _IOW('T', 226, int).
        static let setCarrier: UInt = 0x4004_54E2
    }

    private static func openTap(_ name: String) throws(OpenError) -> Int32 {
        let descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenError(text: "/dev/net/tun: \(errorText())") }
        // struct ifreq: 16 octets of name, then the flags IFF_TAP | IFF_NO_PI.
        var request = [UInt8](repeating: 0, count: 40)
        guard name.utf8.count < 16 else { throw OpenError(text: "\(name): longer than an interface name may be") }
        for (index, octet) in name.utf8.enumerated() { request[index] = octet }
        request.withUnsafeMutableBytes { $0.storeBytes(of: UInt16(0x0002 | 0x1000), toByteOffset: 16, as: UInt16.self) }
        guard request.withUnsafeMutableBytes({ shisa_ioctl(descriptor, Request.setInterface, $0.baseAddress) }) == 0
        else { throw OpenError(text: "\(name): \(errorText())") }
        return descriptor
    }

    private static func openDatagram(_ path: String) throws(OpenError) -> Int32 {
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw OpenError(text: "\(path): \(errorText())") }
        try bindSocket(descriptor, to: path)
        return descriptor
    }

    /// Binds a Unix socket to a path.
    static func bindSocket(_ descriptor: Int32, to path: String) throws(OpenError) {
        var local = try address(path)
        let result = withUnsafePointer(to: &local) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw OpenError(text: "\(path): \(errorText())") }
    }

    private static func address(_ path: String) throws(OpenError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw OpenError(text: "\(path): too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return address
    }
}

/// What the last failed call of the C library said.
func errorText() -> String {
    String(cString: strerror(errno))
}
