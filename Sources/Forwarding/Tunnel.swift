public import MobilityWire
import Synchronization

/// One way through the Internet between two addresses that carry packets inside packets (RFC 2473).
public struct Tunnel: Sendable {
    /// The outer source of what we send.
    public var local: IPv6Address
    /// The outer destination of what we send.
    public var remote: IPv6Address
    /// Which sender takes what goes out: an index into the senders of the worker.
    public var egress: Int32
    /// The largest inner packet that fits, in octets: the path's MTU less the outer header.
    public var mtu: Int
    public var counters: TunnelCounters

    public init(local: IPv6Address, remote: IPv6Address, egress: Int32, mtu: Int, counters: TunnelCounters) {
        self.local = local
        self.remote = remote
        self.egress = egress
        self.mtu = mtu
        self.counters = counters
    }

    /// The outer IPv6 header of RFC 8200 §3, in octets.
    public static let overhead = 40
}

/// What a tunnel carried. Written by the workers, read by anybody.
public final class TunnelCounters: Sendable {
    private let inbound = Pair()
    private let outbound = Pair()

    public init() {}

    /// Packets and octets (of the inner packets) that came in.
    public var received: (packets: UInt64, octets: UInt64) { inbound.value }
    /// Packets and octets (of the inner packets) that went out.
    public var sent: (packets: UInt64, octets: UInt64) { outbound.value }

    public typealias Amount = (packets: UInt64, octets: UInt64)

    /// Adds what the kernel carried in the engine's place.
    public func count(received: Amount, sent: Amount) {
        inbound.add(octets: Int(clamping: received.octets), packets: Int(clamping: received.packets))
        outbound.add(octets: Int(clamping: sent.octets), packets: Int(clamping: sent.packets))
    }

    func countReceived(octets: Int) { inbound.add(octets: octets) }
    func countSent(octets: Int, packets: Int = 1) { outbound.add(octets: octets, packets: packets) }

    private final class Pair: Sendable {
        private let packets = Atomic<UInt64>(0)
        private let octets = Atomic<UInt64>(0)

        var value: (packets: UInt64, octets: UInt64) {
            (packets.load(ordering: .relaxed), octets.load(ordering: .relaxed))
        }

        func add(octets count: Int, packets number: Int = 1) {
            packets.wrappingAdd(UInt64(truncatingIfNeeded: number), ordering: .relaxed)
            octets.wrappingAdd(UInt64(truncatingIfNeeded: count), ordering: .relaxed)
        }
    }
}
