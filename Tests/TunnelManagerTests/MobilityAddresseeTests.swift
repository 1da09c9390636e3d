import Testing

@testable import TunnelManager

@Suite("Which program a Mobility Header is for")
struct MobilityAddresseeTests {
    typealias Side = MobilityAddressee.Side

    /// A Mobility Header of this type, with zeros behind it.
    private static func message(_ type: UInt8, flags: UInt8 = 0) -> [UInt8] {
        [59, 1, type, 0, 0, 0, 0, 0, flags] + [UInt8](repeating: 0, count: 7)
    }

    struct Row: Sendable {
        var name: String
        var message: [UInt8]
        /// With everybody here; with home agent and mobile node; with correspondent and mobile node; with the home agent;
        /// with the correspondent; with the mobile node.
        var sides: [Side]
    }

    static let rows = [
        Row(
            name: "Home Test Init", message: message(1),
            sides: [.correspondent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Care-of Test Init", message: message(2),
            sides: [.correspondent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Update with A", message: message(5, flags: 0x80),
            sides: [.correspondent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Update with A and H", message: message(5, flags: 0xc0),
            sides: [.homeAgent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Home Test", message: message(3),
            sides: [.mobileNode, .mobileNode, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Care-of Test", message: message(4),
            sides: [.mobileNode, .mobileNode, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Acknowledgement", message: message(6),
            sides: [.mobileNode, .mobileNode, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Refresh Request", message: message(0),
            sides: [.mobileNode, .mobileNode, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Home Agent Switch", message: message(12),
            sides: [.mobileNode, .mobileNode, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Error", message: message(7),
            sides: [.homeAgent, .homeAgent, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "Binding Revocation", message: message(16),
            sides: [.homeAgent, .homeAgent, .mobileNode, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "unknown", message: message(99),
            sides: [.homeAgent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
        Row(
            name: "cut off", message: [59, 0],
            sides: [.homeAgent, .homeAgent, .correspondent, .homeAgent, .correspondent, .mobileNode]),
    ]

    @Test("each message has one receiver, whoever is here", arguments: rows)
    func receivers(row: Row) {
        let here = [
            MobilityAddressee(hasHomeAgent: true, hasCorrespondent: true, hasMobileNode: true),
            MobilityAddressee(hasHomeAgent: true, hasCorrespondent: false, hasMobileNode: true),
            MobilityAddressee(hasHomeAgent: false, hasCorrespondent: true, hasMobileNode: true),
            MobilityAddressee(hasHomeAgent: true, hasCorrespondent: false, hasMobileNode: false),
            MobilityAddressee(hasHomeAgent: false, hasCorrespondent: true, hasMobileNode: false),
            MobilityAddressee(hasHomeAgent: false, hasCorrespondent: false, hasMobileNode: true),
        ]
        #expect(here.map { $0.side(of: row.message) } == row.sides, "\(row.name)")
        let nobody = MobilityAddressee(hasHomeAgent: false, hasCorrespondent: false, hasMobileNode: false)
        #expect(nobody.side(of: row.message) == nil)
    }
}
