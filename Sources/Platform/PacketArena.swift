import Glibc

/// Memory for packets that are received in batches: slots of equal size, of which the kernel backs with real memory only
/// the pages that packets have touched.
struct PacketArena: ~Copyable {
    /// Room for the largest IPv6 packet, 40 + 65,535 octets. One cache line above a multiple of the page size, so that
    /// the first lines of the slots do not compete for the same places in the cache.
    static let slotSize = 65_600

    let slots: Int
    private let base: UnsafeMutableRawPointer

    init(slots: Int) throws(PlatformError) {
        self.slots = slots
        let memory = mmap(
            nil, slots * Self.slotSize, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            throw PlatformError(call: "mmap", errno: errno, detail: "no memory for \(slots) packets")
        }
        base = memory
    }

    deinit { munmap(base, slots * Self.slotSize) }

    /// The memory of slot `index`, which is below `slots`.
    @inline(__always)
    func slot(_ index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + index * Self.slotSize, count: Self.slotSize)
    }
}
