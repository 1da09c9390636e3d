import Testing

@testable import MobilityWire

@Suite("What stands behind extension headers that cannot be read")
struct ExtensionHeaderUpperTests {
    private func packet(_ next: UInt8, _ rest: [UInt8]) -> [UInt8] {
        [0x60, 0, 0, 0, 0, UInt8(rest.count), next, 64] + [UInt8](repeating: 1, count: 32) + rest
    }

    private func upper(_ next: UInt8, _ rest: [UInt8]) -> [Int]? {
        let octets = packet(next, rest)
        return ExtensionHeaderChain.upper(of: octets.span.bytes).map { [Int($0.protocol.rawValue), $0.offset] }
    }

    /// RFC 8200 §4.3 to §4.6: each names the next one, and all but the fragment header tell their length in units of 8 octets
    /// behind the first.
    @Test("is found whatever they hold")
    func found() {
        let message: [UInt8] = [59, 0, 5, 0, 0, 0, 0, 0]
        #expect(upper(135, message) == [135, 40])
        #expect(upper(60, [135, 0, 0x9e, 4, 0, 0, 0, 0] + message) == [135, 48])
        // An option that goes beyond its header, a routing header of no known type.
        #expect(upper(60, [58, 1, 0xc9, 200] + [UInt8](repeating: 0, count: 12) + [144, 0, 0, 0]) == [58, 56])
        #expect(
            upper(0, [43, 0, 1, 4, 0, 0, 0, 0, 135, 2, 77, 9] + [UInt8](repeating: 7, count: 20) + message) == [
                135, 72,
            ])
        // The whole packet, and a first piece; its second octet tells no length.
        #expect(upper(44, [135, 9, 0, 0, 0, 0, 0, 1] + message) == [135, 48])
        #expect(upper(44, [135, 9, 0, 1, 0, 0, 0, 1] + message) == [135, 48])
        #expect(upper(51, message) == [51, 40])
    }

    @Test("is not known of a later piece, of what is cut, and of more headers than have any use")
    func unknown() {
        #expect(upper(44, [135, 0, 0, 8, 0, 0, 0, 1, 0, 0]) == nil)
        #expect(upper(44, [135, 0, 1, 0, 0, 0, 0, 1, 0, 0]) == nil)
        #expect(upper(60, [135, 1, 1, 4, 0, 0, 0, 0]) == nil)
        #expect(upper(60, [135, 0, 1]) == nil)
        let many = ExtensionHeaderChain.maximumHeaders + 1
        #expect(upper(60, Array(repeating: [60, 0, 1, 4, 0, 0, 0, 0], count: many).joined() + [0]) == nil)
        for length in 0..<40 {
            #expect(ExtensionHeaderChain.upper(of: Array(packet(135, [])[..<length]).span.bytes) == nil)
        }
    }
}
