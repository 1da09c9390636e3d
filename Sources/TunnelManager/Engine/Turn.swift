/// Lets some of many have their turn in each round, and all of them in the end: what costs a question to the kernel is asked
/// of a bounded number a plan, however many there are.
struct Turn: Sendable {
    private var first = 0
    private var length = 0
    private var count = 1
    private var number = 0

    /// Begins a round of `count`, in which `length` have their turn.
    mutating func begin(of count: Int, asking length: Int) {
        self.count = max(count, 1)
        first = (first + self.length) % self.count
        self.length = length
        number = 0
    }

    /// Whether the next one has its turn.
    mutating func next() -> Bool {
        defer { number += 1 }
        return (number - first + count) % count < length
    }
}
