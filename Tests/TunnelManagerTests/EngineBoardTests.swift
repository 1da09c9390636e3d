import Forwarding
import MobilityWire
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
