import MobilityWire

@testable import Multihoming

/// A drive of a vehicle with three uplinks, after a model: each uplink goes through spells whose lengths are drawn from an
/// exponential distribution, in seconds.
///
/// | uplink | spells |
/// |---|---|
/// | `eth0`, depot | away 480; plugged in 120, at the end of which, one time in three, what is behind the switch dies first, for 20 |
/// | `wlan0`, patches | away 90; in reach 45, in which the signal falls and loss rises over the last third; one patch in six is a portal that answers nothing, and of every third the way behind the access point dies halfway |
/// | `wwan0`, cellular | good 120, round trip 40 to 80 ms; fading 15, with 20 to 60 % loss each way and 150 to 900 ms; tunnel 12, in which nothing passes and the link stays up |
///
/// Of WLAN along the road a study in and around Boston found links of 13 s, as a median, and 75 s on average from one to the
/// next (Bychkovsky et al., A Measurement Study of Vehicular Internet Access Using In Situ Wi-Fi Networks, MobiCom 2006); here
/// the vehicle also stops, so that spells are longer. All other figures are assumptions.
struct DriveModel {
    struct State: Equatable {
        var hasCarrier: Bool
        /// Of a packet, on each of its two ways.
        var loss: Double
        var roundTrip: Double
        var signal: Signal?

        var isDead: Bool { !hasCarrier || loss >= 1 }
    }

    /// What an uplink is like from this moment on.
    struct Spell {
        var from: Instant
        var state: State
    }

    let spells: [[Spell]]
    let end: Instant

    init(seed: UInt64, start: Instant, seconds: Int64) {
        var random = SeededNumbers(seed)
        end = start + .seconds(seconds)
        spells = [
            Self.depot(&random, start, end), Self.patches(&random, start, end), Self.cellular(&random, start, end),
        ]
    }

    private static func length(_ mean: Double, _ random: inout SeededNumbers) -> Instant.Span {
        let draw = -Logarithm.base2(Double.random(in: 0.0001..<1, using: &random)) * 0.693_147
        return .milliseconds(max(Int64(draw * mean * 1000), 100))
    }

    private static let away = State(hasCarrier: false, loss: 1, roundTrip: 0, signal: nil)

    private static func depot(_ random: inout SeededNumbers, _ start: Instant, _ end: Instant) -> [Spell] {
        var (now, spells) = (start, [Spell]())
        var isPlugged = random.chance(0.2)
        while now < end {
            let state = State(hasCarrier: true, loss: 0, roundTrip: 5, signal: nil)
            spells.append(Spell(from: now, state: isPlugged ? state : away))
            now = now + length(isPlugged ? 120 : 480, &random)
            if isPlugged, random.chance(1.0 / 3) {
                spells.append(Spell(from: now, state: State(hasCarrier: true, loss: 1, roundTrip: 5, signal: nil)))
                now = now + length(20, &random)
            }
            isPlugged.toggle()
        }
        return spells
    }

    private static func patches(_ random: inout SeededNumbers, _ start: Instant, _ end: Instant) -> [Spell] {
        var (now, spells) = (start, [Spell]())
        while now < end {
            spells.append(Spell(from: now, state: away))
            now = now + length(90, &random)
            let span = length(45, &random)
            let isPortal = random.chance(1.0 / 6)
            let diesHalfway = random.chance(1.0 / 3)
            let roundTrip = Double.random(in: 10...40, using: &random)
            for (part, signal, loss) in [(0, -60, 0.0), (3, -70, diesHalfway ? 1 : 0), (4, -74, 0.02), (5, -86, 0.3)] {
                spells.append(
                    Spell(
                        from: now + span * Int64(part) / 6,
                        state: State(
                            hasCarrier: true, loss: isPortal ? 1 : loss, roundTrip: roundTrip, signal: .dBm(signal))))
            }
            now = now + span
        }
        return spells
    }

    private static func cellular(_ random: inout SeededNumbers, _ start: Instant, _ end: Instant) -> [Spell] {
        var (now, spells) = (start, [Spell]())
        while now < end {
            let good = Double.random(in: 40...80, using: &random)
            spells.append(
                Spell(from: now, state: State(hasCarrier: true, loss: 0.001, roundTrip: good, signal: .dBm(-95))))
            now = now + length(120, &random)
            if random.chance(0.5) {
                let slow = Double.random(in: 150...900, using: &random)
                let loss = Double.random(in: 0.2...0.6, using: &random)
                spells.append(
                    Spell(from: now, state: State(hasCarrier: true, loss: loss, roundTrip: slow, signal: .dBm(-114))))
                now = now + length(15, &random)
            } else {
                spells.append(
                    Spell(from: now, state: State(hasCarrier: true, loss: 1, roundTrip: good, signal: .dBm(-125))))
                now = now + length(12, &random)
            }
        }
        return spells
    }
}
