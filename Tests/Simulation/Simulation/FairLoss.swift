/// Loses messages at random, but of one exchange not more than `greatest` until it succeeds.
///
/// What an exchange is, its messages say themselves: the Binding Updates and acknowledgements between a node and a home
/// agent, the tests between a node and a correspondent and so on, both directions counted together. It succeeds when
/// the answer that was wanted has arrived; before that a message that comes too late counts as lost. With `greatest` losses behind
/// it, a message and its answer come through.
struct FairLoss {
    private var lost: [UInt8]
    private let greatest: UInt8
    private let perThousand: Int

    init(exchanges: Int, greatest: Int, perThousand: Int) {
        lost = Array(repeating: 0, count: exchanges)
        self.greatest = UInt8(greatest)
        self.perThousand = perThousand
    }

    /// Whether the network must deliver the next message.
    func isDue(_ exchange: Int) -> Bool { lost[exchange] >= greatest }

    /// - Parameter more: of a thousand messages, what is lost elsewhere than in the middle of the network.
    mutating func loses(_ exchange: Int, _ dice: inout Dice, more: Int = 0) -> Bool {
        guard !isDue(exchange), dice.chance(perThousand + more) else { return false }
        lost[exchange] += 1
        return true
    }

    /// A message comes late.
    mutating func note(late exchange: Int) { lost[exchange] += 1 }

    mutating func succeed(_ exchange: Int) { lost[exchange] = 0 }
}
