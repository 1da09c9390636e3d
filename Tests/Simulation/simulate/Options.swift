import Simulation

/// The command line: names with a value each.
struct Options {
    private var values: [String: String] = [:]

    struct Complaint: Error { var text: String }

    static let names = [
        "--seed", "--node-hours", "--seconds", "--jobs", "--world", "--nodes", "--cycles", "--drives", "--sabotage",
    ]

    init(_ arguments: some Sequence<String>) throws(Complaint) {
        var arguments = Array(arguments)[...]
        while let name = arguments.popFirst() {
            guard Self.names.contains(name), let value = arguments.popFirst() else {
                throw Complaint(text: "\(name): known are \(Self.names.joined(separator: ", ")), each with a value")
            }
            values[name] = value
        }
    }

    func number<Number: FixedWidthInteger>(_ name: String) throws(Complaint) -> Number? {
        guard let text = values[name] else { return nil }
        guard let value = Number(text) else { throw Complaint(text: "\(name) needs a number, not \(text)") }
        return value
    }

    func sabotage() throws(Complaint) -> Sabotage? {
        guard let name = values["--sabotage"] else { return nil }
        guard let sabotage = Sabotage(rawValue: name) else {
            let names = Sabotage.allCases.map(\.rawValue).joined(separator: ", ")
            throw Complaint(text: "--sabotage is one of \(names)")
        }
        return sabotage
    }
}
