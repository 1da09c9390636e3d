import Glibc

/// Memory for a few packets, each with a page before and behind it that nobody may touch: who reads beside a packet is ended
/// at once, also where the compiler has left the checks out.
final class GuardedMemory: Sendable {
    static let shared = GuardedMemory()
    static let slots = 24
    private static let page = 4096
    /// A packet of the greatest length, with its header and what the kernel puts before it.
    static let slotSize = 17 * page

    private let slot: Int
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer

    init() {
        slot = Self.slotSize + Self.page
        let length = Self.slots * slot + Self.page
        let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { fatalError("no memory") }
        base = memory
        for index in 0...Self.slots { mprotect(base + index * slot, Self.page, PROT_NONE) }
    }

    /// Copies octets, at most `slotSize` of them, to where a page that nobody may touch comes right behind them, or before
    /// them: what they are decides which.
    func place(_ octets: UnsafeRawBufferPointer, slot index: Int = 0) -> UnsafeMutableRawBufferPointer {
        let count = min(octets.count, Self.slotSize)
        let isAtEnd = ((octets.first ?? 0) ^ (octets.last ?? 0)).nonzeroBitCount & 1 == 0
        let start = base + index * slot + Self.page + (isAtEnd ? Self.slotSize - count : 0)
        let place = UnsafeMutableRawBufferPointer(start: start, count: count)
        place.copyMemory(from: UnsafeRawBufferPointer(rebasing: octets[..<count]))
        return place
    }
}
