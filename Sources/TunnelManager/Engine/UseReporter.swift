import Forwarding
import MobilityWire

/// Tells the control thread between which addresses packets go, now and then. Belongs to one worker.
struct UseReporter {
    private var memory = UseMemory(seed: UInt64.random(in: 0...UInt64.max))
    /// Whoever sends from many addresses must not keep the control thread busy.
    private var limit = RateLimit(perSecond: 50, burst: 100)

    /// Another plan is in force: who begins to listen has heard of nothing yet.
    mutating func adopt(_ new: DirectRouteTable, after old: DirectRouteTable) {
        if new.listener != old.listener { memory = UseMemory(seed: UInt64.random(in: 0...UInt64.max)) }
    }

    /// Packets went by a direct route.
    mutating func note(
        _ way: UseMemory.Way, local: IPv6Address, remote: IPv6Address, at now: Instant, on board: EngineBoard
    ) {
        guard memory.isDue(way, local: local, remote: remote, at: now) else { return }
        guard limit.allow(at: now) else { return board.countRefusedUse() }
        guard board.report(EngineBoard.Use(way: way, local: local, remote: remote)) else { return }
        memory.told(way, local: local, remote: remote, at: now)
    }

    /// A packet went through the tunnel of a home agent of ours, or out of it.
    mutating func noteTunnelled(
        _ packet: UnsafeRawBufferPointer, by table: ForwardingTable, at now: Instant, on board: EngineBoard
    ) {
        let bytes = packet.bytes
        guard let source = try? bytes.address(at: IPv6Header.Offset.source),
            let destination = try? bytes.address(at: IPv6Header.Offset.destination),
            let hint = table.direct.hint(source: source, destination: destination, nextHeader: packet[6]),
            hint.peer.isRoutableUnicast
        else { return }
        note(.tunnel, local: hint.homeAddress, remote: hint.peer, at: now, on: board)
    }
}
