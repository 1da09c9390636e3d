import MobilityWire
import Testing

@Suite("Buckets of flows")
struct BucketSetTests {
    @Test("are bits, the first the lowest of the first octet")
    func octets() {
        var set = BucketSet()
        #expect(set.isEmpty && set.octets.isEmpty && !set.contains(0))
        for bucket in [0, 9, 255] { set.insert(bucket) }
        #expect(set.octets == [1, 2] + [UInt8](repeating: 0, count: 29) + [128])
        #expect((0..<BucketSet.count).filter(set.contains) == [0, 9, 255])
        #expect(BucketSet(octets: set.octets) == set)
    }

    @Test("are 32 octets and nothing else")
    func refused() {
        for count in [0, 1, 31, 33] { #expect(BucketSet(octets: [UInt8](repeating: 1, count: count)) == nil) }
        #expect(BucketSet(octets: [UInt8](repeating: 0, count: 32)) == BucketSet())
    }
}
