import Glibc
import Logging
import MobilityWire
import Platform
import Synchronization
import Testing

@testable import MovementDetector

/// Counts what is logged for people.
private final class LineCounter: LogHandler {
    let count = Mutex(0)
    let level = LogLevel.info

    func write(_ level: LogLevel, _ text: String) { count.withLock { $0 += 1 } }
}

@Suite("Where addresses come by DHCPv6")
struct ManagedLinksTests {
    private static let start = Instant(milliseconds: 1_000_000)

    /// A link of this machine under other names, for links are made by the kernel alone.
    private func link(_ index: UInt32, _ name: String, _ state: Link.IPv6State? = []) throws -> Link {
        var link = try #require(try RouteNetlink().links().first)
        (link.index, link.name, link.ipv6State) = (index, name, state)
        return link
    }

    @Test("an advertisement with the flag counts at once, and one without a while later")
    func withdrawal() throws {
        var (links, now) = (ManagedLinks(), Self.start)
        links.handle(everything: [try link(2, "eth0"), try link(3, "eth1", .managed)], at: now)
        #expect(links.managed(at: now) == ["eth1": 3] && links.nextDeadline(after: now) == nil)
        let events: [RouteMonitor.Event] = [
            .ipv6(interface: 2, state: .managed, mtu: nil), .ipv6(interface: 3, state: .ready, mtu: nil),
        ]
        for event in events { _ = links.handle(event, at: now) }
        #expect(links.managed(at: now) == ["eth0": 2, "eth1": 3])
        now = try #require(links.nextDeadline(after: now))
        #expect(now == Self.start + ManagedLinks.hold)
        #expect(links.managed(at: now) == ["eth0": 2] && links.nextDeadline(after: now) == nil)
        // Too late to have undone anything.
        _ = links.handle(.ipv6(interface: 3, state: .managed, mtu: nil), at: now)
        #expect(links.managed(at: now) == ["eth0": 2, "eth1": 3] && links.withdrawalsUndone == 0)
    }

    @Test("routers that disagree change nothing, and are counted")
    func disagreement() throws {
        var (links, now) = (ManagedLinks(), Self.start)
        _ = links.handle(.link(try link(2, "eth0", .managed)), at: now)
        for round in 1...100 {
            for state: Link.IPv6State in [.ready, .ready, .managed, .managed] {
                now = now + .seconds(3)
                // Either kind of news, and reading everything anew.
                switch round % 3 {
                case 0: links.handle(everything: [try link(2, "eth0", state)], at: now)
                case 1: _ = links.handle(.link(try link(2, "eth0", state)), at: now)
                default: _ = links.handle(.ipv6(interface: 2, state: state, mtu: 1500), at: now)
                }
                #expect(links.managed(at: now) == ["eth0": 2])
            }
        }
        #expect(links.withdrawalsUndone == 100)
    }

    @Test("a link that is gone is told of no longer, and one without IPv6 not for long")
    func gone() throws {
        var (links, now) = (ManagedLinks(), Self.start)
        let all = [try link(2, "eth0", .managed), try link(3, "eth1", .managed), try link(4, "eth2", .managed)]
        links.handle(everything: all, at: now)
        // The kernel does not always tell.
        _ = links.handle(.link(try link(3, "eth1", nil)), at: now)
        #expect(links.managed(at: now).count == 3)
        let mayHaveChanged = links.handle(.linkRemoved(index: 2, name: "eth0"), at: now)
        #expect(mayHaveChanged)
        #expect(links.managed(at: now) == ["eth1": 3, "eth2": 4])
        links.handle(everything: [try link(3, "eth1", nil)], at: now)
        #expect(links.managed(at: now) == ["eth1": 3])
        now = now + ManagedLinks.hold
        #expect(links.managed(at: now).isEmpty)
        let isOfLinks = links.handle(.overrun, at: now)
        #expect(!isOfLinks)
    }

    @Test("the folder has a file with the index for each, and the log a line for each index")
    func folder() throws {
        let path = "/tmp/shisa-managed-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeDirectory(path)
        defer {
            unlink("\(path)/eth0")
            rmdir(path)
        }
        let said = LineCounter()
        var folder = ManagedFolder(path, log: Logger(said))
        for _ in 0..<5 {
            folder.tell(["eth0": 2, "lan0": 9], of: ["eth0", "eth1"])
            #expect(try Files.read("\(path)/eth0") == Array("2\n".utf8) && !Files.exists("\(path)/lan0"))
            folder.tell([:], of: ["eth0", "eth1"])
            #expect(!Files.exists("\(path)/eth0"))
        }
        #expect(said.count.withLock { $0 } == 1)
        folder.tell(["eth0": 7], of: ["eth0", "eth1"])
        #expect(try Files.read("\(path)/eth0") == Array("7\n".utf8))
        #expect(said.count.withLock { $0 } == 2)
    }
}
