import Foundation
import Testing

@testable import Console

@Suite("JSON")
struct JSONTests {
    private static let document = JSON.object([
        .init("z", .null), .init("a", .array([.bool(true), .integer(-5), .unsigned(.max), .number(12.345)])),
        .init("text", .string("\"\\\n\u{1}\u{9b}é車")), .init("empty", .array([])), .init("none", .object([])),
    ])

    @Test("Members keep their order and strings are escaped")
    func line() {
        #expect(
            Self.document.line == #"{"z":null,"a":[true,-5,18446744073709551615,12.345],"text":"\"\\\n\u0001\u009bé車","#
                + #""empty":[],"none":{}}"#)
    }

    @Test("Over several lines every level is indented by two spaces")
    func lines() {
        let value = JSON.object([
            .init("a", .array([.integer(1), .object([.init("b", .null)])])), .init("c", .array([])),
        ])
        #expect(
            value.lines == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": []
                }
                """)
    }

    @Test("Another parser reads back what was written")
    func parsed() throws {
        for text in [Self.document.line, Self.document.lines] {
            let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(read["text"] as? String == "\"\\\n\u{1}\u{9b}é車")
            #expect((read["a"] as? [Any])?.count == 4)
        }
    }

    @Test("Numbers that JSON has not are null")
    func notFinite() {
        #expect(JSON.array([.number(.nan), .number(.infinity), .number(1e300)]).line == "[null,null,1e+300]")
    }
}
