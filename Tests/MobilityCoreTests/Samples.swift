import MobilityWire

@testable import HomeAgentOperation
@testable import MobilityCore

/// The world of the tests: addresses, keys and configurations by name.
enum Sample {
    static let homeAgent = IPv6Address("2001:db8:1::1")!
    static let homePrefix = IPv6Prefix(IPv6Address("2001:db8:1::")!, length: 64)
    static let home = IPv6Address("2001:db8:1::100")!
    static let otherHome = IPv6Address("2001:db8:1::200")!
    static let mobilePrefix = IPv6Prefix(IPv6Address("2001:db8:10::")!, length: 60)
    static let cable = CareOf(address: IPv6Address("2001:db8:a1::42")!, interfaceIndex: 2)
    /// The home link, by an uplink of its own.
    static let homeLink = CareOf(address: home, interfaceIndex: 9)
    static let radio = CareOf(address: IPv6Address("2001:db8:a2::42")!, interfaceIndex: 3)
    static let third = CareOf(address: IPv6Address("2001:db8:a3::42")!, interfaceIndex: 4)
    static let stranger = IPv6Address("2001:db8:bad::1")!

    static let key = made { try SharedKey(Array(0..<16)) }
    static let otherKey = made { try SharedKey(Array(16..<32)) }
    static let association = association(key)
    static let sequenceOnly = association(key, replayProtection: .sequenceNumber)

    static func association(
        _ key: SharedKey, replayProtection: MobilitySecurityAssociation.ReplayProtection = .timestamp
    ) -> MobilitySecurityAssociation {
        made {
            try MobilitySecurityAssociation(
                securityParameterIndex: 256, key: key, replayProtection: replayProtection)
        }
    }

    /// What cannot fail in the tests.
    private static func made<Value>(_ make: () throws -> Value) -> Value {
        do { return try make() } catch { fatalError("\(error)") }
    }

    /// 2026-11-24 00:00 UTC.
    static let wallClock = NTPTimestamp(unixSeconds: 1_795_478_400)
    static let start = Instant(milliseconds: 1_000_000)

    static func registration(
        mode: RegistrationConfiguration.Mode = .explicit, lifetime: Instant.Span = .seconds(600),
        association: MobilitySecurityAssociation? = association, prefixes: [IPv6Prefix] = [mobilePrefix]
    ) -> RegistrationConfiguration {
        RegistrationConfiguration(
            homeAddress: home, homeAgent: homeAgent, mode: mode, prefixes: prefixes, lifetime: lifetime,
            securityAssociation: association)
    }

    static func node(
        _ homeAddress: IPv6Address = home, prefixes: [IPv6Prefix] = [mobilePrefix],
        authentication: HomeNode.Authentication = .association(association)
    ) -> HomeNode {
        HomeNode(homeAddress: homeAddress, prefixes: prefixes, name: "bus-17", authentication: authentication)
    }

    static func homePrefixInformation(valid: UInt32, preferred: UInt32) -> PrefixInformation {
        PrefixInformation(
            address: homePrefix.address, prefixLength: homePrefix.length, validLifetime: valid,
            preferredLifetime: preferred)
    }

    static func homeAgent(
        nodes: [HomeNode] = [node()], lifetime: Instant.Span = .seconds(3600), bindings: Int = 1000
    ) -> HomeAgentConfiguration {
        HomeAgentConfiguration(
            addresses: [homeAgent], prefixes: [homePrefix], nodes: nodes, greatestLifetime: lifetime,
            greatestNumberOfBindings: bindings)
    }
}

extension Instant.Span {
    static func minutes(_ count: Int64) -> Instant.Span { .seconds(60 * count) }
}
