/// Who wants to hear of the refusal of which message, in the order in which they were sent.
struct RefusalQueue {
    private var items: [(sequence: UInt32, refused: (MobilitySocketError) -> Void)] = []
    private var head = 0

    mutating func append(_ sequence: UInt32, _ refused: @escaping (MobilitySocketError) -> Void) {
        items.append((sequence, refused))
    }

    /// Forgets the messages up to this one: they were not refused.
    mutating func settle(upTo sequence: UInt32) {
        while head < items.count, Int32(bitPattern: sequence &- items[head].sequence) >= 0 {
            items[head].refused = { _ in }
            head += 1
        }
        if head == items.count {
            items.removeAll(keepingCapacity: items.count < 1024)
            head = 0
        } else if head > 1024, head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
    }

    /// Whom to tell of the refusal of a message; those before it were not refused.
    mutating func take(_ sequence: UInt32) -> ((MobilitySocketError) -> Void)? {
        settle(upTo: sequence &- 1)
        guard head < items.count, items[head].sequence == sequence else { return nil }
        let refused = items[head].refused
        settle(upTo: sequence)
        return refused
    }
}
