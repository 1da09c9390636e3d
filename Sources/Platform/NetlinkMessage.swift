import CLinux
import CMnl
import Glibc
import MobilityWire

/// A netlink request under construction, in memory that its socket owns.
///
/// Our requests are short: a header, a few numbers and addresses, and interface names of at most 15 octets, far below the
/// 4 KiB that there are.
struct NetlinkMessage {
    static let room = 4096
    let header: UnsafeMutablePointer<nlmsghdr>

    init(_ memory: UnsafeMutableRawPointer, type: Int, flags: Int32, sequence: UInt32) {
        header = mnl_nlmsg_put_header(memory)
        header.pointee.nlmsg_type = UInt16(truncatingIfNeeded: type)
        header.pointee.nlmsg_flags = UInt16(truncatingIfNeeded: flags)
        header.pointee.nlmsg_seq = sequence
    }

    /// The fixed structure between the header and the attributes.
    func fixed<Value: BitwiseCopyable>(_ value: Value) {
        mnl_nlmsg_put_extra_header(header, MemoryLayout<Value>.size)?.storeBytes(of: value, as: Value.self)
    }

    func put(_ type: Int, _ value: UInt8) { mnl_attr_put_u8(header, UInt16(type), value) }
    func put(_ type: Int, _ value: UInt32) { mnl_attr_put_u32(header, UInt16(type), value) }

    func put(_ type: Int, _ address: IPv6Address) {
        var octets = (address.high.bigEndian, address.low.bigEndian)
        mnl_attr_put(header, UInt16(type), 16, &octets)
    }

    func put(_ type: Int, interface name: String) {
        precondition(name.utf8.count < 16, "the name of an interface is checked before")
        mnl_attr_put_strz(header, UInt16(type), name)
    }

    func put(_ type: Int, name: StaticString) { mnl_attr_put_strz(header, UInt16(type), "\(name)") }

    func put(_ type: Int, text: String) {
        precondition(text.utf8.count < 64, "names of tables are short")
        mnl_attr_put_strz(header, UInt16(type), text)
    }

    /// An attribute whose presence says all.
    func put(_ type: Int) { mnl_attr_put(header, UInt16(type), 0, nil) }

    func put<Value: BitwiseCopyable>(_ type: Int, structure: Value) {
        var value = structure
        mnl_attr_put(header, UInt16(type), MemoryLayout<Value>.size, &value)
    }

    func nest(_ type: Int, _ body: () -> Void) {
        let start = mnl_attr_nest_start(header, UInt16(type))
        body()
        mnl_attr_nest_end(header, start)
    }
}
