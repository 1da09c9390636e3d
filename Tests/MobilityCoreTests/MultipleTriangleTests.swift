import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite("Several care-of addresses between both ends") struct MultipleTriangleTests {
    typealias World = MultipleTriangle
    static let flows = [
        FlowPolicy(rule: FlowRule(identifier: 1, priority: 10, selector: FlowBindingTests.voice), via: [2, 1]),
        FlowPolicy(
            rule: FlowRule(
                identifier: 2, priority: 20, selector: TrafficSelector(nextHeaders: 6...6)), via: [3]),
    ]

    static var withFlows: RegistrationConfiguration {
        var configuration = Sample.registration()
        configuration.flows = flows
        return configuration
    }

    @Test("three uplinks are registered within three round trips, each from its own address")
    func registers() {
        var world = World(seed: 1, registration: Self.withFlows)
        world.use(World.uplinks)
        // The rate limit lets three Binding Updates leave in a second.
        world.run(for: .seconds(2))
        #expect(world.isConverged)
        #expect(world.report?.paths.map(\.forwards) == [true, true, true])
        #expect(world.report?.paths.map { $0.flows.map(\.identifier) } == [[], [1], [2]])
        #expect(world.agent.cache.flows(of: Sample.home).map(\.bindings) == [[2], [3]])
        let before = world.updates
        world.run(for: .seconds(420))
        #expect(world.updates == before, "nothing is to be said before the refresh")
        world.run(for: .seconds(60))
        #expect(world.updates == before + 1, "one Binding Update refreshes all")
        world.run(for: .minutes(60))
        #expect(world.isConverged)
    }

    @Test("an uplink that dies is taken out by one Binding Update over another, and its flow moves")
    func dies() {
        var world = World(seed: 2, registration: Self.withFlows)
        world.use(World.uplinks)
        world.run(for: .seconds(5))
        world.cut = [Sample.radio.interfaceIndex]
        let before = world.updates
        world.use([World.uplinks[0], World.uplinks[2]])
        #expect(world.report?.paths.map { $0.flows.map(\.identifier) }.prefix(2) == [[1], [2]])
        world.run(for: .milliseconds(200))
        #expect(world.isConverged)
        #expect(world.updates == before + 1)
        #expect(world.agent.cache.flows(of: Sample.home).map(\.bindings) == [[1], [3]])
        world.cut = []
        world.use(World.uplinks)
        world.run(for: .seconds(2))
        #expect(world.isConverged)
        #expect(world.agent.cache.flows(of: Sample.home).map(\.bindings) == [[2], [3]])
    }

    @Test("an uplink that is silent without a word is left aside at the refresh, and comes back")
    func silent() {
        var world = World(seed: 3)
        world.use(World.uplinks)
        world.run(for: .seconds(5))
        world.cut = [Sample.cable.interfaceIndex]
        world.run(for: .seconds(470))
        #expect(world.isConverged)
        #expect(world.report?.paths.first?.state != .registered)
        #expect((world.counts[.careOfAddressUnanswered] ?? 0) > 0)
        world.cut = []
        world.run(for: .minutes(20))
        #expect(world.isConverged)
    }

    @Test(
        "a way that a state file has from before the last change is put right by the first packet, or at the refresh",
        arguments: [true, false])
    func staleStateFile(sendsByIt: Bool) {
        var world = World(seed: 12)
        world.use(Array(World.uplinks.prefix(2)))
        world.run(for: .seconds(5))
        let written = world.snapshot
        let moved = RegistrationPath(identifier: 2, careOf: Sample.third)
        world.use([World.uplinks[0], moved])
        world.run(for: .seconds(2))
        #expect(world.isConverged)
        world.restartAgent(with: written)
        #expect(!world.isConverged)
        let restored = world.agent.cache[Sample.home, 2]
        #expect(restored?.careOfAddress == Sample.radio.address)
        if sendsByIt { world.sendUnbound(by: moved) }
        world.run(for: .seconds(2))
        #expect(world.isConverged == sendsByIt)
        // The refresh is behind 12 or 10 sixteenths of the lifetime.
        world.run(for: Sample.registration().lifetime * 13 / 16)
        #expect(world.isConverged)
        #expect(restored.map { $0.expiresAt > world.now } ?? false, "the refresh came before the end of the binding")
    }

    @Test("a home agent that forbids bulk registration gets one care-of address at a time")
    func individually() {
        var agent = Sample.homeAgent()
        agent.multiple.allowsBulkRegistration = false
        var world = World(seed: 4, registration: Self.withFlows, agent: agent)
        world.use(World.uplinks)
        world.run(for: .seconds(4))
        #expect(world.isConverged)
        #expect(world.counts[.bulkRegistrationProhibited] == 1)
        world.use([World.uplinks[2], World.uplinks[0]])
        world.run(for: .seconds(4))
        #expect(world.isConverged)
        world.run(for: .minutes(30))
        #expect(world.isConverged)
    }

    @Test("a home agent that forbids or does not know several gets one: 166 and silence about identifiers")
    func fallsBack() {
        var agent = Sample.homeAgent()
        agent.multiple.isAllowed = false
        for isOld in [false, true] {
            var world = World(seed: 5, agent: isOld ? Sample.homeAgent() : agent)
            world.isAgentOld = isOld
            world.use(World.uplinks)
            world.run(for: .seconds(3))
            #expect(!world.mobile.isMultiple)
            #expect(world.isConverged)
            #expect(world.plan.active == Sample.cable)
            #expect(world.counts[.fellBackToSingleBinding] == 1)
            world.use([World.uplinks[1]])
            world.run(for: .seconds(3))
            #expect(!world.mobile.isMultiple && world.isConverged)
        }
    }

    @Test("auto begins with one, takes the second in without a gap, and stays with identifiers")
    func auto() {
        var world = World(seed: 6, style: .auto)
        world.use([World.uplinks[0]])
        world.run(for: .seconds(2))
        #expect(!world.mobile.isMultiple && world.isConverged)
        world.use([World.uplinks[0], World.uplinks[1]])
        #expect(world.mobile.isMultiple)
        #expect(world.report?.paths.first?.forwards == true)
        world.run(for: .seconds(2))
        #expect(world.isConverged && world.report?.paths.count == 2)
        world.use([World.uplinks[1]])
        world.run(for: .seconds(2))
        #expect(world.mobile.isMultiple && world.isConverged)
    }

    @Test("single stays single, whatever there is")
    func single() {
        var world = World(seed: 7, style: .single)
        world.use(World.uplinks)
        world.run(for: .seconds(2))
        #expect(!world.mobile.isMultiple && world.isConverged)
        perform(&world) { $0.mobile.handle(.configurationChanged(Sample.registration(), .multiple), at: $0.now) }
        world.run(for: .seconds(2))
        #expect(world.mobile.isMultiple && world.isConverged)
        perform(&world) { $0.mobile.handle(.configurationChanged(Sample.registration(), .single), at: $0.now) }
        world.run(for: .seconds(2))
        #expect(!world.mobile.isMultiple && world.isConverged)
    }

    @Test("stopping ends all bindings with one message")
    func stops() {
        var world = World(seed: 8)
        world.use(World.uplinks)
        world.run(for: .seconds(3))
        perform(&world) { $0.mobile.handle(.stop, at: $0.now) }
        world.run(for: .seconds(1))
        #expect(world.isFinished && world.agent.cache.count == 0)
    }

    func perform(_ world: inout World, _ act: (inout World) -> [AdaptiveRegistrationMachine.Action]) {
        let actions = act(&world)
        world.perform(actions)
    }

    @Test(
        "whatever a bad network, moves, dead links and restarts do, both ends agree after the last of it",
        arguments: 1...60 as ClosedRange<UInt64>)
    func converges(seed: UInt64) {
        var agent = Sample.homeAgent()
        agent.multiple.allowsBulkRegistration = seed % 3 != 0
        var world = World(
            seed: seed, style: seed % 5 == 0 ? .auto : .multiple, registration: Self.withFlows, agent: agent,
            mobileClock: NTPTimestamp(unixSeconds: 12))
        world.network = Triangle.Network(loss: 300, repetition: 100, delay: 5...400)
        for _ in 0..<25 {
            switch Int.random(in: 0..<10, using: &world.random) {
            case 0...5:
                var paths = World.uplinks.filter { _ in Bool.random(using: &world.random) }
                paths.shuffle(using: &world.random)
                world.use(paths)
            case 6: world.cut = [UInt32.random(in: 2...4, using: &world.random)]
            case 7: world.cut = []
            case 8: world.restartAgent()
            default: world.run(for: .minutes(15))
            }
            world.run(for: .milliseconds(Int64.random(in: 0...8000, using: &world.random)))
        }
        world.network = Triangle.Network()
        world.cut = []
        world.use(World.uplinks.shuffled(using: &world.random))
        world.run(for: .minutes(25))
        let isConverged = world.isConverged
        #expect(isConverged, "\(world.summary)")
    }
}
