import Testing

@testable import Settings

@Suite("Files that are no configuration at all")
struct SyntaxTests {
    @Test(
        "A syntax error is named with its line",
        arguments: [
            ("home = {\n  agent = 10 min;\n};", 2), ("home = {\n", 2), ("@\n", 1), ("a = 1;\na = 2;", 2),
            ("a = [ 1,\n\"x\" ];", 2), ("a = 5x;", 1), ("a = $;", 1),
        ] as [(String, Int)])
    func line(text: String, line: Int) throws {
        guard case .failure(let error) = try load(["shisa.conf": text]) else {
            Issue.record("accepted")
            return
        }
        #expect(error.complaints.map(\.line) == [line])
    }

    @Test("A string, a comment or an octet that a text has not is named with its line")
    func text() throws {
        let missing = "a string does not end on its line, a \" is missing"
        #expect(try complaints("a = \"x\n\n") == ["shisa.conf:1: \(missing)"])
        #expect(try complaints("a = \"x;\nb = \"y\";\n") == ["shisa.conf:1: \(missing)"])
        #expect(try complaints("\n/* a\n") == ["shisa.conf:2: a comment never ends, a */ is missing"])
        #expect(
            try complaints("a\n\0") == ["shisa.conf:2: octet 0 is not text, a configuration file is UTF-8 text"])
    }

    @Test("An empty file and one without a role say what to add")
    func empty() throws {
        let expected = [
            "shisa.conf:1: none of home, home_agent and correspondent is here, add the one that this node is to be"
        ]
        #expect(try complaints("") == expected)
        #expect(try complaints("engine = { };") == expected)
    }

    @Test("A byte order mark in front is no mistake")
    func byteOrderMark() throws {
        #expect(try complaints("\u{feff}a = $;") == complaints("a = $;"))
        #expect(try complaints("\u{feff}") == complaints(""))
    }

    @Test("Nesting without end is an error and no crash", arguments: [20, 1000, 100_000])
    func nesting(depth: Int) throws {
        let open = String(repeating: "(", count: depth)
        let close = String(repeating: ")", count: depth)
        #expect(try complaints("a = \(open)\(close);") == ["shisa.conf:1: groups are nested more than 16 deep"])
    }

    @Test("A file that cannot be read says why")
    func unreadable() throws {
        #expect(try complaints(["x": ""]) == ["shisa.conf: no such file"])
        #expect(try complaints(["shisa.conf/x": ""]) == ["shisa.conf: not a file"])
    }

    @Test("An include that cannot be read, or that includes itself, is named where it stands")
    func includes() throws {
        #expect(
            try complaints("\n@include \"nowhere\"\n")
                == ["shisa.conf:2: cannot include nowhere: no such file"])
        #expect(
            try complaints(["shisa.conf": "@include \"parts\"", "parts/x": ""])
                == ["shisa.conf:1: cannot include parts: not a file"])
        #expect(try complaints("@include \"shisa.conf\"") == ["shisa.conf:1: shisa.conf includes itself"])
        let chain = (0..<12).map { ("\($0)", "@include \"\($0 + 1)\"") } + [("shisa.conf", "@include \"0\"")]
        #expect(
            try complaints(Dictionary(uniqueKeysWithValues: chain))
                == ["8: files are included more than 10 deep"].map {
                    $0.replacing("8:", with: "8:1:")
                })
    }

    @Test("A mistake in an included file is named with that file and its line, and lines behind it stay right")
    func linesAcrossIncludes() throws {
        let files = [
            "shisa.conf": "@include \"a.conf\"\n" + Sample.home + "policy = { probes = 1; };",
            "a.conf": "# a comment\n\nengine = { device = \"a b\"; };\n",
        ]
        #expect(
            try complaints(files) == [
                "shisa.conf:10: unknown name probes in policy, did you mean probe?",
                "a.conf:3: engine.device is \"a b\", an interface name has letters, digits and . _ - + @ alone, "
                    + "begins with no -, and is not . or ..",
            ])
    }

    @Test("A name that is given twice is named")
    func twice() throws {
        #expect(
            try complaints("engine = {\n  device = \"a;device=\";\n  plane = \"auto\";\n  device = \"b\";\n};")
                == ["shisa.conf:4: device was already given in this group, give it once"])
        #expect(
            try complaints("engine = { device = \"a\"; plane: \"auto\"; device = \"b\"; };")
                == ["shisa.conf:1: device was already given in this group, give it once"])
        // Neither a comment nor what looks like the end of a string gives a name.
        #expect(
            try complaints(
                "engine = {\n  /* plane = \"auto\";\n device = 1; */ device = \"\\\";plane=\";\n"
                    + "  // plane = 1;\n  plane = \"auto\"; /* device = 2; */ plane = \"engine\";\n};")
                == ["shisa.conf:5: plane was already given in this group, give it once"])
        #expect(
            try complaints(
                "engine = {\n  /* plane = \"auto\"; */ device = \"\\\";plane=\";\n"
                    + "  plane = \"auto\"; device = \"b\";\n};")
                == ["shisa.conf:3: device was already given in this group, give it once"])
    }

    @Test("An interface that another file has already is named with that file")
    func interfacesAcrossIncludes() throws {
        let lan = "ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );"
        #expect(Sample.home.contains(lan))
        let files = [
            "shisa.conf": Sample.home.replacing(lan, with: "@include \"lan.conf\"\n"),
            "lan.conf": "\n\n" + lan.replacing("lan0", with: "eth0"),
        ]
        #expect(
            try complaints(files) == [
                "lan.conf:3: ingress has \"eth0\", which uplinks has already, use it once (first in shisa.conf:7)"
            ])
    }

    @Test("Lines behind comments of several lines, and strings that look like comments, stay right")
    func linesAcrossComments() throws {
        let text = "/* a\n b */ a = \"/*\"; // \"\n\n/*\n\" */ b = 1; # /*\n"
        #expect(
            try complaints(text + Sample.home).map { $0.prefix(14) } == ["shisa.conf:2: ", "shisa.conf:5: "])
    }

    @Test("Every truncation of a file and every octet put into it is refused or accepted, and nothing else happens")
    func damage() throws {
        let octets = Array((Sample.home + Sample.homeAgent).utf8)
        let folder = try Folder()
        for end in stride(from: 0, to: octets.count, by: 3) {
            try folder.write("shisa.conf", String(decoding: octets[..<end], as: UTF8.self))
            _ = load(folder)
        }
        for position in stride(from: 0, to: octets.count, by: 5) {
            for octet in [UInt8](#"{}();="0@#/*-"#.utf8) {
                var damaged = octets
                damaged[position] = octet
                try folder.write("shisa.conf", String(decoding: damaged, as: UTF8.self))
                _ = load(folder)
            }
        }
    }

    @Test("Complaints about one file go from top to bottom")
    func order() throws {
        let text = "engine = {\n  plane = 1; };\nhome = {\n  lifetime = 0;\n  agent = 1; };\nfoo = 1;\n"
        let lines = try complaints(text).map { $0.split(separator: ":")[1] }.compactMap { Int($0) }
        #expect(lines.count > 4)
        #expect(lines == lines.sorted())
    }

    @Test("A file with endless mistakes draws a bounded number of complaints")
    func bounded() throws {
        #expect(try complaints((0..<1000).map { "a\($0) = 1;" }.joined()).count == ComplaintLog.limit)
    }
}
