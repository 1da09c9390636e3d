import Forwarding
import MobilityWire
import Platform
import Testing

@testable import TunnelManager

@Suite("What workers tell the control thread")
struct EngineBoardTests {
    private func address(_ number: Int) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_0001_0000, low: UInt64(number + 1))
    }

    @Test("packets without a binding are told of once, and as many as there is room for")
    func unbound() {
        let board = EngineBoard()
        func packet(_ number: Int) -> EngineBoard.Unbound {
            EngineBoard.Unbound(homeAddress: address(number), peer: address(1000), local: address(2000))
        }
        for number in 0...EngineBoard.unboundLimit {
            board.report(packet(number))
            board.report(packet(number))
        }
        #expect(board.takeNews().unbound == (0..<EngineBoard.unboundLimit).map(packet))
        board.report(packet(EngineBoard.unboundLimit))
        #expect(board.takeNews().unbound == [packet(EngineBoard.unboundLimit)])
    }

    @Test("so are tunnelled ones")
    func orphans() {
        let board = EngineBoard()
        func packet(_ number: Int) -> EngineBoard.Orphan {
            EngineBoard.Orphan(peer: address(1000), local: address(2000), source: address(number))
        }
        for number in 0...EngineBoard.orphanLimit {
            board.report(packet(number))
            board.report(packet(number))
        }
        #expect(board.takeNews().orphans == (0..<EngineBoard.orphanLimit).map(packet))
    }

    @Test("as long as one worker has packets that wait for a plan, a plan wakes them")
    func waiting() throws {
        let board = EngineBoard()
        let loop = try EventLoop()
        var woken = 0
        board.add(try loop.makeWaker { woken += 1 })
        func isWoken() throws -> Bool {
            let before = woken
            board.publish(EnginePlan(table: .empty, egress: []))
            try loop.run(for: .milliseconds(20))
            return woken > before
        }
        #expect(try !isWoken())
        board.awaitPlan(true)
        board.awaitPlan(true)
        #expect(try isWoken())
        board.awaitPlan(false)
        #expect(try isWoken())
        board.awaitPlan(false)
        #expect(try !isWoken())
    }

    @Test("what strangers may cause is of all workers together")
    func limits() {
        let board = EngineBoard()
        let now = Instant(milliseconds: 1000)
        #expect((0..<100).count { _ in board.mayTell(\.orphans, at: now) } == 10)
        #expect((0..<100).count { _ in board.mayTell(\.unbound, at: now) } == 10)
        #expect((0..<100).count { _ in board.mayAnswer(address(1), within: \.errors, at: now) } == 50)
        #expect((0..<100).count { _ in board.mayAnswer(address(1), within: \.absences, at: now) } == 50)
    }

    @Test("uses that are too many to tell of are counted, and there is room again once they were taken")
    func uses() {
        let board = EngineBoard()
        func use(_ number: Int) -> EngineBoard.Use {
            EngineBoard.Use(way: .direct, local: address(1000), remote: address(number))
        }
        for number in 0..<EngineBoard.useLimit { #expect(board.report(use(number))) }
        #expect(board.refusedUses == 0)
        #expect(!board.report(use(EngineBoard.useLimit)))
        #expect(board.refusedUses == 1)
        #expect(board.takeNews().uses == (0..<EngineBoard.useLimit).map(use))
        #expect(board.report(use(EngineBoard.useLimit)))
        #expect(board.refusedUses == 1)
    }
}
