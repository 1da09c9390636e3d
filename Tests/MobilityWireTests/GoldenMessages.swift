import MobilityWire
import Testing

/// What the packets of Golden/scapy.txt mean: the values for the tests in both directions.
enum GoldenMessages {
    static let homeAgent = address("2001:db8:1::1")
    static let home = address("2001:db8:1::100")
    static let careOf = address("2001:db8:a1::42")
    static let correspondent = address("2001:db8:c::c")
    static let token: UInt64 = 0x0001_0203_0405_0607
    static let reversed: UInt64 = 0x0706_0504_0302_0100
    static let code = [UInt8](0x10..<0x1c)

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var source: IPv6Address
        var destination: IPv6Address
        var homeAddressOption: IPv6Address?
        var routingHeader: IPv6Address?
        var message: MobilityMessage

        var packet: MobilityPacket {
            MobilityPacket(
                source: source, destination: destination, homeAddressOption: homeAddressOption,
                routingHeader: routingHeader, message: message.emit())
        }

        var testDescription: String { name }
    }

    static func plain(_ name: String, _ source: IPv6Address, _ destination: IPv6Address, _ message: MobilityMessage)
        -> Row
    {
        Row(name: name, source: source, destination: destination, message: message)
    }

    static func fromAway(_ name: String, _ update: BindingUpdate) -> Row {
        Row(
            name: name, source: careOf, destination: homeAgent, homeAddressOption: home,
            message: .bindingUpdate(update))
    }

    static func toAway(_ name: String, _ acknowledgement: BindingAcknowledgement) -> Row {
        Row(
            name: name, source: homeAgent, destination: careOf, routingHeader: home,
            message: .bindingAcknowledgement(acknowledgement))
    }

    static func update(
        _ number: UInt16, _ flags: BindingUpdate.Flags, _ lifetime: UInt16, _ options: [MobilityOption] = []
    ) -> BindingUpdate {
        BindingUpdate(
            sequenceNumber: SequenceNumber(rawValue: number), flags: flags,
            lifetime: BindingLifetime(rawValue: lifetime), options: options)
    }

    static func acknowledgement(
        _ status: BindingStatus, k: Bool = false, r: Bool = false, _ number: UInt16, _ lifetime: UInt16,
        _ options: [MobilityOption] = []
    ) -> BindingAcknowledgement {
        BindingAcknowledgement(
            status: status, keyManagementMobility: k, mobileRouter: r,
            sequenceNumber: SequenceNumber(rawValue: number), lifetime: BindingLifetime(rawValue: lifetime),
            options: options)
    }

    /// Packets that our encoder makes octet by octet as scapy does.
    static let registrationRows: [Row] = [
        plain("brr", correspondent, home, .bindingRefreshRequest(options: [])),
        plain("hoti", home, correspondent, .homeTestInit(cookie: token, options: [])),
        plain("coti", careOf, correspondent, .careOfTestInit(cookie: token, options: [])),
        plain(
            "hot", correspondent, home,
            .homeTest(nonceIndex: 7, cookie: token, keygenToken: reversed, options: [])),
        plain(
            "cot", correspondent, careOf,
            .careOfTest(nonceIndex: 8, cookie: token, keygenToken: reversed, options: [])),
        plain("be", correspondent, careOf, .bindingError(status: 1, homeAddress: home, options: [])),
        plain("mh_unknown", careOf, correspondent, .unknown(type: 200, data: [UInt8](0..<10))),
        fromAway("bu_plain", update(0x1234, [.acknowledge, .homeRegistration], 150)),
        fromAway(
            "bu_nemo_explicit",
            update(
                7,
                [.acknowledge, .homeRegistration, .linkLocalCompatibility, .keyManagementMobility, .mobileRouter], 150,
                [
                    .alternateCareOfAddress(careOf), .mobileNetworkPrefix(prefix("2001:db8:10::/60")),
                    .mobileNetworkPrefix(prefix("2001:db8:20::/64")),
                ])),
        fromAway(
            "bu_overwrite",
            update(
                65535, [.acknowledge, .homeRegistration, .mobileRouter, .overwrite], 150,
                [
                    .bindingIdentifier(
                        BindingIdentifierOption(
                            identifier: 0x102, simultaneousHomeAndForeignBinding: true, priority: 5)),
                    .bindingIdentifier(BindingIdentifierOption(identifier: 3, priority: 5, careOfAddress: careOf)),
                ])),
        plain(
            "bu_deregister_at_home", home, homeAgent,
            .bindingUpdate(update(8, [.acknowledge, .homeRegistration, .mobileRouter], 0))),
        fromAway(
            "bu_route_optimised",
            update(9, .acknowledge, 105, [.nonceIndices(home: 3, careOf: 4), .bindingAuthorizationData(code)])),
        fromAway(
            "bu_authenticated",
            update(
                10, [.acknowledge, .homeRegistration, .mobileRouter], 150,
                [
                    .mobileNodeIdentifier(subtype: 1, identifier: [UInt8]("bus17@example".utf8)),
                    .messageIdentifier(timestamp: 0x0123_4567_89ab_cdef),
                    .messageAuthentication(
                        MessageAuthentication(subtype: 1, securityParameterIndex: 0x100, authenticator: code)),
                ])),
        fromAway(
            "bu_unknown_option",
            update(
                11, [.acknowledge, .homeRegistration], 1,
                [.unknown(type: 77, data: [UInt8]("what?".utf8)), .alternateCareOfAddress(careOf)])),
        toAway("ba", acknowledgement(.accepted, k: true, r: true, 7, 145)),
        toAway("ba_refused", acknowledgement(.sequenceNumberOutOfWindow, 0xfffe, 0)),
        toAway(
            "ba_refresh_advice",
            acknowledgement(
                .acceptedPrefixDiscoveryNecessary, r: true, 7, 145,
                [.bindingRefreshAdvice(interval: BindingLifetime(rawValue: 100))])),
    ]
}
