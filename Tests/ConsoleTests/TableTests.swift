import Testing

@testable import Console

@Suite("Tables")
struct TableTests {
    private let columns = [
        Table.Column("ADDRESS", least: 8), Table.Column("STATE"), Table.Column("LEFT", isRight: true),
    ]

    @Test("Columns are as wide as their widest cell, numbers stand on the right, and no line ends in spaces")
    func alignment() {
        let table = Table(columns: columns, rows: [["2001:db8::1", "up", "5"], ["::1", "", "600"], ["::2", "down"]])
        #expect(
            table.text() == """
                ADDRESS      STATE  LEFT
                2001:db8::1  up        5
                ::1                  600
                ::2          down

                """)
    }

    @Test("A table without rows shows its headings")
    func empty() {
        #expect(Table(columns: columns).text(width: 80) == "ADDRESS  STATE  LEFT\n")
    }

    @Test("What is too wide is cut with an ellipsis, the widest column first, and never below its least width")
    func cut() {
        let table = Table(
            columns: [Table.Column("A", least: 3), Table.Column("B", least: 3), Table.Column("C")],
            rows: [["aaaaaaaaaa", "bbbb", "cccc"]])
        #expect(table.text(width: 16) == "A     B     C\naaa…  bbbb  cccc\n")
        #expect(table.text(width: 13) == "A    B    C\naa…  bb…  cccc\n")
        #expect(table.text(width: 1) == "A    B    C\naa…  bb…  cccc\n")
    }

    @Test("A last column that wraps is never cut: it goes on in its column, or below the row where a word is too long")
    func wraps() {
        var table = Table(
            columns: [Table.Column("A"), Table.Column("B", least: 6, wraps: true)],
            rows: [["aaa", "one two three four"], ["b", "short"]])
        #expect(table.text(width: 13) == "A    B\naaa  one two\n     three\n     four\nb    short\n")
        #expect(table.text() == "A    B\naaa  one two three four\nb    short\n")
        table.rows[0][1] = "at 2001:db8::1 now"
        #expect(table.text(width: 15) == "A    B\naaa\n    at\n    2001:db8::1\n    now\nb    short\n")
        table.rows = [["aaa", String(repeating: " ", count: 20)]]
        #expect(table.text(width: 13) == "A    B\naaa\n")
    }

    @Test("Wide characters count two columns, marks none, and control characters are spelled out")
    func characters() {
        let table = Table(columns: [Table.Column("A"), Table.Column("B")], rows: [["車", "x"], ["e\u{301}e", "y"]])
        #expect(table.text() == "A   B\n車  x\ne\u{301}e  y\n")
        #expect(Table(columns: [Table.Column("A")], rows: [["\u{1b}[2J\n"]]).text() == "A\n\\u{1b}[2J\\u{a}\n")
        #expect(DisplayText.truncated("車車車", to: 4) == "車…")
    }
}
