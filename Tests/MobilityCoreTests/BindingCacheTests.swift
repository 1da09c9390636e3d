import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite struct BindingCacheTests {
    func binding(_ number: Int, expiresIn span: Instant.Span, sequence: UInt16 = 1) -> Binding {
        Binding(
            homeAddress: IPv6Address(high: Sample.home.high, low: UInt64(number)),
            careOfAddress: Sample.cable.address, homeAgent: Sample.homeAgent,
            sequenceNumber: SequenceNumber(rawValue: sequence), lifetime: span, expiresAt: Sample.start + span)
    }

    @Test("bindings end in the order of their deadlines, whatever the order they came in")
    func order() {
        var cache = BindingCache()
        var random = RandomNumbers(seed: 5)
        var numbers = Array(1...500)
        numbers.shuffle(using: &random)
        for number in numbers { cache.set(binding(number, expiresIn: .seconds(Int64(number)))) }
        #expect(cache.count == 500)
        var ended: [UInt64] = []
        while let deadline = cache.nextDeadline {
            while case .expired(let binding)? = cache.takeChange(at: deadline) { ended.append(binding.homeAddress.low) }
        }
        #expect(ended == Array(1...500))
        #expect(cache.count == 0)
    }

    @Test("any sequence of changes leaves what a plain dictionary would hold", arguments: 1...20 as ClosedRange<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var cache = BindingCache()
        var reference: [IPv6Address: Binding] = [:]
        var now = Sample.start
        for _ in 0..<2000 {
            let number = Int.random(in: 1...40, using: &random)
            let homeAddress = IPv6Address(high: Sample.home.high, low: UInt64(number))
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                var new = binding(number, expiresIn: .zero)
                new.expiresAt = now + .milliseconds(Int64.random(in: 1...5000, using: &random))
                cache.set(new)
                reference[homeAddress] = new
            case 5:
                cache.remove(homeAddress)
                reference[homeAddress] = nil
            case 6:
                cache.deregister(
                    homeAddress, sequenceNumber: SequenceNumber(rawValue: 9), forgetAt: now + .seconds(1))
                reference[homeAddress] = nil
            default:
                now = now + .milliseconds(Int64.random(in: 1...500, using: &random))
                while cache.takeChange(at: now) != nil {}
                reference = reference.filter { $0.value.expiresAt > now }
            }
            #expect(cache.count == reference.count)
            #expect(Dictionary(uniqueKeysWithValues: cache.bindings.map { ($0.homeAddress, $0) }) == reference)
            if let first = reference.values.map(\.expiresAt).min() {
                #expect(cache.nextDeadline! <= first)
            }
        }
    }

    @Test("a de-registered binding is not in force, and its number is remembered for a while")
    func remembers() {
        var cache = BindingCache()
        let binding = binding(1, expiresIn: .seconds(100))
        cache.set(binding)
        cache.deregister(
            binding.homeAddress, sequenceNumber: SequenceNumber(rawValue: 7), forgetAt: Sample.start + .seconds(10))
        #expect(cache[binding.homeAddress] == nil)
        #expect(cache.count == 0)
        #expect(Array(cache.bindings).isEmpty)
        #expect(cache.lastSequenceNumber(of: binding.homeAddress)?.rawValue == 7)
        #expect(cache.takeChange(at: Sample.start + .seconds(10)) == nil)
        #expect(cache.lastSequenceNumber(of: binding.homeAddress) == nil)
        #expect(cache.takeChange(at: binding.expiresAt) == nil)
        #expect(cache.nextDeadline == nil)
    }

    @Test("many refreshes with ever nearer ends do not make the queue grow")
    func queueIsBounded() {
        var cache = BindingCache()
        for round in 0..<5000 { cache.set(binding(1, expiresIn: .seconds(Int64(100_000 - round)))) }
        #expect(cache.queueLength <= 66 + 1)
        for number in 0..<5000 {
            cache.set(binding(number, expiresIn: .seconds(100)))
            cache.remove(binding(number, expiresIn: .zero).homeAddress)
        }
        #expect(cache.queueLength <= 66 + 1)
    }

    @Test("a deadline that moved forward and back again leaves nothing in the queue")
    func leftOver() {
        var cache = BindingCache()
        for seconds in [100, 50, 200] as [Int64] { cache.set(binding(1, expiresIn: .seconds(seconds))) }
        #expect(cache.takeChange(at: Sample.start + .seconds(50)) == nil)
        #expect(cache.takeChange(at: Sample.start + .seconds(100)) == nil)
        #expect(cache.queueLength == 1)
        #expect(cache.nextDeadline == Sample.start + .seconds(200))
    }

    @Test("a hundred thousand bindings are set, refreshed and ended")
    func many() {
        var cache = BindingCache()
        for round in 1...2 as ClosedRange<Int64> {
            for number in 0..<100_000 { cache.set(binding(number, expiresIn: .seconds(round * 600))) }
        }
        #expect(cache.count == 100_000)
        #expect(cache.takeChange(at: Sample.start + .seconds(600)) == nil)
        var ended = 0
        while cache.takeChange(at: Sample.start + .seconds(1200)) != nil { ended += 1 }
        #expect(ended == 100_000)
    }
}

@Suite struct RateLimitTests {
    @Test("a burst is allowed at once, then the rate")
    func bucket() {
        var limit = RateLimit(perSecond: 10, burst: 3)
        var now = Sample.start
        func allowed(_ tries: Int) -> Int { (0..<tries).reduce(0) { sum, _ in sum + (limit.allow(at: now) ? 1 : 0) } }
        #expect(allowed(10) == 3)
        now = now + .milliseconds(100)
        #expect(allowed(10) == 1)
        now = now + .minutes(100_000_000)
        #expect(allowed(10) == 3)
    }
}
