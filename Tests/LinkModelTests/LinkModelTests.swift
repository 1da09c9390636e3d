import LinkModel
import Testing

private let millisecond: UInt64 = 1_000_000

private func link(_ words: String, seed: UInt64 = 1) throws -> LinkModel<Int> {
    var link = LinkModel<Int>(seed: seed)
    try link.settings.apply(words: words.split(separator: " "))
    return link
}

/// Takes everything that ever arrives, with the time of its arrival.
private func drain(_ link: inout LinkModel<Int>) -> [(time: UInt64, frame: Int)] {
    var arrivals: [(time: UInt64, frame: Int)] = []
    while let due = link.nextDue, let frame = link.take(at: due) {
        arrivals.append((due, frame))
    }
    return arrivals
}

@Test("a plain link hands a frame over at once")
func plain() throws {
    var link = try link("")
    link.offer(7, octets: 100, at: 5)
    #expect(link.take(at: 5) == 7)
    #expect(link.take(at: 5) == nil)
    #expect(link.counters == LinkCounters(passed: 1))
}

@Test("delay holds a frame back exactly that long")
func delay() throws {
    var link = try link("delay=40")
    link.offer(1, octets: 100, at: 0)
    #expect(link.take(at: 40 * millisecond - 1) == nil)
    #expect(link.take(at: 40 * millisecond) == 1)
}

@Test("jitter keeps frames in order unless told otherwise, and stays in its bounds")
func jitter() throws {
    var ordered = try link("delay=40 jitter=15")
    var free = try link("delay=40 jitter=15 reorder=1")
    for number in 0..<1000 {
        let now = UInt64(number) * millisecond
        ordered.offer(number, octets: 100, at: now)
        free.offer(number, octets: 100, at: now)
    }
    let inOrder = drain(&ordered)
    #expect(inOrder.map(\.frame) == Array(0..<1000))
    let shuffled = drain(&free)
    #expect(shuffled.map(\.frame) != Array(0..<1000))
    #expect(shuffled.map(\.frame).sorted() == Array(0..<1000))
    for (time, frame) in shuffled {
        let travel = time - UInt64(frame) * millisecond
        #expect(travel >= 25 * millisecond && travel <= 55 * millisecond)
    }
}

@Test("loss takes its share, the same frames for the same seed")
func loss() throws {
    var first = try link("loss=0.3", seed: 42)
    var second = try link("loss=0.3", seed: 42)
    for number in 0..<10_000 {
        first.offer(number, octets: 100, at: 0)
        second.offer(number, octets: 100, at: 0)
    }
    let survivors = drain(&first).map(\.frame)
    #expect(survivors == drain(&second).map(\.frame))
    #expect(abs(first.counters.lost - 3000) < 150)
}

@Test("rate spaces frames, and the queue drops what does not fit")
func rate() throws {
    // 8 Mbit/s is an octet a microsecond; the queue holds two frames of 1024 octets.
    var link = try link("rate=8 queue=2")
    for number in 0..<5 { link.offer(number, octets: 1024, at: 0) }
    let arrivals = drain(&link)
    #expect(arrivals.map(\.frame) == [0, 1])
    #expect(arrivals.map(\.time) == [1_024_000, 2_048_000])
    #expect(link.counters.overflowed == 3)
    // A link that had nothing to do is free at once.
    link.offer(9, octets: 1024, at: 100 * millisecond)
    #expect(link.nextDue == 101_024_000)
}

@Test("no more frames travel than the limit")
func limit() throws {
    var link = try link("delay=1000")
    for number in 0..<(LinkModel<Int>.frameLimit + 3) { link.offer(number, octets: 60, at: 0) }
    #expect(link.counters.overflowed == 3)
    link.clear()
    #expect(link.nextDue == nil)
    #expect(link.counters.lost == LinkModel<Int>.frameLimit)
}

@Test("wrong words change nothing")
func words() throws {
    var settings = LinkSettings()
    #expect(throws: LinkSettings.WordError.unknown("dealy=4")) {
        try settings.apply(words: ["delay=4", "dealy=4"])
    }
    #expect(throws: LinkSettings.WordError.outOfRange("loss=2")) { try settings.apply(words: ["loss=2"]) }
    #expect(throws: LinkSettings.WordError.outOfRange("delay=nan")) { try settings.apply(words: ["delay=nan"]) }
    #expect(throws: LinkSettings.WordError.unknown("rate")) { try settings.apply(words: ["rate"]) }
    #expect(settings == LinkSettings())
}
