import CLinux
import Glibc

extension Syscalls {
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(PlatformError) -> Descriptor {
        Descriptor(
            owning: try check("open", "cannot open \(path)") { Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// Reads to the end, or until `limit` octets and one more have come.
    static func readAll(_ descriptor: Int32, limit: Int, _ path: String) throws(PlatformError) -> [UInt8] {
        var contents: [UInt8] = []
        while contents.count <= limit {
            let wanted = min(65_536, limit + 1 - contents.count)
            var failure: PlatformError?
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                do throws(PlatformError) {
                    count = try check("read", "cannot read \(path)") { read(descriptor, buffer.baseAddress, wanted) }
                } catch { failure = error }
            }
            if let failure { throw failure }
            if chunk.isEmpty { break }
            contents += chunk
        }
        return contents
    }

    static func writeAll(_ descriptor: Int32, _ contents: [UInt8], _ path: String) throws(PlatformError) {
        var done = 0
        while done < contents.count {
            done += try check("write", "cannot write \(path)") {
                contents.withUnsafeBytes { buffer in
                    write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                }
            }
        }
    }
}
