import CLinux
import Glibc

extension Syscalls {
    static func socket(
        _ family: Int32, _ type: __socket_type, _ protocolNumber: Int32, _ detail: @autoclosure () -> String
    ) throws(PlatformError) -> Descriptor {
        let flags = SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        return Descriptor(
            owning: try check("socket", detail()) {
                Glibc.socket(family, Int32(type.rawValue | flags), protocolNumber)
            })
    }

    static func setOption<Value: BitwiseCopyable>(
        _ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Value, _ detail: @autoclosure () -> String
    ) throws(PlatformError) {
        var value = value
        try check("setsockopt", detail()) {
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size))
        }
    }

    /// Asks for buffers of `octets` octets in the kernel, beyond the system's limit where we may.
    static func setBuffers(_ descriptor: Int32, receive: Int? = nil, send: Int? = nil) {
        for (size, force, plain) in [
            (receive, SO_RCVBUFFORCE, SO_RCVBUF), (send, SO_SNDBUFFORCE, SO_SNDBUF),
        ] {
            guard let size else { continue }
            var octets = Int32(clamping: size)
            let length = socklen_t(MemoryLayout<Int32>.size)
            if setsockopt(descriptor, SOL_SOCKET, force, &octets, length) != 0 {
                setsockopt(descriptor, SOL_SOCKET, plain, &octets, length)
            }
        }
    }

    /// The error that a socket met since the last question, 0 for none.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error
    }

    /// Calls `body` with the address of a Unix socket at `path`.
    @discardableResult
    static func withUnixAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(PlatformError) -> Result
    ) throws(PlatformError) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let octets = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !octets.isEmpty, octets.count < room, !octets.contains(0) else {
            throw PlatformError(
                call: "bind", errno: 0,
                detail: "\(path.debugDescription) cannot name a socket: give a path of 1 to \(room - 1) octets")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: octets) }
        let outcome: Swift.Result<Result, PlatformError> = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                do throws(PlatformError) {
                    return .success(try body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size)))
                } catch { return .failure(error) }
            }
        }
        return try outcome.get()
    }

    static func connectUnix(_ descriptor: Int32, to path: String) throws(PlatformError) {
        try withUnixAddress(path) { (address, length) throws(PlatformError) in
            try check("connect", "cannot reach \(path)") { connect(descriptor, address, length) }
        }
    }

    static func bindUnix(_ descriptor: Int32, to path: String) throws(PlatformError) {
        try withUnixAddress(path) { (address, length) throws(PlatformError) in
            try check("bind", "cannot make the socket \(path)") { bind(descriptor, address, length) }
        }
    }

    static func peer(of descriptor: Int32) throws(PlatformError) -> linux_credentials {
        var credentials = linux_credentials()
        try check("getsockopt", "cannot learn who is at the other end") {
            linux_peer_credentials(descriptor, &credentials)
        }
        return credentials
    }
}
