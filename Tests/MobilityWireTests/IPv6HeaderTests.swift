import MobilityWire
import Testing

@Suite("The IPv6 header")
struct IPv6HeaderTests {
    let value = IPv6Header(
        trafficClass: 0xb8, flowLabel: 0x12345, payloadLength: 11, nextHeader: .udp, hopLimit: 3,
        source: GoldenMessages.careOf, destination: GoldenMessages.correspondent)

    @Test("is parsed and emitted as scapy builds it, also over octets that were something else")
    func golden() throws {
        let octets = Golden.packet("udp")
        #expect(try IPv6Header(parsing: octets.span.bytes) == value)
        #expect(value.emit() == [UInt8](octets.prefix(40)))
        var buffer = [UInt8](repeating: 0xff, count: 41)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        value.emit(into: &bytes)
        #expect(buffer == octets.prefix(40) + [0xff])
    }

    @Test("cut at any length is an error")
    func truncates() {
        let octets = value.emit()
        for count in 0..<40 {
            #expect(throws: ParseError(.truncated, octet: count)) {
                try IPv6Header(parsing: octets.span.bytes.extracting(..<count))
            }
        }
    }
}
