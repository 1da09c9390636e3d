import Testing

@testable import TunnelManager

@Suite struct TurnTests {
    @Test("every one has its turn in the end, and no round has more than its share", arguments: [1, 2, 5, 10, 11, 64])
    func fair(count: Int) {
        var turn = Turn()
        var asked: Set<Int> = []
        for _ in 0..<count {
            turn.begin(of: count, asking: 3)
            let round = (0..<count).filter { _ in turn.next() }
            #expect(round.count == min(3, count))
            asked.formUnion(round)
        }
        #expect(asked == Set(0..<count))
    }

    @Test("rounds of other sizes do not upset it")
    func changes() {
        var turn = Turn()
        for count in [5, 0, 2, 9, 1] {
            turn.begin(of: count, asking: 4)
            #expect((0..<count).filter { _ in turn.next() }.count == min(4, count))
        }
    }
}
