import Glibc
import MobilityWire
import Synchronization
import Testing

@testable import Platform

@Suite("The event loop")
struct EventLoopTests {
    @Test("timers fire in the order of their deadlines, and in the order of making within one")
    func timerOrder() throws {
        let loop = try EventLoop()
        var fired: [Int] = []
        let start = loop.now
        loop.timer(at: start + .milliseconds(30)) {
            fired.append(4)
            loop.stop()
        }
        loop.timer(at: start + .milliseconds(10)) { fired.append(1) }
        loop.timer(at: start + .milliseconds(20)) { fired.append(2) }
        loop.timer(at: start + .milliseconds(20)) { fired.append(3) }
        loop.timer(at: start - .milliseconds(5)) { fired.append(0) }
        try loop.run()
        #expect(fired == [0, 1, 2, 3, 4])
        #expect(loop.now >= start + .milliseconds(30))
    }

    @Test("a cancelled timer does not fire, not even when another cancels it in the same turn")
    func timerCancel() throws {
        let loop = try EventLoop()
        var fired: [String] = []
        let start = loop.now
        let never = loop.timer(at: start + .milliseconds(5)) { fired.append("never") }
        never.cancel()
        #expect(!never.isPending)
        var second: EventLoop.Timer?
        loop.timer(at: start + .milliseconds(10)) {
            fired.append("first")
            second?.cancel()
        }
        second = loop.timer(at: start + .milliseconds(10)) { fired.append("second") }
        loop.timer(at: start + .milliseconds(11)) { fired.append("last") }
        #expect(try loop.run(until: { fired.contains("last") }))
        #expect(fired == ["first", "last"])
    }

    @Test("ten thousand timers, most of them cancelled, fire in order")
    func manyTimers() throws {
        var queue = EventLoop.TimerQueue()
        var kept = 0
        for number in 0..<10_000 {
            let deadline = Instant(milliseconds: Int64((number &* 7919) % 10_007))
            let timer = queue.insert(deadline: deadline) {}
            if number % 10 != 0 { timer.cancel() } else { kept += 1 }
        }
        var last = Instant(milliseconds: -1)
        var popped = 0
        while let timer = queue.popDue(at: Instant(milliseconds: 20_000)) {
            #expect(timer.deadline >= last)
            last = timer.deadline
            popped += 1
        }
        #expect(popped == kept)
    }

    @Test("a handler may cancel another's watch and close its descriptor in the same turn")
    func removalInHandlers() throws {
        let loop = try EventLoop()
        var called: [Int] = []
        var watches: [EventLoop.Watch] = []
        var pipes: [(Int32, Int32)] = []
        for number in 0..<2 {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            pipes.append((ends[0], ends[1]))
            watches.append(
                try loop.watch(
                    ends[0],
                    read: {
                        called.append(number)
                        for watch in watches { watch.cancel() }
                        loop.stop()
                    }))
        }
        for pipe in pipes { #expect(write(pipe.1, "x", 1) == 1) }
        try loop.run()
        #expect(called.count == 1)
        try loop.run(for: .milliseconds(5))
        #expect(called.count == 1)
        for pipe in pipes {
            close(pipe.0)
            close(pipe.1)
        }
    }

    @Test("the read handler hears that the other side has closed, and the write handler only when it wants to")
    func closedAndWritable() throws {
        let loop = try EventLoop()
        let (left, right) = try UnixSeqpacketConnection.pair()
        var writable = 0
        var readable = 0
        var watch: EventLoop.Watch?
        watch = try loop.watch(
            left.descriptor,
            read: {
                readable += 1
                watch?.cancel()
                loop.stop()
            },
            write: {
                writable += 1
                watch?.wantsWrite = false
                loop.stop()
            })
        try loop.run(for: .milliseconds(5))
        #expect(writable == 0 && readable == 0)
        watch?.wantsWrite = true
        try loop.run(for: .seconds(10))
        #expect(writable == 1 && readable == 0)
        right.close()
        try loop.run(for: .seconds(10))
        #expect(readable == 1)
        #expect(watch?.isActive == false)
    }

    @Test("a thread wakes the loop")
    func waker() throws {
        let loop = try EventLoop()
        let woken = Mutex(0)
        let waker = try loop.makeWaker {
            woken.withLock { $0 += 1 }
            loop.stop()
        }
        let thread = try WorkerThread(name: "waker") { waker.wake() }
        loop.timer(after: .seconds(5)) { loop.stop() }
        try loop.run()
        thread.join()
        #expect(woken.withLock { $0 } == 1)
    }

    @Test("a signal calls its handler in the loop instead of ending the process")
    func signals() throws {
        let loop = try EventLoop()
        var heard: [Int32] = []
        try loop.onSignal(SIGUSR1) { heard.append(SIGUSR1) }
        try loop.onSignal(SIGTERM) {
            heard.append(SIGTERM)
            loop.stop()
        }
        defer { Syscalls.unblock([SIGUSR1, SIGTERM]) }
        // To this thread: others of the test process do not block the signal.
        pthread_kill(pthread_self(), SIGUSR1)
        loop.timer(after: .milliseconds(5)) { pthread_kill(pthread_self(), SIGTERM) }
        loop.timer(after: .seconds(5)) { loop.stop() }
        try loop.run()
        #expect(heard == [SIGUSR1, SIGTERM])
    }

    @Test("work put off runs after the present handler")
    func soon() throws {
        let loop = try EventLoop()
        var order: [String] = []
        loop.timer(at: loop.now) {
            loop.soon {
                order.append("soon")
                loop.stop()
            }
            order.append("handler")
        }
        try loop.run()
        #expect(order == ["handler", "soon"])
    }

    @Test("the NTP timestamp has seconds since 1900 and a fraction")
    func ntp() {
        let stamp = WallClock.ntp()
        let seconds = Double(stamp >> 32) - 2_208_988_800 + Double(stamp & 0xffff_ffff) / 4_294_967_296
        #expect(abs(seconds - WallClock.seconds()) < 1)
    }
}
