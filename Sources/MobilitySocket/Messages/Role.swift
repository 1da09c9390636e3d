/// What a client of the mobility socket is; with its credentials it decides which messages it may send.
public enum Role: UInt8, CaseIterable, Sendable {
    case mobileRouter = 1
    case mobileNode = 2
    case homeAgent = 3
    case correspondentNode = 4
    /// The movement detector.
    case detector = 5
    /// Whoever only looks: the console, and programs that say what they are called.
    case monitor = 6

    /// The program that usually plays this role.
    public var program: String {
        switch self {
        case .mobileRouter: "mrd"
        case .mobileNode: "mnd"
        case .homeAgent: "had"
        case .correspondentNode: "cnd"
        case .detector: "babymdd"
        case .monitor: "shisactl"
        }
    }

    /// The program that plays this role, where it said what it is called: only of monitors there are several.
    func program(named name: String?) -> String { self == .monitor ? name ?? program : program }
}
