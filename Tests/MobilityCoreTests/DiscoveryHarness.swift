import MobilityWire

@testable import MobilityCore

/// The home link of the discovery tests, and other home agents on it.
enum HomeLinkSample {
    static let interface: UInt32 = 5
    static let anycast = Sample.homePrefix.homeAgentsAnycast!
    static let secondAgent = IPv6Address("2001:db8:1::2")!
    static let thirdAgent = IPv6Address("2001:db8:1::3")!

    static func linkLocal(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0xfe80_0000_0000_0000, low: number) }

    static func envelope(
        _ message: ICMPv6Message, from source: IPv6Address, to destination: IPv6Address,
        interface: UInt32 = interface, hopLimit: UInt8 = 255
    ) -> ICMPv6Envelope {
        ICMPv6Envelope(
            source: source, destination: destination, interfaceIndex: interface, hopLimit: hopLimit,
            message: message.emit())
    }

    /// A router advertisement of a home agent.
    static func advertisement(
        _ number: UInt64, address: IPv6Address? = nil, preference: UInt16? = nil, lifetime: UInt16 = 1800,
        mobileRouters: Bool = true, isHomeAgent: Bool = true, routerLifetime: UInt16 = 1800, valid: UInt32 = 7200,
        prefixLength: UInt8 = 64, hopLimit: UInt8 = 255
    ) -> ICMPv6Envelope {
        var options: [NeighborOption] = []
        if let address {
            options.append(
                .prefixInformation(
                    PrefixInformation(
                        address: address, prefixLength: prefixLength, isRouterAddress: true, validLifetime: valid,
                        preferredLifetime: valid / 2)))
        }
        if let preference {
            options.append(
                .homeAgentInformation(
                    HomeAgentInformation(
                        preference: preference, lifetime: lifetime, mobileRouters: mobileRouters)))
        }
        let message = ICMPv6Message.routerAdvertisement(
            RouterAdvertisement(
                flags: isHomeAgent ? .homeAgent : [], routerLifetime: routerLifetime, options: options))
        return envelope(message, from: linkLocal(number), to: .allNodes, hopLimit: hopLimit)
    }

    static func request(
        mobileRouter: Bool = false, from source: IPv6Address = Sample.cable.address,
        to destination: IPv6Address = anycast
    ) -> ICMPv6Envelope {
        envelope(
            .homeAgentAddressDiscoveryRequest(identifier: 77, mobileRouter: mobileRouter), from: source,
            to: destination, interface: 1, hopLimit: 60)
    }
}

extension ICMPv6Envelope {
    var icmpv6: ICMPv6Message? { try? ICMPv6Message.parse(message.span.bytes) }
}
