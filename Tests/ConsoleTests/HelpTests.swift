import Foundation
import Testing

@testable import Console

@Suite("Help and manual pages")
struct HelpTests {
    @Test("Help fits 80 columns and has no spaces at the ends of lines", arguments: ProgramDescription.all.map(\.name))
    func width(name: String) throws {
        let program = try #require(ProgramDescription.all.first { $0.name == name })
        for line in (program.help + program.complaint(UsageError("x"))).split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
        for option in program.options { #expect(program.help.contains("--\(option.name)")) }
        #expect(program.help.hasPrefix("usage: \(name) "))
    }

    @Test("Letters and names of options are different from each other", arguments: ProgramDescription.all.map(\.name))
    func unique(name: String) throws {
        let program = try #require(ProgramDescription.all.first { $0.name == name })
        #expect(Set(program.options.map(\.name)).count == program.options.count)
        let letters = program.options.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
    }

    @Test("A manual page that is referred to exists")
    func references() {
        let pages = Set(ProgramDescription.all.map { "\($0.name)(8)" } + ["shisa.conf(5)"])
        for program in ProgramDescription.all {
            for page in program.seeAlso { #expect(pages.contains(page), "\(program.name) refers to \(page)") }
        }
    }

    @Test(
        "groff sets every manual page without a warning", .enabled(if: available("groff")),
        arguments: Manual.all.map(\.file))
    func groff(file: String) throws {
        let page = try #require(Manual.all.first { $0.file == file })
        let (output, errors) = try run("groff", ["-mandoc", "-Tutf8", "-ww", "-z"], page.text)
        #expect(errors == "")
        #expect(output == "")
    }

    @Test(
        "mandoc finds nothing to complain about", .enabled(if: available("mandoc")), arguments: Manual.all.map(\.file))
    func mandoc(file: String) throws {
        let page = try #require(Manual.all.first { $0.file == file })
        let (output, _) = try run("mandoc", ["-Tlint", "-Wwarning"], page.text)
        #expect(output == "")
    }

    @Test("A manual page shows every option and exit status", .enabled(if: available("groff")))
    func content() throws {
        let (output, _) = try run("groff", ["-mandoc", "-Tascii", "-P-bcou"], ProgramDescription.mrd.manual)
        for option in ProgramDescription.mrd.options { #expect(output.contains("--\(option.name)")) }
        #expect(output.contains("/etc/shisa/shisa.conf"))
        #expect(output.contains("the mobile router of Shisa"))
    }

    @Test(
        "An example can be copied from a manual page as it stands, in one line",
        .enabled(if: available("groff") && available("mandoc")), arguments: ProgramDescription.all.map(\.name))
    func examples(name: String) throws {
        let program = try #require(ProgramDescription.all.first { $0.name == name })
        for (setter, arguments) in [
            ("groff", ["-mandoc", "-Tascii", "-P-bcou"]), ("mandoc", ["-Tascii", "-Owidth=60"]),
        ] {
            let (output, _) = try run(setter, arguments, program.manual)
            // What is bold or underlined is printed one over the other.
            let plain = output.replacing(/.\x08/, with: "")
            for example in program.examples {
                #expect(plain.contains(example.term.replacing("…", with: "...")), "\(setter) \(name)")
            }
        }
    }

    private func run(_ program: String, _ arguments: [String], _ input: String) throws -> (String, String) {
        let process = Process()
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errors = String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (output, errors)
    }
}

private func available(_ program: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/" + program)
}
