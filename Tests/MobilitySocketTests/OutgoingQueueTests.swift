import MobilityWire
import Testing

@testable import MobilitySocket

@Suite("The queue of a client")
struct OutgoingQueueTests {
    private func frames(_ queue: inout OutgoingQueue) throws -> [MobilitySocketFrame] {
        var frames: [MobilitySocketFrame] = []
        while let packet = queue.nextPacket() {
            #expect(packet.count <= MobilitySocketFrame.maximumLength)
            frames += try MobilitySocketFrame.decode(packet)
        }
        return frames
    }

    private func notification(_ index: UInt32) throws -> [UInt8] {
        try MobilitySocketFrame.notification(.uplinkGone(interfaceIndex: index)).encoded()
    }

    @Test("answers, notifications and dumps leave in the order in which they came")
    func order() throws {
        var queue = OutgoingQueue()
        queue.append(notification: try notification(1))
        queue.append(dump: (10..<1010).map { .uplinkGone(interfaceIndex: $0) }, sequence: 5)
        queue.append(notification: try notification(2))
        let indices = try frames(&queue).compactMap {
            if case .message(.uplinkGone(let index, nil)) = $0.content { index } else { nil }
        }
        #expect(indices == [1] + (10..<1010) + [2])
        #expect(queue.isEmpty)
    }

    @Test("an empty dump still has an end")
    func emptyDump() throws {
        var queue = OutgoingQueue()
        queue.append(dump: [], sequence: 7)
        #expect(
            try frames(&queue) == [MobilitySocketFrame(sequence: 7, flags: .multipart, content: .done)])
    }

    @Test("notifications beyond the limit become one overrun; answers and dumps stay")
    func overrun() throws {
        var queue = OutgoingQueue()
        let acknowledgement = MobilitySocketFrame(sequence: 3, flags: .capped, content: .acknowledgement)
        queue.append(answer: try acknowledgement.encoded())
        queue.append(dump: Array(repeating: .bindingFlush, count: 2000), sequence: 9)
        _ = queue.nextPacket()
        for index in 0..<50_000 { queue.append(notification: try notification(UInt32(index))) }
        #expect(queue.overruns > 1)
        let rest = try frames(&queue)
        #expect(rest.count { $0.content == .overrun } == 1)
        #expect(rest.count { $0.content == .done } == 1)
        let length = try notification(0).count
        let kept = rest.filter { if case .message(.uplinkGone) = $0.content { true } else { false } }
        #expect(kept.count * length <= OutgoingQueue.notificationLimit)
        #expect(kept.last == .notification(.uplinkGone(interfaceIndex: 49_999)))
    }

    @Test("a client that does not read its answers is not read")
    func holdsBack() throws {
        var queue = OutgoingQueue()
        let refusal = try MobilitySocketFrame(content: .refusal(MobilitySocketError(.invalid, "no"))).encoded()
        while !queue.holdsBack { queue.append(answer: refusal) }
        _ = try frames(&queue)
        #expect(!queue.holdsBack)
        queue.append(dump: [.bindingFlush], sequence: 1)
        #expect(!queue.holdsBack)
        queue.append(dump: [.bindingFlush], sequence: 2)
        #expect(queue.holdsBack)
    }
}
