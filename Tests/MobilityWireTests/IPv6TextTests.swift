import MobilityWire
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("The text of an address")
struct IPv6TextTests {
    @Test(
        "is canonical (RFC 5952) and parses again",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"),
            ("2001:db8::1", "2001:db8::1"), ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("1:0:0:4:5:6:0:0", "1::4:5:6:0:0"), ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
            ("::ffff:192.0.2.33", "::ffff:192.0.2.33"), ("::ffff:c000:221", "::ffff:192.0.2.33"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:255.255.255.255", "1:2:3:4:5:6:ffff:ffff"),
            ("::0.0.0.1", "::1"), ("fe80::ABCD", "fe80::abcd"),
        ])
    func canonical(text: String, expected: String) {
        let parsed = IPv6Address(text)
        #expect(parsed?.description == expected)
        #expect(IPv6Address(expected) == parsed)
    }

    @Test(
        "is refused where it is not one",
        arguments: [
            "", ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1::",
            "1::2:3:4:5:6:7:8", "12345::", "g::", "::1 ", " ::1", "::1%eth0", "::1/128", "[::1]", "1.2.3.4", "::1.2.3",
            "::1.2.3.4.5", "::256.1.1.1", "::01.2.3.4", "::1.2.3.", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "1:::2",
            "::ffff:1.2.3.4 ", "2001:db8::١",
        ])
    func refused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test("agrees with the C library on random addresses and on random text")
    func reference() {
        var generator = RandomNumbers(seed: 6)
        for _ in 0..<5000 {
            func half() -> UInt64 { generator.next() & generator.next() & (generator.next() | generator.next()) }
            // Whole groups of zeros are what compression is about.
            let masks: [UInt64] = [0xffff, 0xffff_0000, 0xffff_0000_0000, 0xffff_0000_0000_0000]
            let mask = { masks.filter { _ in Bool.random(using: &generator) }.reduce(0, |) }
            let value = IPv6Address(high: half() & mask(), low: half() & mask())
            #expect(IPv6Address(value.description) == value)
            #expect(inet(value.description)?.octets == value.octets)
        }
        let alphabet = Array("0123456789abcfF::::..")
        for _ in 0..<50_000 {
            let text = String(
                (0..<Int.random(in: 0...14, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! })
            #expect(IPv6Address(text) == inet(text), "\(text)")
        }
    }

    @Test("of a prefix has a length, and no bits behind it")
    func prefixes() {
        #expect(IPv6Prefix("2001:db8::/32")?.description == "2001:db8::/32")
        #expect(IPv6Prefix("::/0")?.length == 0)
        #expect(IPv6Prefix("2001:db8::1/128")?.length == 128)
        #expect(IPv6Prefix("2001:db8:10::/60")?.contains(address("2001:db8:10:f::1")) == true)
        for text in [
            "2001:db8::1/64", "2001:db8::", "2001:db8::/", "2001:db8::/129", "::/00", "::/+1", "/64", "::/1000",
        ] {
            #expect(IPv6Prefix(text) == nil, "\(text)")
        }
        #expect(IPv6Prefix(clearingHostBitsOf: "2001:db8:1::100/64") == prefix("2001:db8:1::/64"))
        #expect(IPv6Prefix.split("2001:db8:1::100/64")?.address == address("2001:db8:1::100"))
    }

    @Test("octets go both ways")
    func octets() {
        let octets = [UInt8](1...16)
        #expect(IPv6Address(octets: octets)?.octets == octets)
        #expect(IPv6Address(octets: [1, 2]) == nil)
        #expect(address("2001:db8:1::5").homeAgentsAnycast == address("2001:db8:1:0:fdff:ffff:ffff:fffe"))
        #expect(address("2001:db8::12:3456").solicitedNodeMulticast == address("ff02::1:ff12:3456"))
    }

    private func inet(_ text: String) -> IPv6Address? {
        var storage = in6_addr()
        guard inet_pton(AF_INET6, text, &storage) == 1 else { return nil }
        return IPv6Address(octets: withUnsafeBytes(of: &storage) { [UInt8]($0) })
    }
}
