import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// What a stranger can fill at a correspondent has an end.
@Suite struct CorrespondentLimitTests {
    typealias Harness = CorrespondentHarness

    @Test("tests have a rate limit")
    func tests() {
        var harness = Harness()
        for _ in 0..<(Tunables.testsBurst + 100) { harness.receive(.homeTestInit(cookie: 1, options: [])) }
        #expect(harness.count(.homeTestSent) == Tunables.testsBurst)
        #expect(harness.count(.testSuppressed) == 100)
        harness.now = harness.now + .seconds(1)
        harness.receive(.homeTestInit(cookie: 1, options: []))
        #expect(harness.count(.homeTestSent) == Tunables.testsBurst + 1)
    }

    @Test("more bindings than the limit are refused with 130; known ones go on")
    func limit() {
        var harness = Harness(CorrespondentConfiguration(greatestNumberOfBindings: 2))
        #expect(harness.update() == .accepted)
        #expect(harness.update { $0.home = Sample.otherHome } == .accepted)
        #expect(harness.update { $0.home = Sample.stranger } == .insufficientResources)
        #expect(harness.update() == .accepted)
        // What ended is remembered as long as its nonces count, and takes its place.
        harness.update { $0.lifetime = .zero }
        #expect(harness.machine.cache.count == 1)
        #expect(harness.update { $0.home = Sample.stranger } == .insufficientResources)
        harness.pass(.seconds(240))
        #expect(harness.update { $0.home = Sample.stranger } == .accepted)
    }

    private func home(_ prefix: UInt64, _ number: UInt64) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_0bad_0000 | prefix, low: number)
    }

    @Test("a /64 prefix's home addresses take their share of the bindings and no more; known ones and others go on")
    func limitOfPrefix() {
        var harness = Harness(CorrespondentConfiguration(greatestNumberOfBindings: 800))
        for number in 1...100 { #expect(harness.update { $0.home = home(1, UInt64(number)) } == .accepted) }
        #expect(harness.count(.prefixLimitReached) == 0)
        #expect(harness.update { $0.home = home(1, 101) } == .insufficientResources)
        #expect(harness.count(.prefixLimitReached) == 1)
        #expect(harness.update { $0.home = home(2, 101) } == .accepted)
        #expect(harness.update { $0.home = home(1, 100) } == .accepted)
        #expect(harness.machine.cache.storedCounts(inPrefixesOf: home(1, 0)) == [100, 101, 101])
        // What ended is remembered as long as its nonces count, and takes its place.
        harness.update {
            $0.home = home(1, 100)
            $0.lifetime = .zero
        }
        #expect(harness.update { $0.home = home(1, 101) } == .insufficientResources)
        harness.pass(.seconds(421))
        #expect(harness.machine.cache.storedCounts(inPrefixesOf: home(1, 0)) == [0, 0, 0])
        #expect(harness.update { $0.home = home(1, 101) } == .accepted)
        // A small limit leaves a prefix what it takes at least.
        #expect(
            CorrespondentConfiguration(greatestNumberOfBindings: 200).greatestNumbersOfBindingsPerPrefix
                == [64, 64, 100])
    }

    @Test("whoever has many /64 takes the share of their /48, and whoever has many of these that of their /32")
    func limitOfShorterPrefixes() {
        var harness = Harness(CorrespondentConfiguration(greatestNumberOfBindings: 800))
        /// Registers from one /64 after the other of a /48 until one is refused; tells how many were not.
        func fill(_ site: UInt64) -> Int {
            for number in 0..<1000 as Range<UInt64> {
                let home = IPv6Address(high: site << 16 | number % 256, low: 1 + number / 256)
                if harness.update({ $0.home = home }) == .insufficientResources { return Int(number) }
            }
            return 1000
        }
        #expect(fill(0x2001_0db8_0001) == 200)
        #expect(fill(0x2001_0db8_0002) == 200)
        #expect(fill(0x2001_0db8_0003) == 0, "the /32 has its half")
        #expect(fill(0x2001_0db9_0001) == 200)
        #expect(harness.count(.prefixLimitReached) == 4)
        #expect(fill(0x2001_0dba_0001) == 200)
        #expect(harness.machine.cache.storedCount == 800)
        #expect(harness.count(.prefixLimitReached) == 4, "all is taken now, which is no fault of a prefix")
    }

    @Test("nor do de-registrations take more, which leave a memory even of a binding that never was")
    func limitOfMemories() {
        var harness = Harness(CorrespondentConfiguration(greatestNumberOfBindings: 800))
        for number in 1...150 {
            let status = harness.update {
                $0.home = home(1, UInt64(number))
                $0.lifetime = .zero
            }
            #expect(status == .accepted)
        }
        #expect(harness.machine.cache.storedCount == 100)
        #expect(harness.update { $0.home = home(1, 151) } == .insufficientResources)
        #expect(harness.update { $0.home = home(2, 1) } == .accepted)
        // A binding that stands ends, and is remembered, where nothing new has room.
        harness.update {
            $0.home = home(2, 1)
            $0.lifetime = .zero
        }
        #expect(harness.machine.cache.count == 0 && harness.machine.cache.storedCount == 101)
    }

    @Test("nor do the bindings of before")
    func limitOfRestored() throws {
        var harness = Harness(CorrespondentConfiguration(greatestNumberOfBindings: 800))
        var first = Harness()
        first.update()
        let binding = try #require(first.binding())
        let addresses = (1...101).map { home(1, $0) } + [home(2, 1)]
        let bindings = addresses.map {
            var binding = binding
            binding.homeAddress = $0
            return binding
        }
        harness.handle(.restored(bindings))
        #expect(harness.machine.cache.count == 101)
        #expect(harness.removed.map(\.binding.homeAddress) == [home(1, 101)])
        #expect(harness.removed.map(\.reason) == [.unconfigured])
    }
}
