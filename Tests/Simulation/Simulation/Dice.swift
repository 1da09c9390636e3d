/// Numbers that depend on a seed and on nothing else (SplitMix64): the same on every machine, in integers only.
struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Another sequence for each purpose.
    init(seed: UInt64, _ purpose: UInt64) {
        state = seed
        state = next() ^ purpose &* 0xd6e8_feb8_6659_fd93
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

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
