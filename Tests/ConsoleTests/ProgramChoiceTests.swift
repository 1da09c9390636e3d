import Testing

@testable import Console

@Suite("Which program a command line asks for")
struct ProgramChoiceTests {
    @Test("The name it was started under decides, wherever it is")
    func byName() throws {
        #expect(try ProgramChoice(["/usr/sbin/mrd", "--check"]) == .program("mrd", ["--check"]))
        #expect(try ProgramChoice(["had"]) == .program("had", []))
    }

    @Test("Under any other name, the first argument decides")
    func byArgument() throws {
        #expect(try ProgramChoice(["/x/shisa", "mrd", "--check"]) == .program("mrd", ["--check"]))
        #expect(try ProgramChoice(["shisa-1.0", "shisactl", "status"]) == .program("shisactl", ["status"]))
        #expect(try ProgramChoice(["shisa", "--help"]) == .program("shisa", ["--help"]))
    }

    @Test("A name that is none, or no name, says which there are")
    func wrong() {
        let programs = "nemonetd, babymdd, mrd, mnd, had, cnd, shisamodem, shisahooks, shisactl, shisaconf"
        #expect(throws: UsageError("name the program to run: \(programs)")) { try ProgramChoice(["shisa"]) }
        #expect(throws: UsageError("name the program to run: \(programs)")) { try ProgramChoice([]) }
        #expect(throws: UsageError("unknown program mdr, did you mean mrd?")) { try ProgramChoice(["shisa", "mdr"]) }
        #expect(throws: UsageError("unknown program foobar, there are \(programs)")) {
            try ProgramChoice(["shisa", "foobar"])
        }
        #expect(throws: UsageError("there is no manual page dnd")) { try ProgramChoice(["shisa", "man", "dnd"]) }
    }

    @Test("Manual pages are listed, and printed by name or by file")
    func manuals() throws {
        #expect(
            try ProgramChoice(["shisa", "man"])
                == .print(
                    "nemonetd.8\nbabymdd.8\nmrd.8\nmnd.8\nhad.8\ncnd.8\nshisamodem.8\nshisahooks.8\nshisactl.8\nshisaconf.8\nshisa.8\n"
                        + "shisa.conf.5\n"
                ))
        #expect(try ProgramChoice(["shisa", "man", "mrd"]) == .print(ProgramDescription.mrd.manual))
        #expect(try ProgramChoice(["shisa", "man", "shisa.conf.5"]) == .print(Manual.configuration.text))
    }
}
