import Drives
import MobilityWire
import Testing

@testable import Multihoming

/// What the judge of drives counts, and what it does not.
@Suite struct DriveBookTests {
    /// The metered uplink carries the traffic, and the cable beside it works.
    private func bench() -> MachineBench {
        var bench = MachineBench()
        bench.uplinks[1].index = UInt32(DriveModel.metered) + 2
        bench.report()
        bench.pass(.seconds(10))
        bench.give(.pin("wwan0"))
        return bench
    }

    /// A book whose metered uplink is dead for these many tenths of a second, with traffic and a probe or without.
    private func book(_ spells: [(tenths: Int, hasTraffic: Bool, isAsked: Bool)], active: String = "wwan0") -> DriveBook
    {
        var bench = bench()
        if active != "wwan0" { bench.give(.pin(active)) }
        #expect(bench.active == active)
        var book = DriveBook()
        for spell in spells {
            for _ in 0..<spell.tenths {
                let dead = Int(bench.machine.decision.active?.index ?? 0) - 2
                book.watch(bench.machine, hasTraffic: spell.hasTraffic, isAsked: spell.isAsked, at: bench.now) {
                    $0 == dead
                }
                bench.now = bench.now + .milliseconds(100)
            }
        }
        return book
    }

    @Test("six seconds at most while it is asked, or could be, and has traffic")
    func asked() {
        #expect(book([(61, true, true)]).breach == nil)
        #expect(book([(62, true, true)]).breach == "6100 ms on a dead link")
    }

    @Test("waits for a probe that cannot be afforded do not count as being asked, but all of them together are bounded")
    func waits() {
        let thrice = [(20, true, true), (120, true, false), (20, true, true), (120, true, false), (20, true, true)]
        #expect(book(thrice).breach == nil)
        #expect(book(thrice).longestOnDead == 5700)
        #expect(book(thrice).longestMetered == 29_900)
        #expect(book(thrice + [(5, true, true)]).breach == "6200 ms on a dead link")
        #expect(book([(422, true, false)]).breach == "42100 ms on a dead link that is metered")
        #expect(book([(422, false, true)]).breach == "42100 ms on a dead link that is metered")
    }

    @Test("where octets cost nothing there is nothing to wait for")
    func unmetered() {
        #expect(book([(62, false, false)], active: "eth0").breach == "6100 ms on a dead link")
    }

    @Test("four changes without need within a minute, by one life of the program")
    func voluntary() {
        var bench = bench()
        var book = DriveBook()
        func change() {
            let old = bench.machine.decision.active
            bench.give(.pin(bench.active == "eth0" ? "wwan0" : "eth0"))
            if let old { book.note(bench.machine, instead: old, at: bench.now) }
            bench.pass(.seconds(5))
        }
        for _ in 0..<4 { change() }
        #expect(book.breach == nil)
        #expect(book.changes == 4)
        book.restart()
        for _ in 0..<4 { change() }
        #expect(book.breach == nil)
        change()
        #expect(book.breach == "5 changes within a minute that nothing asked for")
    }
}
