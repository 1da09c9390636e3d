package import MobilityWire
package import Multihoming

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
package struct DriveModel: Sendable {
    package struct State: Equatable, Sendable {
        package var hasCarrier: Bool
        /// Of a packet, on each of its two ways.
        package var loss: Double
        /// In milliseconds.
        package var roundTrip: Double
        package var signal: Signal?

        package var isDead: Bool { !hasCarrier || loss >= 1 }
    }

    /// What an uplink is like from this moment on.
    package struct Spell: Sendable {
        package var from: Instant
        package var state: State
    }

    /// The names of the uplinks, in the order of preference, and their spells in the same order.
    package static let names = ["eth0", "wlan0", "wwan0"]
    /// The place of the one that is metered.
    package static let metered = 2
    /// Each ends where the next begins, the last one at `end`.
    package let spells: [[Spell]]
    package let end: Instant

    package init(using random: inout some RandomNumberGenerator, start: Instant, seconds: Int64) {
        end = start + .seconds(seconds)
        spells = [
            Self.depot(&random, start, end), Self.patches(&random, start, end), Self.cellular(&random, start, end),
        ]
    }

    /// An uplink as the movement detector reports it; only cellular is metered.
    package static func uplink(_ number: Int, _ state: State, address: IPv6Address) -> Uplink {
        Uplink(
            index: UInt32(number) + 2, name: names[number], type: [.ethernet, .wlan, .cellular][number],
            metric: UInt32(number + 1) * 10, hasCarrier: state.hasCarrier, hasDefaultRouter: state.hasCarrier,
            candidates: state.hasCarrier ? [CareOfCandidate(address: address)] : [], signal: state.signal,
            terms: UplinkTerms(isMetered: number == metered))
    }

    private static func length(_ mean: Double, _ random: inout some RandomNumberGenerator) -> Instant.Span {
        let draw = -Logarithm.base2(Double.random(in: 0.0001..<1, using: &random)) * 0.693_147
        return .milliseconds(max(Int64(draw * mean * 1000), 100))
    }

    private static func happens(_ share: Double, _ random: inout some RandomNumberGenerator) -> Bool {
        Double.random(in: 0..<1, using: &random) < share
    }

    /// Plugged in.
    package static let depot = State(hasCarrier: true, loss: 0, roundTrip: 5, signal: nil)
    /// Out on a plain.
    package static let goodCellular = State(hasCarrier: true, loss: 0.001, roundTrip: 60, signal: Signal(dBm: -95))
    package static let away = State(hasCarrier: false, loss: 1, roundTrip: 0, signal: nil)

    private static func depot(_ random: inout some RandomNumberGenerator, _ start: Instant, _ end: Instant) -> [Spell] {
        var (now, spells) = (start, [Spell]())
        var isPlugged = happens(0.2, &random)
        while now < end {
            spells.append(Spell(from: now, state: isPlugged ? depot : away))
            now = now + length(isPlugged ? 120 : 480, &random)
            if isPlugged, happens(1.0 / 3, &random) {
                spells.append(Spell(from: now, state: State(hasCarrier: true, loss: 1, roundTrip: 5, signal: nil)))
                now = now + length(20, &random)
            }
            isPlugged.toggle()
        }
        return spells
    }

    private static func patches(_ random: inout some RandomNumberGenerator, _ start: Instant, _ end: Instant) -> [Spell]
    {
        var (now, spells) = (start, [Spell]())
        while now < end {
            spells.append(Spell(from: now, state: away))
            now = now + length(90, &random)
            let span = length(45, &random)
            let isPortal = happens(1.0 / 6, &random)
            let diesHalfway = happens(1.0 / 3, &random)
            let roundTrip = Double.random(in: 10...40, using: &random)
            for (part, signal, loss) in [(0, -60, 0.0), (3, -70, diesHalfway ? 1 : 0), (4, -74, 0.02), (5, -86, 0.3)] {
                spells.append(
                    Spell(
                        from: now + span * Int64(part) / 6,
                        state: State(
                            hasCarrier: true, loss: isPortal ? 1 : loss, roundTrip: roundTrip,
                            signal: Signal(dBm: signal))))
            }
            now = now + span
        }
        return spells
    }

    private static func cellular(_ random: inout some RandomNumberGenerator, _ start: Instant, _ end: Instant)
        -> [Spell]
    {
        var (now, spells) = (start, [Spell]())
        while now < end {
            let good = Double.random(in: 40...80, using: &random)
            spells.append(
                Spell(from: now, state: State(hasCarrier: true, loss: 0.001, roundTrip: good, signal: Signal(dBm: -95)))
            )
            now = now + length(120, &random)
            if happens(0.5, &random) {
                let slow = Double.random(in: 150...900, using: &random)
                let loss = Double.random(in: 0.2...0.6, using: &random)
                spells.append(
                    Spell(
                        from: now,
                        state: State(hasCarrier: true, loss: loss, roundTrip: slow, signal: Signal(dBm: -114))))
                now = now + length(15, &random)
            } else {
                spells.append(
                    Spell(
                        from: now, state: State(hasCarrier: true, loss: 1, roundTrip: good, signal: Signal(dBm: -125))))
                now = now + length(12, &random)
            }
        }
        return spells
    }
}
