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
            MobilitySocketFrame.request(
                .hello(Hello(role: .monitor, processIdentifier: 4711, name: "shisahooks")), sequence: 1),
            "3c000000100005000100000000000000050001000100000005000200060000000800030067120000040004800f000500"
                + "7368697361686f6f6b730000"
        ),
        (
            MobilitySocketFrame.notification(
                .status(
                    ManagerStatus(
                        version: "1", plane: "engine", device: "shisa0", uptimeMilliseconds: 1500,
                        clients: [
                            .init(role: .mobileRouter, processIdentifier: 12),
                            .init(role: .monitor, processIdentifier: 13, name: "shisahooks"),
                        ]))),
            "7800000063000000000000000000000006000100310000000b000200656e67696e6500000b0003007368697361300000"
                + "0c000400dc050000000000003c000580140001800500010001000000080002000c000000240001800500010006000000"
                + "080002000d0000000f0003007368697361686f6f6b730000"
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
            MobilitySocketFrame.request(.programState(Samples.programState), sequence: 9),
            "cc000000640005000900000000000000080001006861640084000280540001802c0001801400010020010db800010000"
                + "000000000000000114000100ffffffffffffffffffffffffffffffff06000200ffff0000050003000000000005000400"
                + "010000000c00050000000000000000002c00018004000180060002000000000005000300010000000500040000000000"
                + "0c000500ffffffffffffffff300003802c0001801200010062696e64696e675f636163686500000008000200ffffffff"
                + "0c000300dc05000000000000"
        ),
        (
            MobilitySocketFrame.request(.programState(Samples.choice), sequence: 14),
            "d4010000640005000e00000000000000080001006d7264000400028004000380b401048048000180440001800f000100"
                + "65766572797468696e67000011000200676f657320627920657468300000000010000380090001006574683000000000"
                + "0c000400ffffffffffffffff5c010280c800018008000100030000000900020065746830000000000500030001000000"
                + "05000400030000000c000500401f0000000000000500060001000000050007000000000008000800ffffffff08000900"
                + "dc05000006000a00e803000054000b80280001800e0001006e6f5f616e73776572000000070002006e6f00000c000300"
                + "401f000000000000280001800e000100686f6c645f646f776e00000005000200000000000c0004000100000000000000"
                + "0c000c00ffffffffffffffff0c000d0000c817a8040000004800018008000100040000000a000200776c616e30000000"
                + "050003000000000005000400000000000c00050000000000000000000500060000000000050007000100000004000b80"
                + "4800018008000100050000000a0002007777616e30000000050003000000000005000400040000000c00050000000000"
                + "000000000500060000000000050007000000000004000b80090003006574683000000000"
        ),
        (
            MobilitySocketFrame.request(.uplinkUse(name: "wlan0"), sequence: 15),
            "1c000000850005000f000000000000000a000300776c616e30000000"
        ),
        (
            MobilitySocketFrame.request(.uplinkUse(name: nil), sequence: 16),
            "10000000850005001000000000000000"
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
        (
            MobilitySocketFrame.request(.bindingAdd(Samples.correspondentBinding), sequence: 8),
            "880000002000050008000000000000001400010020010db80001000000000000000001001400020020010db800a10000"
                + "00000000000000071400040020010db800010000000000000000000108000500a40100000c0006009f68060000000000"
                + "060007000300000004000880050009000000000005000a000000000004000b8005000f0001000000"
        ),
        (
            MobilitySocketFrame.request(
                .bindingDelete(homeAddress: Samples.home, bindingIdentifier: nil, correspondent: Samples.agent),
                sequence: 9),
            "380000002100050009000000000000001400010020010db80001000000000000000001001400040020010db800010000"
                + "0000000000000001"
        ),
        (
            MobilitySocketFrame.notification(
                .bindingUsed(homeAddress: Samples.home, correspondent: Samples.agent)),
            "380000002500000000000000000000001400010020010db80001000000000000000001001400040020010db800010000"
                + "0000000000000001"
        ),
        (
            MobilitySocketFrame.request(.routeAdd(Samples.route), sequence: 10),
            "94000000380005000a000000000000001400010020010db800010000000000000000010014000200ffffffffffffffff"
                + "ffffffffffffffff1400030020010db800a1000000000000000000070800040003000000090005006574683000000000"
                + "08000600a40100000c000700801a0600000000000500080002000000050009000100000006000a00ffff000005000b00"
                + "00000000"
        ),
        (
            MobilitySocketFrame.request(
                .routeDelete(homeAddress: Samples.home, peer: Samples.highest), sequence: 11),
            "38000000390005000b000000000000001400010020010db800010000000000000000010014000200ffffffffffffffff"
                + "ffffffffffffffff"
        ),
        (
            MobilitySocketFrame.notification(.routeHint(homeAddress: Samples.home, peer: Samples.highest)),
            "380000003c00000000000000000000001400010020010db800010000000000000000010014000200ffffffffffffffff"
                + "ffffffffffffffff"
        ),
        (
            MobilitySocketFrame.request(.restingPeer(Samples.restingPeer), sequence: 12),
            "400000003d0005000c000000000000001400010020010db800a10000000000000000000705000200800000000c000300"
                + "78e60000000000000500040000000000"
        ),
        (
            MobilitySocketFrame.notification(.parameterProblem(peer: Samples.careOf)),
            "240000003f00000000000000000000001400020020010db800a100000000000000000007"
        ),
        (
            MobilitySocketFrame.request(.routeExclude(prefix: Samples.prefix, excluded: true), sequence: 13),
            "34000000830005000d000000000000001400010020010db8001000000000000000000000050002003c00000005000500"
                + "01000000"
        ),
        (
            MobilitySocketFrame.request(.uplinkReport(Samples.report), sequence: 14),
            "20010000400005000e0000000000000008000100020000000a0002007777616e300000000d00030063656c6c756c6172"
                + "00000000050004000500000074000580380001801400010020010db800a1000000000000000000070500020040000000"
                + "0500030012000000080004000100000008000500ffffffff3800018014000100ffffffffffffffffffffffffffffffff"
                + "050002008000000005000300000000000800040000000000080005000000000014000600fe8000000000000000000000"
                + "0000000108000700dc050000080008001e000000050009000300000008000b008fffffff09000c006465706f74000000"
                + "30000d800e000100636f6e6e65637465640000000500020000000000090003004e65747a00000000080004006c746500"
        ),
        (
            MobilitySocketFrame.request(
                .routerProbe(interfaceIndex: 2, router: Samples.report.defaultRouter), sequence: 15),
            "2c000000430005000f00000000000000080001000200000014000600fe800000000000000000000000000001"
        ),
        (
            MobilitySocketFrame.notification(.uplinkUsage(Samples.usage)),
            "3000000045000000000000000000000008000100020000000c000200ffffffffffffffff0c000300351cdcdf02000000"
        ),
        (
            MobilitySocketFrame.notification(
                .mobilityReceived(
                    {
                        var datagram = MobilityDatagram(
                            source: Samples.highest, destination: Samples.home, interfaceIndex: 9,
                            message: [59, 0, 3, 0])
                        datagram.throughTunnel = true
                        return datagram
                    }())),
            "5800000051000000000000000000000014000100ffffffffffffffffffffffffffffffff1400020020010db800010000"
                + "000000000000010008000500090000000500060040000000080007003b0003000500080001000000"
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
