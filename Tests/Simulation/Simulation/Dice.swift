import MobilityWire

/// Numbers that depend on a seed and on nothing else: the same on every machine, in integers only.
struct Dice: RandomNumberGenerator, Sendable {
    private var numbers: RandomNumbers

    init(seed: UInt64) { numbers = RandomNumbers(seed: seed) }

    /// Another sequence for each purpose.
    init(seed: UInt64, _ purpose: UInt64) {
        self.init(seed: seed)
        self.init(seed: next() ^ purpose &* 0xd6e8_feb8_6659_fd93)
        self.init(seed: next())
    }

    mutating func next() -> UInt64 { numbers.next() }

    /// 0 up to, and without, `count`.
    mutating func below(_ count: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: count)).high)
    }

    mutating func chance(_ perThousand: Int) -> Bool { perThousand > 0 && below(1000) < perThousand }

    mutating func between(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound + 1)))
    }

    /// Around `mean`, from a quarter of it to seven quarters.
    mutating func around(_ mean: Int64) -> Int64 { between(mean / 4...mean * 7 / 4) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    mutating func octets(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) } }
}
