import Glibc

/// What a worker is at, in a file that outlives it: how many inputs it has begun, and the last of them.
///
///      0               8               16
///     +---------------+---------------+------
///     | inputs begun  | octets of it  | input
///     +---------------+---------------+------
///
/// Both numbers in the machine's byte order.
struct Record {
    static let limit = 1 << 17
    private let memory: UnsafeMutableRawPointer

    init(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        ftruncate(descriptor, off_t(16 + Self.limit))
        let memory = mmap(nil, 16 + Self.limit, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        close(descriptor)
        guard let memory, memory != MAP_FAILED else { Fuzz.complain("\(path): cannot be written") }
        self.memory = memory
    }

    /// Notes an input before it is read, and gives it back from where it was noted.
    func begin(_ input: [UInt8]) -> UnsafeRawBufferPointer {
        let count = min(input.count, Self.limit)
        memory.storeBytes(of: memory.load(as: UInt64.self) + 1, as: UInt64.self)
        memory.storeBytes(of: UInt64(count), toByteOffset: 8, as: UInt64.self)
        input.withUnsafeBytes {
            (memory + 16).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: count)
        }
        return UnsafeRawBufferPointer(start: memory + 16, count: count)
    }

    var inputs: UInt64 { memory.load(as: UInt64.self) }
}
