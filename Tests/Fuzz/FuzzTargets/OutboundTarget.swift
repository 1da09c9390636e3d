import Forwarding
import MobilityWire

extension FuzzTarget {
    /// The whole way out: frames of the TUN device become packets for tunnels, or go past the home agent.
    ///
    /// The flags' lower two bits say which node it is, 4 that lengths are made to fit.
    static let outbound: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("outbound", limit: 16_384) { input in
            guard let pieces = Pieces(input) else { return }
            let stage = Stage.numbered(pieces.flags)
            for (index, piece) in pieces.octets.enumerated() {
                let frame = memory.place(piece, slot: index)
                if pieces.flags & 4 != 0 { frame.fitLength(at: VirtioNetHeader.size) }
                send(frame, by: stage)
            }
        }
    }()

    private static func send(_ frame: UnsafeMutableRawBufferPointer, by stage: Stage) {
        var batch = OutgoingBatch(capacity: 16)
        let longest = max(frame.count, 1500)
        var packets = 0
        func take(_ batch: inout OutgoingBatch) {
            for index in 0..<batch.count {
                let packet = batch.pieces[index * 2..<index * 2 + 2].flatMap {
                    UnsafeRawBufferPointer(start: $0.base, count: $0.count)
                }
                packet.withUnsafeBytes {
                    hold($0.count >= 40 && $0[0] >> 4 == 6, "no IPv6 packet")
                    hold($0.number(at: 4) + 40 == $0.count, "a packet of \($0.count) octets says \($0.number(at: 4))")
                    hold($0.count <= longest, "a packet of \($0.count) octets of a frame of \(frame.count)")
                }
            }
            packets += batch.count
            batch.removeAll()
        }
        let outcome = Encapsulator().encapsulate(frame, by: stage.table, into: &batch, flush: take)
        take(&batch)
        switch outcome {
        case .forwarded, .direct, .unchanged: hold(packets > 0, "\(outcome) without a packet")
        case .dropped, .waiting, .tooBig, .encapsulationLimit: hold(packets == 0, "\(outcome), and \(packets) sent")
        }
    }
}
