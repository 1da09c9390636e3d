import MobilityWire
import Testing

@testable import TunnelManager

@Suite("Duplicate address detection for nodes that are away")
struct DuplicateDetectorTests {
    static let home = IPv6Address("2001:db8:1::100")!
    static let other = IPv6Address("2001:db8:1::200")!
    static let start = Instant(milliseconds: 1000)

    @Test("an address that nobody claims within a second is free")
    func free() {
        var detector = DuplicateDetector()
        #expect(detector.handle(.start(Self.home), at: Self.start) == [.join(Self.home), .solicit(Self.home)])
        #expect(detector.nextDeadline == Self.start + .seconds(1))
        #expect(detector.handle(.timer, at: Self.start + .milliseconds(999)) == [])
        #expect(
            detector.handle(.timer, at: Self.start + .seconds(1))
                == [.leave(Self.home), .result(Self.home, isDuplicate: false)])
        #expect(detector.nextDeadline == nil)
    }

    @Test("a Neighbor Advertisement, or somebody else's detection, shows a duplicate")
    func duplicate() {
        let claims: [(ICMPv6Message, IPv6Address)] = [
            (.neighborAdvertisement(NeighborAdvertisement(target: Self.home)), Self.home),
            (.neighborSolicitation(target: Self.home, options: []), .unspecified),
        ]
        for (message, source) in claims {
            var detector = DuplicateDetector()
            _ = detector.handle(.start(Self.home), at: Self.start)
            #expect(
                detector.handle(.heard(message, from: source), at: Self.start + .milliseconds(3))
                    == [.leave(Self.home), .result(Self.home, isDuplicate: true)])
            #expect(detector.handle(.timer, at: Self.start + .seconds(9)) == [])
        }
    }

    @Test("who asks for the address, and what others have, shows nothing")
    func irrelevant() {
        var detector = DuplicateDetector()
        _ = detector.handle(.start(Self.home), at: Self.start)
        for (message, source) in [
            (ICMPv6Message.neighborSolicitation(target: Self.home, options: []), Self.other),
            (.neighborAdvertisement(NeighborAdvertisement(target: Self.other)), Self.other),
            (.neighborSolicitation(target: Self.other, options: []), .unspecified),
        ] {
            #expect(detector.handle(.heard(message, from: source), at: Self.start) == [])
        }
    }

    @Test("one that is stopped answers nothing, one that runs does not start again, and there are not more than fit")
    func bounds() {
        var detector = DuplicateDetector()
        _ = detector.handle(.start(Self.home), at: Self.start)
        #expect(detector.handle(.start(Self.home), at: Self.start) == [])
        #expect(detector.handle(.stop(Self.home), at: Self.start) == [.leave(Self.home)])
        #expect(detector.handle(.timer, at: Self.start + .seconds(5)) == [])
        for number in 0..<DuplicateDetector.limit {
            _ = detector.handle(.start(IPv6Address(high: 1, low: UInt64(number))), at: Self.start)
        }
        #expect(!detector.hasRoom)
        #expect(detector.handle(.start(Self.home), at: Self.start) == [])
    }
}
