import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// Mobile node and correspondents over a network that loses, repeats and reorders.
@Suite struct RouteOptimizationWorldTests {
    typealias World = RouteOptimizationWorld

    static func settled(seed: UInt64 = 1, configuration: RouteOptimizationConfiguration = .init()) -> World {
        var world = World(seed: seed, configuration: configuration)
        world.move(to: Sample.cable, oldStillUsable: false)
        world.run(for: .seconds(3))
        return world
    }

    @Test("with a whole network every peer in use is optimised within a second, and stays so for an hour")
    func calm() {
        var world = Self.settled()
        #expect(world.optimizedPeers == 3)
        world.run(for: .minutes(60))
        #expect(world.optimizedPeers == 3)
        #expect(world.losses(within: .minutes(61)) == 0)
    }

    @Test("without acknowledgements the same")
    func withoutAcknowledgements() {
        var world = Self.settled(configuration: .init(requestsAcknowledgement: false))
        world.run(for: .minutes(60))
        #expect(world.optimizedPeers == 3)
    }

    @Test("a planned hand-over loses nothing, an unplanned one for less than a second")
    func handovers() {
        var world = Self.settled()
        let start = world.now
        for round in 0..<10 {
            world.move(to: round.isMultiple(of: 2) ? Sample.radio : Sample.cable, oldStillUsable: true)
            world.run(for: .seconds(10))
            world.cutPrevious()
            world.run(for: .seconds(20))
            #expect(world.optimizedPeers == 3)
        }
        #expect(world.losses(within: world.now - start) == 0)
        for round in 0..<10 {
            world.move(to: round.isMultiple(of: 2) ? Sample.radio : Sample.cable, oldStillUsable: false)
            world.run(for: .seconds(1))
            world.run(for: .seconds(30))
            #expect(world.losses(within: .seconds(30)) == 0)
        }
    }

    @Test("a correspondent that restarts is found out within two seconds, and optimised again")
    func restart() {
        var world = Self.settled()
        world.run(for: .seconds(100))
        for peer in world.peers { world.restart(peer) }
        world.run(for: .seconds(2))
        #expect(world.losses(within: .seconds(3)) > 0)
        world.run(for: .seconds(10))
        #expect(world.losses(within: .seconds(10)) == 0)
        #expect(world.optimizedPeers == 3)
    }

    @Test("back at home no correspondent keeps a binding")
    func home() {
        var world = Self.settled()
        world.run(for: .seconds(250))
        world.returnHome()
        world.run(for: .seconds(3))
        #expect(world.correspondents.values.allSatisfy { $0.machine.cache.count == 0 })
        #expect(world.mobile.entries.isEmpty)
    }

    /// A story of faults; then the network is whole again.
    static func story(seed: UInt64, rounds: Int = 60) -> World {
        var world = World(
            seed: seed, configuration: .init(requestsAcknowledgement: !seed.isMultiple(of: 4)))
        world.move(to: Sample.cable, oldStillUsable: false)
        world.loss = 300
        world.repetition = 100
        for _ in 0..<rounds {
            let peer = world.peers[Int.random(in: 0..<world.peers.count, using: &world.random)]
            let link = [Sample.cable, Sample.radio, Sample.third][Int.random(in: 0..<3, using: &world.random)]
            switch Int.random(in: 0..<10, using: &world.random) {
            case 0...2: world.move(to: link, oldStillUsable: false)
            case 3...4: world.move(to: link, oldStillUsable: true)
            case 5: world.cutPrevious()
            case 6: world.restart(peer)
            case 7: world.correspondents[peer]?.isSilent.toggle()
            case 8: world.loseHomeBinding()
            default: world.returnHome()
            }
            world.run(for: .milliseconds(Int64.random(in: 0...60_000, using: &world.random)))
        }
        return world
    }

    @Test("after the last fault no packet is lost for longer than the bound", arguments: 1...24 as ClosedRange<UInt64>)
    func faults(seed: UInt64) {
        var world = Self.story(seed: seed)
        world.loss = 0
        world.repetition = 0
        for peer in world.peers { world.correspondents[peer]?.isSilent = false }
        // The longest back-off, and a round trip: what is wrong at a correspondent is put right by then.
        world.run(for: .seconds(40))
        let before = world.now
        world.run(for: .seconds(120))
        #expect(world.losses(within: world.now - before) == 0, "seed \(seed)")
        if !world.isHome {
            // Whoever still rests is tried again with the next care-of address.
            let next = world.careOf == Sample.radio ? Sample.cable : Sample.radio
            for peer in world.peers { _ = world.mobile.handle(.forget(peer: peer), at: world.now) }
            world.move(to: next, oldStillUsable: false)
            world.run(for: .seconds(40))
            #expect(world.optimizedPeers == 3, "seed \(seed)")
        }
    }

    @Test("the same seed is the same story")
    func replay() {
        #expect(Self.story(seed: 77, rounds: 20).trace == Self.story(seed: 77, rounds: 20).trace)
        #expect(Self.story(seed: 77, rounds: 20).trace != Self.story(seed: 78, rounds: 20).trace)
    }
}
