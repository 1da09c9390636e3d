/// How much a line that a machine wants logged matters; the names are those of syslog.
///
/// Care-of addresses tell where somebody is, so lines that name one are never above `.debug`.
public enum Severity: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error
}
