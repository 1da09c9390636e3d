import MobilitySocket
import Testing

@testable import ModemControl

@Suite("What probes say of a modem's way")
struct WayInquiryTests {
    private func state(_ health: UplinkChoice.Verdict.Health, _ name: String = "wwan0") -> MobilitySocketMessage {
        let verdict = UplinkChoice.Verdict(
            interfaceIndex: 4, name: name, isActive: false, health: health, reasons: [])
        return .programState(ProgramState(program: "mrd", choice: UplinkChoice(uplinks: [verdict])))
    }

    @Test(
        "is mrd's health of its uplink, where there is any",
        arguments: [
            (UplinkChoice.Verdict.Health.up, true), (.down, false), (.unproven, nil), (.unmonitored, nil),
            (.believed, nil),
        ] as [(UplinkChoice.Verdict.Health, Bool?)])
    func health(health: UplinkChoice.Verdict.Health, leads: Bool?) {
        let others = [MobilitySocketMessage.programState(ProgramState(program: "nemonetd")), state(.up, "eth0")]
        #expect(WayInquiry.leads("wwan0", others + [state(health)]) == leads)
        #expect(WayInquiry.leads("wwan0", others) == nil)
    }
}
