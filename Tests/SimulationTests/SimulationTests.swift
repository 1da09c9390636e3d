import MobilityCore
import MobilityWire
import Testing

@testable import Simulation

/// That the simulation repeats itself, and that it can fail.
@Suite("Simulation") struct SimulationTests {
    @Test("one seed is one story")
    func repeats() {
        let first = Simulation.run(worldSeed: 5, size: .small)
        let second = Simulation.run(worldSeed: 5, size: .small)
        #expect(first.violation == nil)
        #expect(first.digest == second.digest)
        #expect(first.statistics == second.statistics)
        #expect(first.statistics.messages > 1000)
        #expect(Simulation.run(worldSeed: 6, size: .small).digest != first.digest)
    }

    @Test("one seed is one drive, on which uplinks change, die and are left, and which ends in the depot")
    func drives() {
        let first = Simulation.run(worldSeed: 7, size: .smallDrive)
        #expect(first.violation == nil)
        #expect(first.statistics.drives.nodeTime == first.statistics.nodeTime)
        #expect(first.statistics.drives.changes > 10)
        #expect(!first.statistics.drives.detections.isEmpty)
        #expect(first.statistics.converged == 1)
        let second = Simulation.run(worldSeed: 7, size: .smallDrive)
        #expect(first.digest == second.digest)
        #expect(first.statistics == second.statistics)
    }

    @Test("a share of the worlds are drives, and a world is one or not whatever the run")
    func share() {
        let simulation = Simulation(seed: 3)
        let size = WorldSize(nodes: 1000, cycles: 1, drives: 20)
        let drives = (0..<1000).filter { size.drives(simulation.worldSeed($0)) }
        #expect((150...250).contains(drives.count))
        #expect((0..<100).allSatisfy { !WorldSize.small.drives(simulation.worldSeed($0)) })
        #expect((0..<100).allSatisfy { WorldSize.smallDrive.drives(simulation.worldSeed($0)) })
    }

    @Test("the seeds of worlds follow from one seed")
    func seeds() {
        let simulation = Simulation(seed: 1)
        #expect(simulation.worldSeed(3) == Simulation(seed: 1).worldSeed(3))
        #expect(Set((0..<100).map(simulation.worldSeed)).count == 100)
        #expect(simulation.worldSeed(0) != Simulation(seed: 2).worldSeed(0))
    }

    /// What each sabotage must be noticed by.
    static let noticed: [(Sabotage, Violation.Invariant)] = [
        (.everlastingBindings, .lifetime), (.noRetransmission, .blackHole), (.noAuthentication, .oneOwner),
        (.deafToBindingErrors, .blackHole), (.staleTunnels, .blackHole),
    ]

    @Test("what is broken on purpose is found, and the story of the node is told", arguments: noticed)
    func sabotage(_ sabotage: Sabotage, _ invariant: Violation.Invariant) throws {
        #expect(Self.noticed.count == Sabotage.allCases.count)
        let outcomes = (1...8).lazy.map { Simulation.run(worldSeed: $0, size: .small, sabotage: sabotage) }
        let outcome = try #require(outcomes.first { $0.violation != nil })
        #expect(outcome.violation?.invariant == invariant)
        #expect(!outcome.story.isEmpty)
        #expect(!outcome.story.contains { $0.contains("ended otherwise") })
    }

