import Glibc
import Testing

/// Runs a part of a test in a child of this process, for what cannot be undone (changing the user) or would disturb the
/// others (standard error).
enum ChildProcess {
    /// What `body` returned, and what it wrote to standard error.
    static func run(_ body: () throws -> String) throws -> (result: String, standardError: String) {
        var results: [Int32] = [0, 0]
        var errors: [Int32] = [0, 0]
        try #require(pipe(&results) == 0 && pipe(&errors) == 0)
        // Swift hides fork, because a child of a process with several threads must do without most libraries; ours only
        // needs memory, which the C library keeps right.
        typealias Fork = @convention(c) () -> pid_t
        let symbol = try #require(dlsym(nil, "fork"))
        let child = unsafeBitCast(symbol, to: Fork.self)()
        try #require(child >= 0)
        if child == 0 {
            dup2(errors[1], STDERR_FILENO)
            var text: String
            do { text = try body() } catch { text = "threw: \(error)" }
            text.withUTF8 { _ = write(results[1], $0.baseAddress, $0.count) }
            _exit(0)
        }
        close(results[1])
        close(errors[1])
        let output = (readAll(results[0]), readAll(errors[0]))
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return output
    }

    private static func readAll(_ descriptor: Int32) -> String {
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return String(decoding: contents, as: UTF8.self) }
            contents += buffer[..<count]
        }
    }
}
