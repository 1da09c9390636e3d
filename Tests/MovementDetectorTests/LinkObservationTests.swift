import MobilitySocket
import MobilityWire
import Platform
import Testing

@testable import MovementDetector

@Suite("What the kernel tells, in the detector's terms")
struct LinkObservationTests {
    @Test(
        "an address whose preferred lifetime is over is deprecated, whatever its flag says at the moment",
        arguments: [(0, true), (1, false), (nil, false)] as [(UInt32?, Bool)])
    func deprecated(lifetime: UInt32?, isDeprecated: Bool) {
        let address = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)
        let told = LinkObservation.Address(
            InterfaceAddress(address, prefixLength: 64, interface: 2, preferredLifetime: lifetime, validLifetime: 7200))
        #expect(told.candidate.flags == (isDeprecated ? .deprecated : []))
        #expect(told.candidate.preferredLifetime == lifetime ?? .max)
    }
}
