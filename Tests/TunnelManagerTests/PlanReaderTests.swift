import Forwarding
import Testing

@testable import TunnelManager

@Suite("Who drops a plan that was replaced")
struct PlanReaderTests {
    /// Publishes a plan of its own, and looks whether it is still there.
    private struct Published {
        weak var plan: EnginePlan?

        init(on board: EngineBoard) {
            let new = EnginePlan(table: .empty, egress: [])
            board.publish(new)
            plan = new
        }
    }

    @Test("not the reader that changes to another: the next publication does")
    func replaced() {
        let board = EngineBoard()
        var reader = PlanReader(board)
        let first = Published(on: board)
        reader.update { _, _ in }
        #expect(reader.plan === first.plan)
        let second = Published(on: board)
        #expect(first.plan != nil, "the reader has it still")
        reader.update { new, former in #expect(new === second.plan && former === first.plan) }
        #expect(reader.plan === second.plan)
        #expect(first.plan != nil, "the reader would have freed it")
        let third = Published(on: board)
        #expect(first.plan == nil)
        #expect(second.plan != nil)
        #expect(third.plan != nil)
    }

    @Test("what no reader took goes at once, however long a reader stays with an older one")
    func skipped() {
        let board = EngineBoard()
        var idle = PlanReader(board)
        var busy = PlanReader(board)
        let first = Published(on: board)
        idle.update { _, _ in }
        busy.update { _, _ in }
        for _ in 0..<3 {
            let skipped = Published(on: board)
            let taken = Published(on: board)
            #expect(skipped.plan == nil)
            busy.update { _, _ in }
            #expect(busy.plan === taken.plan)
        }
        #expect(first.plan != nil)
        #expect(idle.plan === first.plan)
        idle.update { _, _ in }
        #expect(idle.plan === busy.plan)
        _ = Published(on: board)
        #expect(first.plan == nil)
    }

    @Test("there is nothing to change to as long as no other is in force")
    func same() {
        let board = EngineBoard()
        var reader = PlanReader(board)
        let only = Published(on: board)
        let changes = (reader.update { _, _ in }, reader.update { _, _ in Issue.record("there is no other") })
        #expect(changes == (true, false))
        #expect(reader.plan === only.plan)
    }
}
