import MobilitySocket

extension FuzzTarget {
    /// What a program writes to the mobility socket.
    static let socketFrames = FuzzTarget("socket-frames", limit: 4096) { input in
        guard let frames = try? MobilitySocketFrame.decode(Array(input)) else { return }
        hold(frames.count * 16 <= input.count, "\(frames.count) frames in \(input.count) octets")
        for frame in frames {
            if case .malformed = frame.content { continue }
            // A longer reason is cut where it is written.
            if case .refusal(let error) = frame.content, error.reason.utf8.count > 1024 { continue }
            guard let octets = try? frame.encoded() else { continue }
            guard let again = try? MobilitySocketFrame.decode(octets) else {
                fatalError("what it wrote it cannot read: \(frame)")
            }
            hold(again.count == 1 && again[0].content == frame.content, "\(frame) became \(again)")
        }
    }
}
