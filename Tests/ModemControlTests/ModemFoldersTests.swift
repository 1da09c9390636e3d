import Cellular
import Foundation
import Logging
import Platform
import Testing

@testable import ModemControl

@Suite("What is kept of modems")
struct ModemFoldersTests {
    private let path = NSTemporaryDirectory() + "shisa-modem-folders-" + UUID().uuidString

    private func withFolders(_ body: (ModemFolders) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(ModemFolders(scripts: path, state: path, reports: path, log: Logger()))
    }

    @Test("what was noted of a PIN is found again, and is nothing where there is no note or one of another PIN")
    func notes() throws {
        try withFolders { folders in
            #expect(folders.pinEntries(of: "wwan0", "1234") == PINEntries())
            for entries in [PINEntries(open: 2), PINEntries(isRefused: true)] {
                try folders.setPINEntries(of: "wwan0", "1234", entries)
                #expect(folders.pinEntries(of: "wwan0", "1234") == entries)
                #expect(folders.pinEntries(of: "wwan0", "123") == PINEntries())
                #expect(folders.pinEntries(of: "wwan1", "1234") == PINEntries())
            }
            try folders.setPINEntries(of: "wwan0", "1234", nil)
            #expect(folders.pinEntries(of: "wwan0", "1234") == PINEntries())
        }
    }

    @Test("a note that cannot be read, or says nothing, is one of an entry")
    func unreadable() throws {
        try withFolders { folders in
            let note = "\(path)/wwan0.pin"
            for text in ["", "\n1234 2\n", String(repeating: "1", count: 5000)] {
                try Files.writeAtomically(note, Array(text.utf8))
                #expect(folders.pinEntries(of: "wwan0", "1234") == PINEntries(open: 1), "\(text.prefix(9))")
            }
            try Files.remove(note)
            try Files.makeDirectory(note)
            #expect(folders.pinEntries(of: "wwan0", "1234") == PINEntries(open: 1))
        }
    }
}
