import MobilityWire
import Testing

@Suite("The Internet checksum")
struct ChecksumTests {
    /// RFC 1071 §4.1 word by word.
    func reference(_ octets: [UInt8]) -> UInt16 {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: octets.count, by: 2) {
            sum += UInt64(octets[index]) << 8 + UInt64(index + 1 < octets.count ? octets[index + 1] : 0)
        }
        while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
        return ~UInt16(sum)
    }

    @Test("is the reference's for every length and alignment")
    func lengths() {
        var generator = RandomNumbers(seed: 4)
        let octets = (0..<65_536).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for count in Array(0..<300) + [1280, 1500, 65_535, 65_536] {
            for start in 0..<min(8, octets.count - count + 1) {
                var sum = Checksum()
                sum.add(octets.span.bytes.extracting(start..<start + count))
                #expect(sum.value == reference([UInt8](octets[start..<start + count])))
            }
        }
        for count in [1, 2, 8, 100, 255, 256, 65_536] {
            let octets = [UInt8](repeating: 0xff, count: count)
            var ones = Checksum()
            ones.add(octets.span.bytes)
            #expect(ones.value == reference(octets))
        }
    }

    @Test("is the example of RFC 1071 §3")
    func example() {
        var sum = Checksum()
        let octets: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
        sum.add(octets.span.bytes)
        #expect(sum.value == ~0xddf2)
    }

    @Test("of parts is that of the whole, wherever it is split")
    func parts() {
        var generator = RandomNumbers(seed: 5)
        let octets = (0..<99).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for split in 0...99 {
            var whole = Checksum()
            whole.add(octets.span.bytes.extracting(..<split))
            var part = Checksum()
            part.add(octets.span.bytes.extracting(split...))
            whole.add(part, atOddOffset: !split.isMultiple(of: 2))
            #expect(whole.value == reference(octets))
        }
    }

    @Test("follows a changed address and word")
    func changes() {
        let octets = [UInt8](1...40)
        var first = Checksum(source: .loopback, destination: .allNodes, length: 40, nextHeader: .udp)
        first.add(octets.span.bytes)
        first.subtract(IPv6Address.loopback)
        first.add(GoldenMessages.home)
        first.subtract(0x0102)
        first.add(0xbeef as UInt16)
        var second = Checksum(source: GoldenMessages.home, destination: .allNodes, length: 40, nextHeader: .udp)
        let changed = [0xbe, 0xef] + octets[2...]
        second.add(changed.span.bytes)
        #expect(first.value == second.value)
    }

    @Test("of scapy's UDP packet is right, and zero is written as all ones")
    func udp() throws {
        let octets = Golden.packet("udp")
        let header = try IPv6Header(parsing: octets.span.bytes)
        var sum = Checksum(
            source: header.source, destination: header.destination, length: octets.count - 40, nextHeader: .udp)
        sum.add(octets.span.bytes.extracting(40...))
        #expect(sum.isValid)
        #expect(sum.value == 0)
        #expect(sum.valueForUDP == 0xffff)
    }
}
