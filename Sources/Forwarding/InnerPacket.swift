import MobilityWire

/// The inner IPv6 header of a packet on its way through the engine, its lengths checked once.
struct InnerPacket {
    let bytes: UnsafeRawBufferPointer
    let source: IPv6Address
    let destination: IPv6Address

    static let headerLength = 40

    /// Checks the version and that the packet is whole; `bytes` may be longer than the packet says.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) throws(DropReason) {
        guard bytes.count >= Self.headerLength else { throw .truncated }
        guard bytes[0] >> 4 == 6 else { throw .notIPv6 }
        let length = Self.headerLength + Int(bytes.uint16(at: 4))
        guard length <= bytes.count else { throw .innerLengthWrong }
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        source = bytes.address(at: 8)
        destination = bytes.address(at: 24)
    }

    var nextHeader: UInt8 { bytes[6] }
    var trafficClass: UInt8 { UInt8(truncatingIfNeeded: bytes.uint16(at: 0) >> 4) }
    var flowLabel: UInt32 { bytes.uint32(at: 0) & 0xf_ffff }
}
