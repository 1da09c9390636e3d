import MobilityWire
import Testing

@Suite("An ICMPv6 error about a packet")
struct ICMPv6ReportTests {
    let here = address("2001:db8:1::1")

    func packet(
        from source: String = "2001:db8::5", to destination: String = "2001:db8:1::1", _ next: IPProtocol = .udp,
        payload: [UInt8]
    ) -> [UInt8] {
        IPv6Header(
            payloadLength: UInt16(payload.count), nextHeader: next, source: address(source),
            destination: address(destination)
        ).emit() + payload
    }

    @Test("takes as much of it as fits into 1280 octets")
    func size() throws {
        let invoking = packet(payload: [UInt8](repeating: 7, count: 1460))
        let message = ICMPv6Message.packetTooBig(mtu: 1400, invoking: invoking)
        let made = message.report(about: invoking.span.bytes, from: here)
        let report = try #require(made)
        #expect(report.count == 1280)
        let parsed = try MobilityPacket(parsing: report.span.bytes)
        #expect(parsed.destination == address("2001:db8::5"))
        guard case .packetTooBig(1400, let carried) = try ICMPv6Message.parse(parsed.message.span.bytes) else {
            Issue.record("not a Packet Too Big")
            return
        }
        #expect(carried == [UInt8](invoking.prefix(1232)))
        // What is carried is cut, and can be read all the same.
        let header = try IPv6Header(parsing: carried.span.bytes)
        #expect(throws: ParseError(.payloadLength, octet: 4)) {
            try ExtensionHeaderChain(of: carried.span.bytes, header: header)
        }
        let chain = try ExtensionHeaderChain(of: carried.span.bytes, header: header, isCut: true)
        #expect(chain.upperProtocol == .udp)
        #expect(chain.end == 1232)
    }

    @Test("is not sent about errors, redirects, multicasts, or to nobody (RFC 4443 §2.4)")
    func forbidden() {
        func may(_ octets: [UInt8], type: UInt8 = 1, code: UInt8 = 0) -> Bool {
            ICMPv6Message.mayReport(type: type, code: code, about: octets.span.bytes)
        }
        #expect(may(packet(payload: [1, 2, 3, 4])))
        #expect(may(packet(.icmpv6, payload: [128, 0, 0, 0])))
        #expect(!may(packet(.icmpv6, payload: [1, 0, 0, 0])))
        #expect(!may(packet(.icmpv6, payload: [137, 0, 0, 0])))
        #expect(!may(packet(.destinationOptions, payload: [58, 0, 0x88, 4, 0, 0, 0, 0, 3, 0, 0, 0])))
        #expect(!may(packet(from: "::", payload: [])))
        #expect(!may(packet(from: "ff02::5", payload: [])))
        #expect(!may(packet(to: "ff02::5", payload: [])))
        #expect(may(packet(to: "ff02::5", payload: []), type: 2))
        #expect(may(packet(to: "ff02::5", payload: []), type: 4, code: 2))
        #expect(!may(packet(to: "ff02::5", payload: []), type: 4, code: 0))
        #expect(!may([1, 2, 3]))
    }

    @Test("points at the octet that a fault names")
    func pointer() throws {
        var octets = Golden.packet("bu_plain")
        octets[46] = 0xc8
        let error = ParseError(.unrecognizedOption(type: 0xc8), octet: 46)
        let made = error.report(about: octets.span.bytes, from: here)
        let report = try #require(made)
        let parsed = try MobilityPacket(parsing: report.span.bytes)
        let message = try ICMPv6Message.parse(parsed.message.span.bytes)
        #expect(message == .parameterProblem(code: 2, pointer: 46, invoking: octets))
        #expect(parsed.destination == GoldenMessages.careOf)
        let silent = ParseError(.checksum, octet: 68).report(about: octets.span.bytes, from: here)
        #expect(silent == nil)
    }
}
