/// What is still to happen, earliest first; what happens at one instant happens in the order in which it was put in.
struct EventQueue {
    struct Event {
        /// Milliseconds of the world's time.
        var time: Int64
        var order: UInt64
        var kind: EventKind
        var first: Int32
        var second: Int32

        @inline(__always)
        func isBefore(_ other: Event) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var items: [Event] = []
    private var order: UInt64 = 0

    mutating func add(_ kind: EventKind, at time: Int64, _ first: Int = 0, _ second: Int = 0) {
        order += 1
        items.append(
            Event(
                time: time, order: order, kind: kind, first: Int32(truncatingIfNeeded: first),
                second: Int32(truncatingIfNeeded: second)))
        var child = items.count - 1
        let item = items[child]
        while child > 0 {
            let parent = (child - 1) / 2
            guard item.isBefore(items[parent]) else { break }
            items[child] = items[parent]
            child = parent
        }
        items[child] = item
    }

    /// Takes the earliest event if it is not after `end`.
    mutating func take(until end: Int64) -> Event? {
        guard let first = items.first, first.time <= end, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return first }
        var parent = 0
        while true {
            var least = 2 * parent + 1
            guard least < items.count else { break }
            if least + 1 < items.count, items[least + 1].isBefore(items[least]) { least += 1 }
            guard items[least].isBefore(last) else { break }
            items[parent] = items[least]
            parent = least
        }
        items[parent] = last
        return first
    }
}

/// What can happen. The numbers beside it are said with each.
enum EventKind: UInt8 {
    /// A node's timers; the node.
    case wakeNode
    /// A home agent's timers; the home agent.
    case wakeAgent
    /// A correspondent's timers; the correspondent.
    case wakePeer
    /// A packet arrives; its place in the store.
    case packet
    /// A packet of data is sent, to see whether it would arrive; the node.
    case probe
    /// A node moves; the node.
    case move
    /// An uplink is there again; the node and its uplink.
    case attach
    /// An uplink of a node that drives becomes another; the node and its uplink.
    case spell
    /// The counters of a node's tunnels have moved; the node.
    case sample
    /// The movement detector notices that an uplink has died silently; the node and its uplink.
    case notice
    /// Something goes wrong in the network.
    case fault
    /// A partition ends; its number.
    case heal
    /// A home agent ends; the home agent and how.
    case crash
    /// A home agent starts; the home agent.
    case boot
    /// Duplicate Address Detection has its answer; the home agent and the home address.
    case detected
    /// A lock-out of a node by the operator ends; the home agent and the node.
    case pardon
    /// Somebody sends what is not his.
    case attack
    /// The faults cease.
    case calm
    /// All has to be well; then the faults begin again.
    case judgement
}
