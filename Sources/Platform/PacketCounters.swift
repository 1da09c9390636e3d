import CLinux
import Glibc

/// Reads the named counters of an nftables table of IPv6.
public final class PacketCounters {
    private let socket: NetlinkSocket

    public init() throws(PlatformError) { socket = try NetlinkSocket(bus: NETLINK_NETFILTER, tables: "packet filter") }

    /// Packets and octets by the names of the counters; none where there is no such table.
    public func read(table: String) throws(PlatformError) -> [String: (packets: UInt64, octets: UInt64)] {
        do throws(PlatformError) {
            let found = try socket.dump(
                Self.subsystem | Self.get, "NFT_MSG_GETOBJ", "cannot read the counters of \(table)",
                build: {
                    // struct nfgenmsg: the family, and a version and a resource that are zero.
                    $0.fixed(UInt32(UInt8(AF_INET6)).littleEndian)
                    $0.put(Self.table, text: table)
                }, parse: { type, contents in type == Self.subsystem | Self.new ? Self.entry(contents) : nil })
            return Dictionary(found) { _, last in last }
        } catch {
            if error.errno == ENOENT { return [:] }
            throw error
        }
    }

    static func entry(_ contents: UnsafeRawBufferPointer) -> (String, (packets: UInt64, octets: UInt64))? {
        let attributes = NetlinkAttributes(contents, from: 4)
        guard let name = attributes.string(2), let counts = attributes.nested(4),
            let octets: UInt64 = counts.load(1), let packets: UInt64 = counts.load(2)
        else { return nil }
        return (name, (UInt64(bigEndian: packets), UInt64(bigEndian: octets)))
    }

    // Of linux/netfilter: NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWOBJ, NFT_MSG_GETOBJ and NFTA_OBJ_TABLE.
    private static let subsystem = 10 << 8
    private static let new = 18
    private static let get = 19
    private static let table = 1
}
