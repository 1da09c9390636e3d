import Drives
import MobilityCore
import MobilityWire
import Multihoming

/// What a node is and how it is set up.
struct NodeProfile {
    enum Kind {
        case honest
        /// Claims somebody else's home address with a key of its own.
        case wrongKey
        /// Claims somebody else's network for its own home address.
        case wrongPrefix
        /// Has the whole configuration of another node.
        case clone
    }

    var kind = Kind.honest
    /// The number of the home address.
    var home: Int
    /// Home agents, best first.
    var homeAgents: [Int]
    var style: AdaptiveRegistrationMachine.Style
    var mode: RegistrationConfiguration.Mode
    var prefixes: [IPv6Prefix]
    var lifetime: Instant.Span
    var association: MobilitySecurityAssociation
    var uplinks: Int
    var strategy = PathSettings.Strategy.failover
    /// How it uses its tunnel on a drive.
    var traffic = NodeDrive.Traffic.none
    /// Correspondents that it has traffic with, and whether it optimises the routes to them.
    var correspondents: [Int]
    var optimizesRoutes: Bool
    /// What the clock of a node without a battery starts with, in milliseconds after the true time.
    var wallClockError: Int64
    /// In the configuration of another: whether packets get through is then anybody's guess.
    var isJudged: Bool

    func registration(at agent: Int) -> RegistrationConfiguration {
        RegistrationConfiguration(
            homeAddress: Addresses.home(home), homeAgent: Addresses.homeAgent(agent), mode: mode, prefixes: prefixes,
            lifetime: lifetime, securityAssociation: association)
    }

    /// The key of a home address.
    static func association(
        home: Int, seed: UInt64, replayProtection: MobilitySecurityAssociation.ReplayProtection
    ) -> MobilitySecurityAssociation {
        var dice = Dice(seed: seed, 0x4b45_5900 + UInt64(home))
        guard let key = try? SharedKey(dice.octets(16)),
            let association = try? MobilitySecurityAssociation(
                securityParameterIndex: 256 + UInt32(home % 7), key: key, replayProtection: replayProtection)
        else { preconditionFailure("16 octets make a key") }
        return association
    }

    static func honest(_ index: Int, parameters: Parameters, seed: UInt64) -> NodeProfile {
        var dice = Dice(seed: seed, 0x1000_0000 + UInt64(index))
        let first = dice.below(parameters.homeAgents)
        var homeAgents = [first]
        if dice.chance(300) {
            homeAgents.append((first + 1) % parameters.homeAgents)
            if dice.chance(300) { homeAgents.append((first + 2) % parameters.homeAgents) }
        }
        let mode = dice.pick([RegistrationConfiguration.Mode.host, .implicit, .explicit, .explicit])
        let isHost = mode == .host
        let style = dice.pick([AdaptiveRegistrationMachine.Style.single, .single, .single, .multiple, .auto])
        // Where little is lost a short lifetime leaves time for what is.
        let lifetimes: [Int64] =
            parameters.greatestLoss <= 2 ? [60, 120, 300, 600, 600, 1800, 3600] : [900, 900, 1800, 3600]
        let optimizesRoutes = isHost && dice.chance(400)
        let peer = dice.below(parameters.correspondents)
        return NodeProfile(
            home: index, homeAgents: homeAgents, style: style, mode: mode,
            prefixes: isHost ? [] : [Addresses.mobilePrefix(index)], lifetime: .seconds(dice.pick(lifetimes)),
            association: association(
                home: index, seed: seed, replayProtection: dice.chance(850) ? .timestamp : .sequenceNumber),
            uplinks: style == .single ? dice.pick([1, 2, 2]) : dice.pick([2, 2, 3]),
            correspondents: dice.chance(500) ? [peer] : [peer, (peer + 1) % parameters.correspondents],
            optimizesRoutes: optimizesRoutes,
            // In 1970, off by minutes, right.
            wallClockError: dice.pick([0, 0, dice.between(-300_000...300_000), -1_795_478_400_000]), isJudged: true)
    }

    /// The same on a drive: with the uplinks of `DriveModel`, which the network of a mobile router goes by.
    func driving(seed: UInt64) -> NodeProfile {
        var dice = Dice(seed: seed, 0x5000_0000 + UInt64(home))
        var profile = self
        profile.uplinks = DriveModel.names.count
        profile.strategy = dice.pick([.failover, .failover, .fastest])
        profile.traffic = dice.pick(NodeDrive.Traffic.allCases)
        profile.style = dice.pick([.single, .multiple, .auto, .auto])
        profile.optimizesRoutes = false
        return profile
    }

    /// A node that claims what belongs to the honest node `victim`.
    static func troublesome(
        _ kind: Kind, victim: NodeProfile, own: Int, parameters: Parameters, seed: UInt64
    ) -> NodeProfile {
        var profile = victim
        profile.kind = kind
        profile.isJudged = false
        profile.optimizesRoutes = false
        profile.homeAgents = [victim.homeAgents[0]]
        profile.style = .single
        profile.wallClockError = 0
        switch kind {
        case .honest, .clone: break
        case .wrongKey:
            profile.association = association(home: own + 1_000_000, seed: seed, replayProtection: .timestamp)
        case .wrongPrefix:
            profile.home = own
            profile.mode = .explicit
            profile.prefixes = [Addresses.mobilePrefix(victim.home)]
            profile.association = association(home: own, seed: seed, replayProtection: .timestamp)
        }
        return profile
    }
}
