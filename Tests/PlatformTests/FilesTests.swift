import Glibc
import Testing

@testable import Platform

@Suite("Files and settings")
struct FilesTests {
    let directory = "/tmp/shisa-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    @Test("a file is replaced as a whole, with its mode, and nothing is left beside it")
    func atomicWrite() throws {
        let path = "\(directory)/a/b/state"
        try Files.makeDirectory("\(directory)/a/b")
        try Files.makeDirectory("\(directory)/a/b")
        try Files.writeAtomically(path, Array("one".utf8), mode: 0o600)
        try Files.writeAtomically(path, Array("two".utf8), mode: 0o640)
        #expect(try Files.read(path) == Array("two".utf8))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        try Files.remove(path)
        try Files.remove(path)
        #expect(rmdir("\(directory)/a/b") == 0 && rmdir("\(directory)/a") == 0 && rmdir(directory) == 0)
    }

    @Test("a file beyond the limit is refused, one of just the limit is not")
    func limit() throws {
        let path = "\(directory)-limit"
        defer { unlink(path) }
        try Files.writeAtomically(path, [UInt8](repeating: 1, count: 70_000))
        #expect(try Files.read(path, limit: 70_000).count == 70_000)
        let error = #expect(throws: PlatformError.self) { try Files.read(path, limit: 69_999) }
        #expect(error?.description.contains("larger than 69999 octets") == true)
        #expect(#expect(throws: PlatformError.self) { try Files.read(path + "x") }?.isAbsent == true)
    }

    @Test("random octets are as many as asked for and not the same twice")
    func random() throws {
        #expect(try RandomBytes.make(0) == [])
        #expect(try RandomBytes.make(40).count == 40)
        #expect(try RandomBytes.make(16) != RandomBytes.make(16))
    }

    @Test("users and groups are read from the files, and broken lines are passed over")
    func users() throws {
        let database = UserDatabase(
            passwd: "root:x:0:0:root:/root:/bin/sh\nbroken\nshisa:x:200:201::/:\nbad:x:minus:1::/:\n",
            group: "root:x:0:\nshisa:x:201:\nplugdev:x:46:alice,shisa\nnetdev:x:47:bob\n::\n")
        let user = try database.user(named: "shisa")
        #expect(user == .init(name: "shisa", uid: 200, gid: 201))
        #expect(database.groups(of: user) == [201, 46])
        #expect(try database.gid(ofGroup: "netdev") == 47)
        #expect(throws: PlatformError.self) { try database.user(named: "bad") }
        #expect(throws: PlatformError.self) { try database.gid(ofGroup: "nobody-has-this") }
        #expect(try UserDatabase().user(named: "root").uid == 0)
    }

    @Test("a setting's name cannot lead out of its directory")
    func settingNames() throws {
        #expect(
            try Sysctl.path(["net", "ipv6", "conf", "eth0.10", "accept_ra"])
                == "/proc/sys/net/ipv6/conf/eth0.10/accept_ra")
        for name in ["", ".", "..", "a/b", "a\0b"] {
            #expect(throws: PlatformError.self) { try Sysctl.path(["net", name]) }
        }
    }

    @Test("names of interfaces are what the kernel takes")
    func interfaceNames() {
        for name in ["eth0", "br-lan", "eth0.10", "enp3s0f1np1", "fifteen-octets-", "wlan0@x"] {
            #expect(InterfaceName.isPossible(name))
        }
        for name in ["", ".", "..", "a/b", "a b", "a:b", "sixteen-octets-x", "a\n"] {
            #expect(!InterfaceName.isPossible(name))
        }
    }

    @Test("a setting of an interface with a dot in its name is written and read", .needsNetwork)
    func settings() throws {
        try NetworkNamespace.run {
            try NetworkNamespace.ip("link add left.10 type veth peer name right")
            try Sysctl.writeIPv6("accept_ra", interface: "left.10", "2")
            #expect(try Sysctl.readIPv6("accept_ra", interface: "left.10") == "2")
            #expect(try Sysctl.readIPv6("accept_ra", interface: "right") != "2")
            let error = #expect(throws: PlatformError.self) {
                try Sysctl.writeIPv6("accept_ra", interface: "absent", "2")
            }
            #expect(error?.isAbsent == true)
        }
    }
}
