extension Document {
    static let json = Document(name: "json", text: jsonText)

    private static var jsonText: String {
        var text = """
            # What `shisactl --json` prints

            Every command prints one JSON document (RFC 8259) with one member, which has the name of the command, with an
            underscore in place of a hyphen. Names are lower_snake_case and stay as they are; a later version may add members. Addresses and prefixes are strings in
            the form of RFC 5952. `events --follow --json` prints one object a line, without end.

            This page is made by `make man` from the tables that the program prints by.


            """
        text += "## `status`\n\nOne object.\n\n" + table(StatusReport.reference)
        text += section(Report.uplinks, "The uplinks of a mobile router, best first.")
        text +=
            "\n## `why`\n\nOne object, or null before mrd or mnd has told anything.\n\n" + table(WhyReport.reference)
        text += section(Report.registrations, "What this mobile router registered, or tries to.")
        text += section(Report.bindings, "What is registered at this home agent, or bound at this correspondent.")
        text += section(
            Report.routes, "Whom a mobile host reaches directly, then who is left alone for a while, and who for good.")
        text += section(Report.prefixes, "The mobile network prefixes that are registered at this home agent.")
        text += section(Report.homeAgents, "The home agents of the home network, the highest preference first.")
        text += section(Report.tunnels, "The tunnels that nemonetd forwards through.")
        text += section(Report.timers, "What the programs wait for, the nearest first.")
        text += section(Report.counters, "Everything that is counted.")
        text += section(Report.events, "What happened lately, oldest first.")
        return text
    }

    private static func section<Row>(_ report: Report<Row>, _ about: String) -> String {
        "\n## `\(report.name)`\n\n\(about) A list of objects:\n\n"
            + table(report.fields.map { ($0.name, $0.kind, $0.text) })
    }

    private static func table(_ fields: [(name: String, kind: String, text: String)]) -> String {
        row("name", "value", "meaning") + row("---", "---", "---")
            + fields.map { row("`\($0.name)`", $0.kind, $0.text) }.joined()
    }
}
