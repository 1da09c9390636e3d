import Testing

@testable import Cellular

@Suite("What is told of a modem")
struct ModemReportTests {
    @Test("stands in lines that a person can read, without what is not known")
    func text() {
        let report = ModemReport(
            .connected, "for now", signal: SignalStrength(dBm: -97),
            network: ServingNetwork(operatorName: "My Operator", technology: .nr))
        #expect(
            report.text == """
                state connected
                signal -97
                technology 5g
                operator My Operator
                detail for now

                """)
        #expect(ModemReport(.pinNeeded).text == "state pin_needed\n")
    }

    @Test("is read as it was written", arguments: ModemReport.State.allCases)
    func again(state: ModemReport.State) {
        for report in [
            ModemReport(state),
            ModemReport(
                state, "of: it = state x", signal: SignalStrength(dBm: -113),
                network: ServingNetwork(operatorName: "26201", technology: .lte)),
        ] { #expect(ModemReport(text: report.text) == report) }
    }

    @Test("a name with line feeds in it, which a network sent, adds no line")
    func lines() {
        let report = ModemReport(
            .searching, "a\r\nstate connected", network: ServingNetwork(operatorName: "x\nsignal -1\u{2028}y"))
        #expect(report.text.split(whereSeparator: \.isNewline).count == 3)
        let again = ModemReport(text: report.text)
        #expect(again?.state == .searching && again?.signal == nil)
    }

    @Test(
        "what makes no sense is passed over",
        arguments: [
            ("", nil), ("connected -95 \n", nil), ("state flying\n", nil), ("state", nil),
            ("signal x\nstate connected\ncolour blue\ntechnology 9g\nsignal\n", ModemReport(.connected)),
            ("state connected\nsignal 99999999999999999999\n", ModemReport(.connected)),
            ("state connected\nsignal 7\n", ModemReport(.connected)),
        ] as [(String, ModemReport?)])
    func hostile(text: String, expected: ModemReport?) {
        #expect(ModemReport(text: text) == expected)
    }
}
