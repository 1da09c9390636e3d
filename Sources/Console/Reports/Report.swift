/// One table of shisactl: its JSON document, its columns for people and its documentation come from the same fields.
struct Report<Row: Sendable>: Sendable {
    /// The only member of the JSON document; its value is the list of rows.
    var name: String
    var fields: [Field]

    struct Field: Sendable {
        /// In JSON, lower_snake_case.
        var name: String
        /// For the documentation: `string`, `integer`.
        var kind: String
        /// What it means, in a sentence.
        var text: String
        var json: @Sendable (Row) -> JSON
        /// Nil for what people do not need.
        var column: Table.Column?
        var cell: @Sendable (Row) -> String

        init(
            _ name: String, _ kind: String, _ text: String, _ column: Table.Column? = nil,
            json: @escaping @Sendable (Row) -> JSON, cell: (@Sendable (Row) -> String)? = nil
        ) {
            self.name = name
            self.kind = kind
            self.text = text
            self.json = json
            self.column = column
            self.cell = cell ?? { Self.cell(of: json($0)) }
        }

        /// How a value looks to people when nothing else was said.
        private static func cell(of value: JSON) -> String {
            switch value {
            case .null: "-"
            case .bool(let flag): flag ? "yes" : "no"
            case .string(let text): text.isEmpty ? "-" : text
            case .array(let elements): elements.isEmpty ? "-" : elements.map(cell).joined(separator: " ")
            default: value.line
            }
        }
    }

    func json(_ row: Row) -> JSON { .object(fields.map { JSON.Member($0.name, $0.json(row)) }) }

    func document(_ rows: [Row]) -> JSON { .object([.init(name, .array(rows.map(json)))]) }

    func table(_ rows: [Row]) -> Table {
        let shown = fields.filter { $0.column != nil }
        return Table(columns: shown.compactMap(\.column), rows: rows.map { row in shown.map { $0.cell(row) } })
    }
}

extension JSON {
    /// Text, or null where there is none.
    static func text(_ value: (some CustomStringConvertible)?) -> JSON { value.map { .string("\($0)") } ?? .null }

    static func count(_ value: some BinaryInteger) -> JSON { .unsigned(UInt64(clamping: value)) }

    static func strings(_ values: [some CustomStringConvertible]) -> JSON { .array(values.map { .string("\($0)") }) }
}
