import Foundation
import Settings
import Testing

@testable import Console

@Suite("The documentation and the programs say the same")
struct DocumentTests {
    private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func file(_ path: String) throws -> String {
        try String(contentsOf: Self.top.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("Pages that are made from the programs are up to date; `make man` makes them", arguments: Document.all)
    func pages(document: Document) throws {
        #expect(try file("docs/\(document.name).md") == document.text)
    }

    @Test(
        "Every configuration file that we hand out is right",
        arguments: [
            "docs/samples/mobile-router.conf", "docs/samples/mobile-host.conf", "docs/samples/home-agent.conf",
            "docs/samples/correspondent.conf", "docs/samples/several-uplinks.conf",
            "board/common/shisa.conf",
        ])
    func samples(path: String) throws {
        _ = try ShisaSettings.load(Self.top.appendingPathComponent(path).path, keys: .leave)
    }

    @Test("The samples in the manuals are those in the folder")
    func sampleText() throws {
        #expect(try file("docs/samples/mobile-router.conf") == SettingSample.mobileRouter + "\n")
        #expect(try file("docs/samples/mobile-host.conf") == SettingSample.mobileHost + "\n")
        #expect(try file("docs/samples/home-agent.conf") == SettingSample.homeAgent + "\n")
        #expect(try file("docs/samples/correspondent.conf") == SettingSample.correspondent + "\n")
    }

    @Test("What the README tells to type exists")
    func commands() throws {
        let readme = try file("README.md")
        let targets = try file("Makefile") + file("board/board.mk")
        for match in readme.matches(of: /make ([a-z][a-z-]*)/) {
            #expect(targets.contains("\n\(match.1):"), "make \(match.1)")
        }
        for match in readme.matches(of: /\]\(([^)#:]+)\)/) {
            #expect(
                FileManager.default.fileExists(atPath: Self.top.appendingPathComponent("\(match.1)").path), "\(match.1)"
            )
        }
        for command in ShisactlCommand.allCases { #expect(readme.contains("shisactl \(command.rawValue)")) }
    }
}
