import MobilityWire
import Testing

@Suite("Numbers of octets")
struct OctetTextTests {
    @Test(
        "are written in the largest unit, below ten with tenths, and never as more than they are",
        arguments: [
            (0, "0 octets"), (999, "999 octets"), (1000, "1 kB"), (1500, "1.5 kB"), (1999, "1.9 kB"), (9999, "9.9 kB"),
            (10_900, "10 kB"), (999_999, "999 kB"), (1_000_000, "1 MB"), (20_000_000_000, "20 GB"),
            (1_000_000_000_000_000, "1000 TB"),
        ] as [(UInt64, String)])
    func text(octets: UInt64, text: String) {
        #expect(OctetText.text(octets) == text)
    }
}
