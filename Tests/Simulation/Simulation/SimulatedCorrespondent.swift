import MobilityCore
import MobilityWire
import RouteOptimization

/// A correspondent node; what it forwards by is its machine's cache.
final class SimulatedCorrespondent {
    let index: Int
    let place: Int
    let address: IPv6Address
    let clock: DriftingClock
    unowned let world: World
    private var dice: Dice
    private(set) var machine: CorrespondentMachine
    private var wake = Int64.max

    init(_ index: Int, world: World) {
        self.index = index
        self.world = world
        let parameters = world.parameters
        place = world.network.correspondent(index)
        address = Addresses.correspondent(index)
        dice = Dice(seed: world.seed, 0x4000_0000 + UInt64(index))
        clock = DriftingClock(
            offset: dice.between(1_000...1_000_000), drift: dice.between(-parameters.drift...parameters.drift))
        machine = CorrespondentMachine(.init(addresses: [address]), secret: Self.secret(&dice))
    }

    private static func secret(_ dice: inout Dice) -> NodeSecret {
        guard let secret = try? NodeSecret(dice.octets(NodeSecret.octetCount)) else {
            preconditionFailure("it has its length")
        }
        return secret
    }

    var now: Instant { clock.local(world.time) }

    func binding(of home: Int) -> Binding? {
        let binding = machine.cache[.init(correspondent: address, homeAddress: Addresses.home(home))]
        return binding.flatMap { $0.expiresAt > now ? $0 : nil }
    }

    func handle(_ event: CorrespondentMachine.Event) {
        for action in machine.handle(event, at: now) {
            switch action {
            case .send(let envelope): world.send(envelope, from: self)
            case .install(let binding): world.check(binding, of: self)
            case .drawSecret: handle(.secret(Self.secret(&dice)))
            case .remove, .count, .log: break
            }
        }
        schedule()
    }

    func restart() {
        machine = CorrespondentMachine(.init(addresses: [address]), secret: Self.secret(&dice))
        schedule()
    }

    func tick() {
        wake = .max
        handle(.timer)
    }

    private func schedule() {
        guard let deadline = machine.nextDeadline else {
            wake = .max
            return
        }
        let time = max(clock.time(of: deadline), world.time)
        guard time != wake else { return }
        wake = time
        world.queue.add(.wakePeer, at: time, index)
    }
}
