import Glibc

/// The socket by which the world changes a link while it runs: one request a connection, one line each way.
struct ControlSocket {
    let descriptor: Int32

    init(path: String) throws(LinkEnd.OpenError) {
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw LinkEnd.OpenError(text: "\(path): \(errorText())") }
        try LinkEnd.bindSocket(descriptor, to: path)
        guard listen(descriptor, 8) == 0 else { throw LinkEnd.OpenError(text: "\(path): \(errorText())") }
    }

    /// Takes one waiting connection and answers it. Requests fit one read: they are a line from our own Python.
    func serve(_ answer: (String) -> String) {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(connection, &buffer, buffer.count)
        guard count > 0 else { return }
        let reply = answer(String(decoding: buffer[0..<count], as: UTF8.self)) + "\n"
        _ = send(connection, reply, reply.utf8.count, Int32(MSG_NOSIGNAL))
    }
}
