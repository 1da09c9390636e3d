import Forwarding
import Logging
import Platform

/// The `kernel` plane: the interface of the kernel's tunnels and the packet filter that checks them. The routes and
/// rules that lead packets there are the reconciler's, as all are.
///
/// What it made stays where a run ends without having taken it away, and packets go on; the next run takes it over.
final class KernelPlane {
    let interface: String
    private(set) var numbers = PairNumbers()
    private(set) var dropped: [DropReason: UInt64] = [:]
    /// Tunnels of an earlier run, as long as they may still be announced.
    private(set) var former: Set<KernelTunnels.Pair> = []
    private let kernel: KernelReconciler
    private let log: Logger
    private let counters: PacketCounters
    /// What the packet filter has, if it is known.
    private var filter: TunnelFilter?
    /// Whether anything of it is there.
    private var isOpen = false
    /// Whether what an earlier run left may still be announced.
    private(set) var awaits = false
    private var last: [String: (packets: UInt64, octets: UInt64)] = [:]

    /// - Parameter inherits: whether what an earlier run left is taken over.
    init(interface: String, inherits: Bool, kernel: KernelReconciler, log: Logger) throws(PlatformError) {
        self.interface = interface
        self.kernel = kernel
        self.log = log
        counters = try PacketCounters()
        if inherits { last = try counters.read(table: TunnelFilter.table) }
        guard last[TunnelFilter.layout] != nil, kernel.hasTunnels(interface) else {
            remove()
            return
        }
        let found = try Nftables.list(table: "ip6 \(TunnelFilter.table)").flatMap {
            TunnelFilter(interface: interface, counters: last.keys, listing: $0)
        }
        guard let found else {
            remove()
            return
        }
        numbers = PairNumbers(Dictionary(found.tunnels.map { ($0.pair, $0.number) }) { first, _ in first })
        former = Set(numbers.numbers.keys)
        (filter, awaits, isOpen) = (found, true, true)
        log.info("the kernel has forwarded on by \(former.count) tunnels")
    }

    /// What the kernel has to hold; throws why the engine has to forward.
    func plan(
        own: [TunnelLedger.OwnerRequest], nodes: [TunnelLedger.OwnerRequest],
        mtu: (TunnelLedger.TunnelRequest) -> Int?
    ) throws(KernelTunnels.Refusal) -> KernelTunnels {
        try KernelTunnels(
            interface: interface, own: own, nodes: nodes, mtu: mtu, former: former, numbers: &numbers)
    }

    /// Makes the tunnels, and lets pass what belongs to them; before packets are led there.
    func open(_ tunnels: KernelTunnels, clamp: SegmentClamp) throws(KernelTunnels.Refusal) {
        isOpen = true
        if let error = kernel.makeTunnels(interface) { throw .notAvailable("\(error)") }
        let wanted = TunnelFilter(tunnels, numbers: numbers, clamp: clamp)
        do throws(PlatformError) {
            try set(wanted)
        } catch {
            do throws(PlatformError) {
                // What is there may be another than we know, as where an administrator flushed all.
                log.warning("the packet filter is made anew: \(error)")
                try Nftables.apply(script: wanted.script(from: nil) ?? "")
                filter = wanted
                (former, awaits) = ([], false)
            } catch {
                throw .notAvailable("\(error)")
            }
        }
    }

    private func set(_ wanted: TunnelFilter) throws(PlatformError) {
        guard let script = wanted.script(from: filter, keeps: awaits) else { return }
        try Nftables.apply(script: script)
        let former = filter
        filter = wanted
        if awaits, let former { filter?.keep(former) }
    }

    /// What is not announced by now goes with the next plan.
    func endInheritance() { (former, awaits) = ([], false) }

    /// Takes everything away, if anything is there.
    func close() { if isOpen { remove() } }

    private func remove() {
        isOpen = false
        filter = nil
        (former, awaits) = ([], false)
        numbers = PairNumbers()
        last = [:]
        kernel.removeTunnels(interface)
        guard Nftables.isInstalled else { return }
        do throws(PlatformError) {
            try Nftables.deleteTable("ip6 \(TunnelFilter.table)")
        } catch {
            log.error("\(error)")
        }
    }

    /// Reads what the kernel counted since the last call.
    ///
    /// - Parameter count: is told of a tunnel what it has received and sent since.
    func readCounters(
        _ count: (KernelTunnels.Pair, _ received: TunnelCounters.Amount, _ sent: TunnelCounters.Amount) -> Void
    ) {
        guard let filter, let now = try? counters.read(table: TunnelFilter.table) else { return }
        func moved(_ name: String) -> TunnelCounters.Amount {
            guard let value = now[name] else { return (0, 0) }
            let old = last[name] ?? (0, 0)
            // One that began anew.
            guard value.packets >= old.packets, value.octets >= old.octets else { return value }
            return (value.packets - old.packets, value.octets - old.octets)
        }
        for tunnel in filter.tunnels {
            var sent = moved(tunnel.counter("s"))
            // The outer header's are not counted.
            let headers = sent.packets * UInt64(Tunnel.overhead)
            sent.octets -= min(sent.octets, headers)
            count(tunnel.pair, moved(tunnel.counter("r")), sent)
        }
        for reason in TunnelFilter.reasons { dropped[reason, default: 0] += moved(reason.rawValue).packets }
        last = now
    }
}
