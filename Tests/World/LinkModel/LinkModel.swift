import MobilityWire

/// One direction of an emulated link: frames go in, and come out later, or not at all.
///
/// Pure: time comes in as an argument, in nanoseconds of any monotonic clock, and the same seed gives the same fate to
/// the same frames. The work of netem, on kernels that have none.
public struct LinkModel<Frame> {
    public var settings = LinkSettings()
    public private(set) var counters = LinkCounters()

    /// How many frames may travel at once. Reached only by a long delay at full speed; bounds memory.
    public static var frameLimit: Int { 16_384 }

    private var travelling: [(due: UInt64, frame: Frame)] = []
    /// Frames before this index have left; the array is compacted now and then rather than shifted at every frame.
    private var head = 0
    private var linkFreeAt: UInt64 = 0
    private var random: RandomNumbers

    public init(seed: UInt64) {
        random = RandomNumbers(seed: seed)
    }

    /// When the next frame is due, or `nil` if none travels.
    public var nextDue: UInt64? {
        head < travelling.count ? travelling[head].due : nil
    }

    /// Puts a frame of `octets` on the link.
    public mutating func offer(_ frame: Frame, octets: Int, at now: UInt64) {
        if settings.loss > 0, Double.random(in: 0..<1, using: &random) < settings.loss {
            counters.lost += 1
            return
        }
        guard travelling.count - head < Self.frameLimit else {
            counters.overflowed += 1
            return
        }
        var departure = now
        if settings.rate > 0 {
            let start = max(now, linkFreeAt)
            let waiting = (Double(start - now) * Double(settings.rate)) / 8e9
            guard waiting + Double(octets) <= Double(max(settings.queue, UInt64(octets))) else {
                counters.overflowed += 1
                return
            }
            departure = start + UInt64(Double(octets) * 8e9 / Double(settings.rate))
            linkFreeAt = departure
        }
        var due = departure + settings.delay
        if settings.jitter > 0 {
            let stray = UInt64.random(in: 0...(2 * settings.jitter), using: &random)
            due = due + stray > settings.jitter ? due + stray - settings.jitter : 0
        }
        insert(frame, due: max(due, now))
    }

    /// Takes the next frame that is due at `now`, if one is.
    public mutating func take(at now: UInt64) -> Frame? {
        guard head < travelling.count, travelling[head].due <= now else { return nil }
        let frame = travelling[head].frame
        head += 1
        if head == travelling.count {
            travelling.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 1024 {
            travelling.removeFirst(head)
            head = 0
        }
        counters.passed += 1
        return frame
    }

    /// Forgets every frame on the way, as when the cable is pulled.
    public mutating func clear() {
        counters.lost += travelling.count - head
        travelling.removeAll(keepingCapacity: true)
        head = 0
        linkFreeAt = 0
    }

    private mutating func insert(_ frame: Frame, due: UInt64) {
        guard settings.reorder, let last = travelling.last, head < travelling.count, due < last.due else {
            // In order: no frame arrives before the one ahead of it.
            let notBefore = head < travelling.count ? travelling[travelling.count - 1].due : 0
            travelling.append((max(due, settings.reorder ? due : notBefore), frame))
            return
        }
        var place = travelling.count
        while place > head, travelling[place - 1].due > due { place -= 1 }
        travelling.insert((due, frame), at: place)
    }
}
