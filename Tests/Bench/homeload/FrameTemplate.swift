import MobilitySocket
import MobilityWire

/// A frame of the mobility socket that is alike for all nodes but for some fields, so that one is made by copying it and
/// writing these: what stands in for nemonetd has to cost less than the home agent that it measures.
struct FrameTemplate {
    let octets: [UInt8]

    init(octets: [UInt8]) { self.octets = octets }

    init(_ content: MobilitySocketMessage) {
        guard let octets = try? MobilitySocketFrame.notification(content).encoded() else { fail("a frame is too long") }
        self.octets = octets
    }

    /// The netlink type of the message.
    var type: UInt16 { UInt16(octets[4]) | UInt16(octets[5]) << 8 }

    /// Where the only occurrence of these octets begins.
    func offset(of field: [UInt8]) -> Int {
        let places = (0...(octets.count - field.count)).filter { octets[$0..<$0 + field.count].elementsEqual(field) }
        guard places.count == 1, let place = places.first else { fail("a field is there \(places.count) times") }
        return place
    }

    func offset(of address: IPv6Address) -> Int { offset(of: address.octets) }
}

extension UnsafeMutableRawPointer {
    func write(_ address: IPv6Address, at offset: Int) {
        storeBytes(of: address.high.bigEndian, toByteOffset: offset, as: UInt64.self)
        storeBytes(of: address.low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
    }

    func write<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
}

extension UnsafeRawPointer {
    func address(at offset: Int) -> IPv6Address {
        IPv6Address(
            high: UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            low: UInt64(bigEndian: loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
    }
}
