import MobilityWire

// Messages by which a home agent ends its service, of RFC 5142 and RFC 5846.

extension GoldenMessages {
    static func toAway(_ name: String, _ message: MobilityMessage) -> Row {
        Row(name: name, source: homeAgent, destination: careOf, routingHeader: home, message: message)
    }

    static func fromAway(_ name: String, _ message: MobilityMessage) -> Row {
        Row(name: name, source: careOf, destination: homeAgent, homeAddressOption: home, message: message)
    }

    static let rows = registrationRows + noticeRows

    static let noticeRows: [Row] = [
        toAway("has", .homeAgentSwitch(HomeAgentSwitch(addresses: [homeAgent, address("2001:db8:1::2")]))),
        toAway("has_empty", .homeAgentSwitch(HomeAgentSwitch())),
        toAway(
            "has_advice",
            .homeAgentSwitch(
                HomeAgentSwitch(
                    addresses: [homeAgent],
                    options: [.bindingRefreshAdvice(interval: BindingLifetime(rawValue: 100))]))),
        toAway(
            "bri",
            .bindingRevocationIndication(
                BindingRevocationIndication(
                    trigger: .administrativeReason, sequenceNumber: SequenceNumber(rawValue: 0x1234)))),
        plain(
            "bri_global", homeAgent, careOf,
            .bindingRevocationIndication(
                BindingRevocationIndication(
                    trigger: .perPeerPolicy, sequenceNumber: SequenceNumber(rawValue: 0xffff),
                    flags: [.proxyBinding, .global]))),
        fromAway(
            "bra",
            .bindingRevocationAcknowledgement(
                BindingRevocationAcknowledgement(
                    status: .success, sequenceNumber: SequenceNumber(rawValue: 0x1234)))),
        fromAway(
            "bra_refused",
            .bindingRevocationAcknowledgement(
                BindingRevocationAcknowledgement(
                    status: .bindingDoesNotExist, sequenceNumber: SequenceNumber(rawValue: 0x1234)))),
    ]
}
