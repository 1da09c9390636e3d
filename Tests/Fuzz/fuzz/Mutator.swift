import MobilityWire

/// Makes new inputs of old ones, with an eye for what packets are made of: lengths that lie, headers that are there twice,
/// ends that are missing.
struct Mutator {
    let corpus: [[UInt8]]
    let limit: Int
    private var random: RandomNumbers

    private static let numbers: [UInt8] = [
        0, 1, 2, 4, 7, 8, 16, 32, 40, 41, 43, 44, 58, 59, 60, 64, 127, 128, 135, 254, 255,
    ]

    init(_ corpus: [[UInt8]], limit: Int, seed: UInt64) {
        self.corpus = corpus.isEmpty ? [[0]] : corpus
        self.limit = limit
        random = RandomNumbers(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var octets = corpus[below(corpus.count)]
        // Mostly few changes: with many nothing gets far.
        for _ in 0..<(1 + below(below(4) == 0 ? 12 : 3)) { change(&octets) }
        if octets.count > limit { octets.removeSubrange(limit...) }
        return octets
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    private mutating func stretch(of octets: [UInt8]) -> Range<Int> {
        let start = below(octets.count)
        return start..<start + 1 + below(min(octets.count - start, below(2) == 0 ? 8 : 64))
    }

    private mutating func change(_ octets: inout [UInt8]) {
        guard !octets.isEmpty else {
            octets = [UInt8(truncatingIfNeeded: random.next())]
            return
        }
        let place = below(octets.count)
        switch below(14) {
        case 0: octets[place] ^= 1 << UInt8(below(8))
        case 1: octets[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: octets[place] = Self.numbers[below(Self.numbers.count)]
        case 3: octets[place] = octets[place] &+ UInt8(truncatingIfNeeded: below(9) - 4)
        case 4: octets.removeSubrange(place...)
        case 5: octets.removeSubrange(stretch(of: octets))
        case 6:
            let piece = octets[stretch(of: octets)]
            octets.insert(contentsOf: piece, at: place)
        case 7:
            let other = corpus[below(corpus.count)]
            guard !other.isEmpty else { return }
            octets.replaceSubrange(place..., with: other[below(other.count)...])
        case 8:
            let other = corpus[below(corpus.count)]
            guard !other.isEmpty else { return }
            let range = stretch(of: other)
            let end = min(place + range.count, octets.count)
            octets.replaceSubrange(place..<end, with: other[range])
        case 9: lie(&octets, at: place)
        case 10: for index in stretch(of: octets) { octets[index] = 0 }
        case 11:
            octets.insert(
                contentsOf: (0..<1 + below(16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
        case 12: octets += [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: 1 + below(64))
        default:
            // Two stretches change places.
            let range = stretch(of: octets)
            let piece = Array(octets[range])
            octets.removeSubrange(range)
            octets.insert(contentsOf: piece, at: below(octets.count + 1))
        }
    }

    /// Writes a length of two octets, or one in units of eight: right, or nearly, or far from it.
    private mutating func lie(_ octets: inout [UInt8], at place: Int) {
        let rest = octets.count - place
        let length = [rest, rest - 2, rest - 40, rest + 1, rest - 1, 0, 0xffff, 8, 40, below(0x1_0000)][below(10)]
        if below(3) == 0 || place + 1 >= octets.count {
            octets[place] = UInt8(truncatingIfNeeded: below(2) == 0 ? length / 8 : length)
        } else if below(4) == 0 {
            octets[place] = UInt8(truncatingIfNeeded: length)
            octets[place + 1] = UInt8(truncatingIfNeeded: length >> 8)
        } else {
            octets[place] = UInt8(truncatingIfNeeded: length >> 8)
            octets[place + 1] = UInt8(truncatingIfNeeded: length)
        }
    }
}
