import Testing

@testable import Platform

/// By radio_messages.py.
private enum RadioOctets {
    static let family =
        "010200000c0002006e6c383032313100060001001c000000080003000100000008000400000000000800"
        + "05004a010000800007801800018008000200050000000b000100636f6e66696700001800028008000200"
        + "06000000090001007363616e000000001c00038008000200070000000f000100726567756c61746f7279"
        + "0000180004800800020008000000090001006d6c6d65000000001800058008000200090000000b000100"
        + "76656e646f720000"
    static let station =
        "13010000080003000700000008002e00040000000a000600020000000100000038001580080001000c00"
        + "00000800020070110100080003002823000005000700b900000005000d00bc0000000c001100e2000000"
        + "a2000000"
    static let stationWithoutAverage =
        "13010000080003000700000008002e00040000000a00060002000000010000001800158005000700a600"
        + "00000c001100e2000000a2000000"
    static let stationWithoutSignal =
        "13010000080003000700000008002e00040000000a00060002000000010000000c001580080001000c00"
        + "0000"
    static let directStation =
        "13010000080003000700000008002e00040000000a00060002000000010000001800158005000d00e200"
        + "00000c001100e2000000e2000000"
    static let accessPoint =
        "2201000008002e0009000000080003000700000030002f800a0001000200000001000000080002006c09"
        + "000008000900010000000f00060000066465706f74ff03010100"
    static let accessPointBehindRates =
        "2201000008002e0009000000080003000700000030002f800a0001000200000001000000080002006c09"
        + "00000f0006000102828400056465706f74000800090001000000"
    static let accessPointOfOthers =
        "2201000008002e0009000000080003000700000024002f800a0001000200000001000000080002006c09"
        + "00000b00060000056465706f7400"
    static let accessPointToBe =
        "2201000008002e000900000008000300070000002c002f800a0001000200000001000000080002006c09"
        + "000008000900000000000b00060000056465706f7400"
    static let accessPointThatHides =
        "2201000008002e0009000000080003000700000028002f800a0001000200000001000000080002006c09"
        + "000008000900010000000600060000000000"
    static let accessPointThatHidesLength =
        "2201000008002e000900000008000300070000002c002f800a0001000200000001000000080002006c09"
        + "000008000900010000000b0006000005000000000000"
    static let accessPointCutShort =
        "2201000008002e000900000008000300070000002c002f800a0001000200000001000000080002006c09"
        + "000008000900010000000a00060000056465706f0000"
    static let accessPointTooLong =
        "2201000008002e0009000000080003000700000048002f800a0001000200000001000000080002006c09"
        + "000008000900010000002700060000217878787878787878787878787878787878787878787878787878"
        + "7878787878787800"
    static let roam = "2f010000080001000000000008000300070000000a0006000200000001000000"
    static let connect = "2e010000080001000000000008000300070000000a00060002000000010000000600480000000000"
    static let disconnect = "30010000080001000000000008000300070000000600360003000000"
}

/// Messages against octets that radio_messages.py builds without any of our code.
@Suite("What radios tell")
struct RadioMessageTests {

    private static func read<Value>(_ hexadecimal: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let digits = Array(hexadecimal.utf8)
        let octets = stride(from: 0, to: digits.count - 1, by: 2).map { place in
            UInt8(String(decoding: digits[place...place + 1], as: UTF8.self), radix: 16) ?? 0
        }
        return octets.withUnsafeBytes(body)
    }

    @Test("the kernel names nl80211, and the group that hears of associations")
    func family() {
        let family = Self.read(RadioOctets.family) { RadioMessage.Family(contents: $0) }
        #expect(family?.identifier == 0x1c)
        #expect(family?.associations == 8)
    }

    @Test(
        "the signal is the average of the access point, or the last where there is no average",
        arguments: [
            (RadioOctets.station, Int32(-68) as Int32?), (RadioOctets.stationWithoutAverage, -90 as Int32?),
            (RadioOctets.stationWithoutSignal, nil as Int32?), (RadioOctets.directStation, nil as Int32?),
            (RadioOctets.roam, nil as Int32?),
        ])
    func signal(row: (message: String, expected: Int32?)) {
        #expect(Self.read(row.message) { RadioMessage.signal(contents: $0) } == row.expected)
    }

    @Test("the network is that of the access point of the connection, with what octets it has; a hidden one is none")
    func networkName() {
        func name(_ message: String) -> [UInt8]? { Self.read(message) { RadioMessage.networkName(contents: $0) } }
        #expect(name(RadioOctets.accessPoint) == Array("depot".utf8) + [0xff])
        #expect(name(RadioOctets.accessPointBehindRates) == Array("depot".utf8))
        for other in [
            RadioOctets.accessPointOfOthers, RadioOctets.accessPointToBe, RadioOctets.accessPointThatHides,
            RadioOctets.accessPointThatHidesLength, RadioOctets.accessPointCutShort, RadioOctets.accessPointTooLong,
            RadioOctets.station,
        ] {
            #expect(name(other) == nil)
        }
    }

    @Test("another access point is heard of, the end of a connection is not one")
    func associations() {
        #expect(Self.read(RadioOctets.roam) { RadioMessage.associated(contents: $0) } == 7)
        #expect(Self.read(RadioOctets.connect) { RadioMessage.associated(contents: $0) } == 7)
        #expect(Self.read(RadioOctets.disconnect) { RadioMessage.associated(contents: $0) } == nil)
        #expect(Self.read(RadioOctets.station) { RadioMessage.associated(contents: $0) } == nil)
    }

    @Test("requests begin with the head that generic netlink has")
    func head() {
        withUnsafeBytes(of: RadioMessage.head(17, version: 1)) { #expect(Array($0) == [17, 1, 0, 0]) }
    }

    @Test(
        "messages cut at every length are read without harm",
        arguments: [
            RadioOctets.family, RadioOctets.station, RadioOctets.directStation, RadioOctets.roam,
            RadioOctets.accessPoint,
        ])
    func cut(message: String) {
        Self.read(message) { octets in
            for length in 0...octets.count {
                let part = UnsafeRawBufferPointer(rebasing: octets[..<length])
                _ = RadioMessage.Family(contents: part)
                _ = RadioMessage.signal(contents: part)
                _ = RadioMessage.networkName(contents: part)
                _ = RadioMessage.associated(contents: part)
            }
        }
    }
}