    @Test("a home agent has lost news of what came back other than it was, until it hears of each binding")
    func lostNews() {
        let world = World(seed: 1) {
            $0.nodes = 30
            $0.stateless = 0
            $0.hasHomeLink = false
            $0.loss = 0
            // Of no interest here.
            $0.sabotage = .noAuthentication
        }
        // Without bulk registration.
        let agent = world.homeAgents[1]
        let home = Addresses.home(7)
        func careOf(_ link: Int) -> IPv6Address { Addresses.careOf(link: link, node: 7, serial: 1) }
        func update(_ number: UInt16, _ identifier: UInt16, _ link: Int) {
            let update = MobilityMessage.bindingUpdate(
                BindingUpdate(
                    sequenceNumber: SequenceNumber(rawValue: number), flags: [.acknowledge, .homeRegistration],
                    lifetime: BindingLifetime(seconds: 600),
                    options: [
                        .bindingIdentifier(
                            BindingIdentifierOption(identifier: identifier, careOfAddress: careOf(link)))
                    ]))
            agent.receive(
                MobilityEnvelope(
                    source: careOf(link), destination: agent.address, homeAddressOption: home, message: update.emit()))
        }
        func careOfAddresses(forgotten: Bool) -> Set<IPv6Address> {
            Set(agent.forwarding(7).filter { agent.hasForgotten($0, of: 7) == forgotten }.map(\.careOfAddress))
        }

        update(1, 1, 11)
        update(2, 2, 12)
        agent.save()
        update(3, 2, 13)
        #expect(careOfAddresses(forgotten: false) == [careOf(11), careOf(13)])
        agent.crash(.machine)
        agent.boot()
        #expect(careOfAddresses(forgotten: false) == [careOf(11)])
        #expect(careOfAddresses(forgotten: true) == [careOf(12)])
        update(4, 1, 14)
        #expect(careOfAddresses(forgotten: false) == [careOf(14)])
        #expect(careOfAddresses(forgotten: true) == [careOf(12)])
        // What was lost stays lost when the same happens again.
        agent.save()
        agent.crash(.machine)
        agent.boot()
        #expect(careOfAddresses(forgotten: false) == [careOf(14)])
        #expect(careOfAddresses(forgotten: true) == [careOf(12)])
        update(5, 2, 13)
        #expect(careOfAddresses(forgotten: false) == [careOf(13), careOf(14)])
        #expect(careOfAddresses(forgotten: true).isEmpty)
        #expect(world.violation == nil)
    }

    @Test("the network loses no more of an exchange than it may, and counts anew after a success")
    func fairLoss() {
        var dice = Dice(seed: 1)
        var losses = FairLoss(exchanges: 2, greatest: 3, perThousand: 900)
        let lost = (0..<100).reduce(0) { sum, _ in sum + (losses.loses(0, &dice) ? 1 : 0) }
        #expect(lost == 3)
        #expect(losses.isDue(0) && !losses.isDue(1))
        losses.succeed(0)
        #expect(!losses.isDue(0))
    }

    @Test(
        "a clock that drifts shows a deadline at the first millisecond that is late enough",
        arguments: [-500, 0, 500] as [Int64])
    func clock(drift: Int64) {
        let clock = DriftingClock(offset: 5_000, drift: drift)
        for local in stride(from: Int64(5_001), to: 20_000_000, by: 777_777) {
            let time = clock.time(of: .init(milliseconds: local))
            #expect(clock.local(time).milliseconds >= local)
            #expect(clock.local(time - 1).milliseconds < local)
        }
    }

    @Test("events come in the order of their times, and of one time in the order in which they were put in")
    func queue() {
        var dice = Dice(seed: 2)
        var queue = EventQueue()
        for number in 0..<1000 { queue.add(.probe, at: dice.between(0...50), number) }
        var events: [EventQueue.Event] = []
        while let event = queue.take(until: 40) { events.append(event) }
        #expect(events.count > 500)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.isBefore($1) })
        #expect(events.allSatisfy { $0.time <= 40 })
    }

    @Test("addresses say whose they are")
    func addresses() {
        #expect(Addresses.holder(of: Addresses.homeAgent(2)) == .homeAgent(2))
        #expect(Addresses.holder(of: Addresses.home(999)) == .home(999))
        #expect(Addresses.holder(of: Addresses.onHomeLink(7)) == .homeLinkHost(node: 7))
        #expect(
            Addresses.holder(of: Addresses.careOf(link: 39, node: 1000, serial: 5)) == .careOf(link: 39, node: 1000))
        #expect(Addresses.holder(of: Addresses.correspondent(5)) == .correspondent(5))
        #expect(Addresses.holder(of: Addresses.attacker) == .nobody)
    }
}
