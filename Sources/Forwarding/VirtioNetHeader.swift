/// The header that a TUN device or a packet socket puts before a packet, so that segmentation and checksums can be left
/// to whoever is better at them. The corresponding kernel structure is `struct virtio_net_hdr`, in the machine's byte
/// order.
///
///      0       1         2         4          6            8             10
///     +-------+---------+---------+----------+------------+-------------+
///     | flags | GSO type| hdr len | GSO size | csum start | csum offset |
///     +-------+---------+---------+----------+------------+-------------+
public struct VirtioNetHeader: Hashable, Sendable {
    public var flags: UInt8 = 0
    public var segmentation: UInt8 = 0
    public var headerLength: UInt16 = 0
    public var segmentSize: UInt16 = 0
    public var checksumStart: UInt16 = 0
    public var checksumOffset: UInt16 = 0

    public static let size = 10
    /// VIRTIO_NET_HDR_F_NEEDS_CSUM
    public static let needsChecksum: UInt8 = 1
    /// VIRTIO_NET_HDR_GSO_NONE
    public static let none: UInt8 = 0
    /// VIRTIO_NET_HDR_GSO_TCPV6
    public static let tcp6: UInt8 = 4
    /// VIRTIO_NET_HDR_GSO_UDP_L4 (since Linux 6.2)
    public static let udp: UInt8 = 5
    /// VIRTIO_NET_HDR_GSO_ECN, a flag beside the type.
    public static let ecn: UInt8 = 0x80

    public init() {}

    /// Reads the header; `bytes` holds at least `size` octets.
    public init(_ bytes: UnsafeRawBufferPointer) {
        flags = bytes[0]
        segmentation = bytes[1]
        headerLength = bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
        segmentSize = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
        checksumStart = bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
        checksumOffset = bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    }

    /// Writes the header; `bytes` holds at least `size` octets.
    func store(to bytes: UnsafeMutableRawBufferPointer) {
        bytes[0] = flags
        bytes[1] = segmentation
        bytes.storeBytes(of: headerLength, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: segmentSize, toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(of: checksumStart, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: checksumOffset, toByteOffset: 8, as: UInt16.self)
    }
}
