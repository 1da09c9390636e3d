import Synchronization

/// Numbers that several threads read and write, none of which says anything about another.
final class AtomicNumbers: @unchecked Sendable {
    private let numbers: UnsafeMutablePointer<Atomic<UInt32>>
    private let count: Int

    init(count: Int) {
        self.count = count
        numbers = .allocate(capacity: count)
        for index in 0..<count { (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize(count: count)
        numbers.deallocate()
    }

    func load(at index: Int) -> UInt32 {
        precondition(index >= 0 && index < count, "a hash modulo another number")
        return numbers[index].load(ordering: .relaxed)
    }

    func store(_ number: UInt32, at index: Int) {
        precondition(index >= 0 && index < count, "a hash modulo another number")
        numbers[index].store(number, ordering: .relaxed)
    }

    /// Puts zero there, unless another thread has just put something.
    func clear(_ number: UInt32, at index: Int) {
        precondition(index >= 0 && index < count, "a hash modulo another number")
        _ = numbers[index].compareExchange(expected: number, desired: 0, ordering: .relaxed)
    }
}
