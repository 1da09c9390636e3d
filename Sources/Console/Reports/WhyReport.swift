import MobilitySocket
import MobilityWire

/// `shisactl why`: which uplink carries what, since when, and what each of the others lacks.
struct WhyReport: Sendable {
    var choice: UplinkChoice
    /// Registrations of home addresses of which none is in force, so that nothing of theirs passes whatever was chosen.
    var unregistered: [RegistrationEntry] = []

    /// For the documentation: name, kind and meaning of each member.
    static let reference: [(name: String, kind: String, text: String)] = [
        ("pinned", "string or null", "The uplink that was named by `shisactl use`."),
        (
            "carriers", "list of objects",
            "What carries what: `what`, a sentence for people; `text`, how it goes on; `uplinks`, the names of those that "
                + "carry it; `since`, how many seconds ago that began."
        ),
        (
            "uplinks", "list of objects",
            "Of each uplink its `interface`, whether it is `active`, `used` and `monthly_limit` as in `uplinks`, and "
                + "`reasons`, all that it lacks, the gravest first: `name`, which stays, such as `no_answer`, or `absent` where "
                + "there is no such interface; `text`, for people; `since` and `until`, seconds from now, each a number or null."
        ),
    ]

    var document: JSON {
        .object([
            .init(
                "why",
                .object([
                    .init("pinned", .text(choice.pinned)),
                    .init("carriers", .array(choice.carriers.map(Self.json))),
                    .init("uplinks", .array(choice.uplinks.map(Self.json))),
                ]))
        ])
    }

    private static func json(_ carrier: UplinkChoice.Carrier) -> JSON {
        .object([
            .init("what", .string(carrier.what)), .init("text", .string(carrier.way)),
            .init("uplinks", .strings(carrier.uplinks)), .init("since", seconds(carrier.elapsedMilliseconds)),
        ])
    }

    private static func json(_ uplink: UplinkChoice.Verdict) -> JSON {
        .object([
            .init("interface", .string(uplink.name)), .init("active", .bool(uplink.isActive)),
            .init("used", uplink.usedOctets.map(JSON.count) ?? .null),
            .init("monthly_limit", uplink.monthlyOctets.map(JSON.count) ?? .null),
            .init(
                "reasons",
                .array(
                    uplink.reasons.map { reason in
                        .object([
                            .init("name", .string(reason.name)), .init("text", .string(reason.text)),
                            .init("since", seconds(reason.elapsedMilliseconds)),
                            .init("until", seconds(reason.remainingMilliseconds)),
                        ])
                    })),
        ])
    }

    private static func seconds(_ milliseconds: UInt64?) -> JSON {
        milliseconds.map { .number(Double($0) / 1000) } ?? .null
    }

    /// A line for each: the subject on the left, what is to say of it on the right.
    func text(width: Int?) -> String {
        var lines = choice.carriers.map { carrier in
            (
                carrier.what,
                carrier.way + (carrier.uplinks.isEmpty ? "" : ", for \(Self.span(carrier.elapsedMilliseconds))")
            )
        }
        lines += unregistered.map { ("home", StatusReport.sentence($0)) }
        if let pinned = choice.pinned {
            lines.append(("pinned", "\(pinned) was named by hand: shisactl use auto ends it"))
        }
        lines += choice.uplinks.map { ($0.name, Self.sentences($0)) }
        let widths = lines.map { DisplayText.width(DisplayText.printable($0.0)) }
        let left = 2 + (widths.filter { $0 <= Self.subject }.max() ?? 0)
        return zip(lines, widths).map { line, wide in
            // A long subject has a line of its own.
            guard wide > Self.subject else { return DisplayText.entry(line.0, line.1, left: left, width: width) }
            return DisplayText.printable(line.0) + "\n" + DisplayText.entry("", line.1, left: left, width: width)
        }.joined()
    }

    /// How wide a subject may be beside what is said of it.
    private static let subject = 28

    /// What came of `shisactl use`, in a line.
    var pinText: String {
        let pinned = choice.pinned.map { name in
            let uplink = choice.uplinks.first { $0.name == name }
            return name + " is named by hand"
                + (uplink.map { $0.isActive ? "" : " (\(Self.sentences($0)))" } ?? " (there is no such interface)")
        }
        let carrier = choice.carriers.last.map { "; \($0.what) \($0.way)" } ?? ""
        return DisplayText.printable((pinned ?? "the policy chooses") + carrier) + "\n"
    }

    private static func sentences(_ uplink: UplinkChoice.Verdict) -> String {
        var parts = uplink.reasons.map(sentence)
        if let used = uplink.usedOctets, let limit = uplink.monthlyOctets {
            parts.append("\(OctetText.text(used)) of \(OctetText.text(limit)) used")
        }
        return parts.joined(separator: "; ")
    }

    private static func sentence(_ reason: UplinkChoice.Reason) -> String {
        reason.text + (reason.elapsedMilliseconds.map { ", for \(span($0))" } ?? "")
            + (reason.remainingMilliseconds.map { ", for another \(span($0))" } ?? "")
    }

    private static func span(_ milliseconds: UInt64) -> String { DurationText.text(seconds: milliseconds / 1000) }
}
