import MobilitySocket
import Testing

/// Frames against octets that golden_frames.py builds without any of our code. Little-endian machines only, as all are
/// that Shisa runs on.
@Suite("Golden frames")
struct GoldenFrameTests {
    private static let frames: [(MobilitySocketFrame, String)] = [
        (
            MobilitySocketFrame.request(
                .hello(Hello(role: .homeAgent, processIdentifier: 4711, addresses: [Samples.agent])),
                sequence: 1),
            "400000001000050001000000000000000500010001000000050002000300000008000300671200001800048014000100"
                + "20010db8000100000000000000000001"
        ),
        (
            MobilitySocketFrame.request(.dump(.registrations), sequence: 2),
            "180000001200010302000000000000000500010002000000"
        ),
        (
            MobilitySocketFrame.request(.bindingAdd(Samples.binding), sequence: 7),
            "ac0000002000050007000000000000001400010020010db80001000000000000000001001400020020010db800a10000"
                + "000000000000000706000300090000001400040020010db800010000000000000000000108000500580200000c000600"
                + "a0d908000000000006000700ffff000024000880200001801400010020010db800100000000000000000000005000200"
                + "3c00000005000900020000000b000a006275732d3137000004000b80"
        ),
        (
            MobilitySocketFrame(
                sequence: 7, flags: [.capped, .acknowledgementAttributes],
                content: .refusal(MobilitySocketError(.notPermitted, "no"))),
            "2c000000020000030700000000000000ffffffff10000000000001000700000000000000070001006e6f0000"
        ),
        (
            MobilitySocketFrame(sequence: 7, flags: .capped, content: .acknowledgement),
            "240000000200000107000000000000000000000010000000000001000700000000000000"
        ),
        (
            MobilitySocketFrame(sequence: 2, flags: .multipart, content: .done),
            "1400000003000200020000000000000000000000"
        ),
        (
            MobilitySocketFrame(content: .overrun),
            "10000000040000000000000000000000"
        ),
    ]

    @Test("frames are the octets of netlink", arguments: frames.indices)
    func golden(index: Int) throws {
        let (frame, expected) = Self.frames[index]
        let octets = try frame.encoded()
        #expect(octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
        #expect(try MobilitySocketFrame.decode(octets) == [frame])
    }
}
