/// What waits to be sent to one client, in order.
///
/// Answers are never lost: a client whose answers pile up is not read any more (`holdsBack`). Notifications have a
/// limit: beyond it all that wait are dropped and an overrun frame tells the client to dump its tables anew, so a monitor
/// that stands still costs bounded memory and blocks nobody. A dump keeps its entries as values and is put into frames
/// as the client reads.
struct OutgoingQueue {
    /// Notifications that may wait, in octets: some thousand entries, seconds of a busy home agent.
    static let notificationLimit = 256 << 10
    /// Answers that may wait before requests are no longer read, in octets.
    static let answerLimit = 64 << 10
    /// Dumps that may wait before requests are no longer read.
    static let dumpLimit = 2
    /// The length to which small frames are gathered in a packet, in octets: a quarter of a socket's buffer holds it.
    static let packetTarget = 16 << 10

    private enum Item {
        case answer([UInt8])
        case notification([UInt8])
        case overrun
        case dump([MobilitySocketMessage], sequence: UInt32)
    }

    private var items: [Item] = []
    private var head = 0
    /// The next entry of the dump at the head.
    private var dumpPosition = 0
    private var notificationOctets = 0
    private var answerOctets = 0
    private var dumps = 0
    /// How often notifications were dropped.
    private(set) var overruns = 0

    var isEmpty: Bool { head == items.count }

    /// Whether waiting for more notifications would spare nothing.
    var isWorthAPacket: Bool { notificationOctets >= Self.packetTarget }

    /// Whether requests of this client should wait until it has read some answers.
    var holdsBack: Bool { answerOctets > Self.answerLimit || dumps >= Self.dumpLimit }

    mutating func append(answer octets: [UInt8]) {
        items.append(.answer(octets))
        answerOctets += octets.count
    }

    mutating func append(dump messages: [MobilitySocketMessage], sequence: UInt32) {
        items.append(.dump(messages, sequence: sequence))
        dumps += 1
    }

    mutating func append(notification octets: [UInt8]) {
        if notificationOctets + octets.count > Self.notificationLimit { dropNotifications() }
        items.append(.notification(octets))
        notificationOctets += octets.count
    }

    /// The next packet: one frame, or several that fit well together.
    mutating func nextPacket() -> [UInt8]? {
        var packet: [UInt8] = []
        while packet.count < Self.packetTarget, head < items.count {
            switch items[head] {
            case .answer(let octets):
                guard Self.fits(octets, in: packet) else { return packet }
                packet += octets
                answerOctets -= octets.count
                advance()
            case .notification(let octets):
                guard Self.fits(octets, in: packet) else { return packet }
                packet += octets
                notificationOctets -= octets.count
                advance()
            case .overrun:
                packet += Self.encode(MobilitySocketFrame(content: .overrun))
                advance()
            case .dump(let messages, let sequence):
                guard dumpPosition < messages.count else {
                    packet += Self.encode(MobilitySocketFrame(sequence: sequence, flags: .multipart, content: .done))
                    dumps -= 1
                    advance()
                    continue
                }
                let part = Self.encode(.part(messages[dumpPosition], of: sequence))
                guard Self.fits(part, in: packet) else { return packet }
                packet += part
                dumpPosition += 1
            }
        }
        return packet.isEmpty ? nil : packet
    }

    private static func fits(_ octets: [UInt8], in packet: [UInt8]) -> Bool {
        packet.isEmpty || packet.count + octets.count <= MobilitySocketFrame.maximumLength
    }

    /// An entry too long for a frame is left out of its dump; it could not have come in by a frame either.
    private static func encode(_ frame: MobilitySocketFrame) -> [UInt8] { (try? frame.encoded()) ?? [] }

    private mutating func advance() {
        // Gives up what the item held before the array is compacted.
        items[head] = .answer([])
        head += 1
        dumpPosition = 0
        if head == items.count {
            items.removeAll(keepingCapacity: items.count < 256)
            head = 0
        } else if head > 256, head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
    }

    private mutating func dropNotifications() {
        let kept = items[head...].filter {
            switch $0 {
            case .answer, .dump: true
            case .notification, .overrun: false
            }
        }
        // A dump that has begun stays at the head, since it is never a notification.
        items = kept + [.overrun]
        head = 0
        notificationOctets = 0
        overruns += 1
    }
}
