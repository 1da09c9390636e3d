import Forwarding
import MobilityWire

/// The nftables rules of the kernel's tunnels: which inner addresses may come by which outer ones, what else may not
/// leave, and what is counted.
///
/// The outer packet gets its tunnel's number as a mark, which it bears until it has been taken out and its addresses
/// were looked at; so fragments are checked too, which the kernel joins in between. Tables are changed element by
/// element, each time as a whole or not at all.
struct TunnelFilter: Sendable {
    struct Tunnel: Hashable, Sendable {
        var pair: KernelTunnels.Pair
        var number: UInt32

        var mark: String { "0x\(String(TunnelFilter.mark | number, radix: 16))" }
        /// Counters bear names, from which a later run knows the tunnels.
        func counter(_ direction: Character) -> String {
            "\(direction)\(number)_\(Self.hex(pair.local))_\(Self.hex(pair.remote))"
        }

        init(_ pair: KernelTunnels.Pair, number: UInt32) {
            self.pair = pair
            self.number = number
        }

        /// That of a counter of what was received.
        init?(counter name: String) {
            let parts = name.split(separator: "_")
            guard parts.count == 3, parts[0].first == "r", let number = UInt32(parts[0].dropFirst()),
                number > 0, number <= PairNumbers.greatest, let local = Self.address(parts[1]),
                let remote = Self.address(parts[2])
            else { return nil }
            self.init(KernelTunnels.Pair(local: local, remote: remote), number: number)
        }

        private static func hex(_ address: IPv6Address) -> String {
            [address.high, address.low].map { half in
                let text = String(half, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }.joined()
        }

        private static func address(_ text: Substring) -> IPv6Address? {
            guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
                let low = UInt64(text.dropFirst(16), radix: 16)
            else { return nil }
            return IPv6Address(high: high, low: low)
        }
    }

    var interface: String
    var tunnels: Set<Tunnel> = []
    /// The elements of the other sets, by the name of each.
    var elements: [String: Set<String>] = [:]
    /// The rules that make segments fit.
    var clamp: [String] = []

    static let table = "shisa_tunnels"
    /// What is marked with a tunnel's number has these bits set, and the others of the upper eight not.
    static let mark: UInt32 = 0x2000_0000
    /// For the packet guard: what belongs to a tunnel goes to the kernel's.
    static let passingRule = "meta l4proto 41 meta mark & 0xff000000 == 0x20000000 accept"
    /// What is dropped, by the names of the counters.
    static let reasons: [DropReason] = [
        .noBinding, .nestedTooDeep, .notTunnelled, .outerPairNotRegistered, .innerAddressOutsideBinding,
        .innerSourceSpoofed,
    ]
    /// Says what the table is made like: one of another make is made anew.
    static let layout = "layout_1"

    init(_ tunnels: KernelTunnels, numbers: PairNumbers, clamp: SegmentClamp) {
        interface = tunnels.interface
        self.tunnels = Set(tunnels.pairs.map { Tunnel($0, number: numbers[$0]) })
        func accepted(_ some: Set<KernelTunnels.Accepted>) -> Set<String> {
            Set(some.map { "\(Tunnel($0.pair, number: numbers[$0.pair]).mark) . \($0.prefix)" })
        }
        elements = [
            "from_nodes": accepted(tunnels.fromNodes), "to_own": accepted(tunnels.toOwn),
            "node_addresses": Set(tunnels.nodeAddresses.map(\.description)),
            "own_addresses": Set(tunnels.ownAddresses.map(\.description)),
        ]
        guard let mtu = tunnels.leastMTU, clamp != .off else { return }
        let size = mtu - SegmentClamp.headers
        for (chain, direction) in [("leaving", "oifname"), ("arriving", "iifname")] {
            for end in clamp == .all ? [""] : [" ip6 saddr @translated", " ip6 daddr @translated"] {
                self.clamp.append(
                    "clamp_\(chain) \(direction) \"\(interface)\"\(end) tcp flags & syn == syn "
                        + "tcp option maxseg size > \(size) tcp option maxseg size set \(size)")
            }
        }
    }

    /// Nothing but what must be there.
    private init(interface: String) { self.interface = interface }

    /// What an earlier run left.
    ///
    /// - Parameters:
    ///   - counters: the names of the counters, which tell the tunnels.
    ///   - listing: nft's words for the table, which tell the elements.
    init?(interface: String, counters: some Sequence<String>, listing: String) {
        guard counters.contains(Self.layout) else { return nil }
        self.interface = interface
        tunnels = Set(counters.compactMap(Tunnel.init(counter:)))
        // Whatever they are.
        clamp = [""]
        let words = listing.split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "," }
        var (set, isElement, element): (String?, Bool, [Substring]) = (nil, false, [])
        for (place, word) in words.enumerated() {
            switch word {
            case "set", "map", "chain":
                set = place + 1 < words.count ? String(words[place + 1]) : nil
                isElement = false
            case "elements": isElement = set.map(Self.sets.contains) ?? false
            case "}": isElement = false
            case "=", "{": break
            default:
                guard isElement, let set else { break }
                element.append(word)
                // One that is joined goes on behind a dot.
                guard word != ".", place + 1 < words.count, words[place + 1] != "." else { break }
                // nft finds no element of one address again unless it is told the length, which it does not write.
                let text = element.joined(separator: " ")
                elements[set, default: []].insert(text.utf8.contains(UInt8(ascii: "/")) ? text : text + "/128")
                element = []
            }
        }
    }

    /// Those whose elements are texts.
    private static let sets: Set = ["from_nodes", "to_own", "node_addresses", "own_addresses"]

    /// Adds what is there besides.
    mutating func keep(_ former: TunnelFilter) {
        tunnels.formUnion(former.tunnels)
        elements.merge(former.elements) { $0.union($1) }
    }

    /// A script for `nft -f` that brings the table from `former` to this; nil where nothing is to be done.
    ///
    /// - Parameters:
    ///   - former: what is there; nil makes all anew, with counters at zero.
    ///   - keeps: leaves what is no longer wanted.
    func script(from former: TunnelFilter?, keeps: Bool = false) -> String? {
        var lines = former == nil ? [skeleton] : []
        let old = former ?? TunnelFilter(interface: interface)
        func element(_ verb: String, _ set: String, _ text: String) {
            lines.append("\(verb) element ip6 \(Self.table) \(set) { \(text) }")
        }
        func each(_ verb: String, _ tunnel: Tunnel) {
            let (local, remote) = (tunnel.pair.local, tunnel.pair.remote)
            let isNew = verb == "add"
            element(verb, "tunnels", "\(remote) . \(local)" + (isNew ? " : \(tunnel.mark)" : ""))
            element(verb, "sent", "\(local) . \(remote)" + (isNew ? " : \"\(tunnel.counter("s"))\"" : ""))
            element(verb, "received", tunnel.mark + (isNew ? " : \"\(tunnel.counter("r"))\"" : ""))
        }
        func counters(_ verb: String, _ tunnel: Tunnel) {
            for direction: Character in ["s", "r"] {
                lines.append("\(verb) counter ip6 \(Self.table) \(tunnel.counter(direction))")
            }
        }
        if !keeps {
            for tunnel in old.tunnels.subtracting(tunnels) {
                each("delete", tunnel)
                counters("delete", tunnel)
            }
            for (set, texts) in old.elements {
                for text in texts.subtracting(elements[set] ?? []) { element("delete", set, text) }
            }
        }
        for tunnel in tunnels.subtracting(old.tunnels) {
            counters("add", tunnel)
            each("add", tunnel)
        }
        for (set, texts) in elements {
            for text in texts.subtracting(old.elements[set] ?? []) { element("add", set, text) }
        }
        if clamp != old.clamp {
            for chain in ["clamp_leaving", "clamp_arriving"] { lines.append("flush chain ip6 \(Self.table) \(chain)") }
            lines += clamp.map { "add rule ip6 \(Self.table) \($0)" }
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n") + "\n"
    }

    /// The table without tunnels.
    private var skeleton: String {
        """
        table ip6 \(Self.table)
        delete table ip6 \(Self.table)
        table ip6 \(Self.table) {
            \(([Self.layout] + Self.reasons.map(\.rawValue)).map { "counter \($0) { }" }.joined(separator: "\n    "))
            map tunnels { type ipv6_addr . ipv6_addr : mark; }
            map sent { type ipv6_addr . ipv6_addr : counter; }
            map received { type mark : counter; }
            set from_nodes { type mark . ipv6_addr; flags interval; }
            set to_own { type mark . ipv6_addr; flags interval; }
            set node_addresses { type ipv6_addr; flags interval; }
            set own_addresses { type ipv6_addr; flags interval; }
            set translated { type ipv6_addr; flags interval; elements = { 64:ff9b::/96, 64:ff9b:1::/48, 2002::/16 }; }
            chain arriving {
                type filter hook prerouting priority -310; policy accept;
                iifname "\(interface)" jump inner
                meta l4proto 41 jump outer
            }
            chain outer {
                meta mark set ip6 saddr . ip6 daddr map @tunnels return
                fib daddr type local counter name \(DropReason.outerPairNotRegistered.rawValue) meta mark set 0
            }
            chain inner {
                meta mark & 0xff000000 != 0x20000000 drop
                \(foreign("saddr { ::/128, fe80::/10, ff00::/8 }"))
                \(foreign("daddr { fe80::/10, ff00::/8 }"))
                meta mark . ip6 saddr @from_nodes goto taken
                meta mark . ip6 daddr @to_own goto home
                \(drop(.innerAddressOutsideBinding))
            }
            chain home {
                ip6 saddr @own_addresses \(drop(.innerSourceSpoofed))
                goto taken
            }
            chain taken {
                counter name meta mark map @received
                meta mark set 0
            }
            chain leaving {
                type filter hook postrouting priority -310; policy accept;
                oifname "\(interface)" jump sent
            }
            chain sent {
                \(foreign("saddr { ::/128, fe80::/10, ff00::/8 }"))
                \(foreign("daddr { fe80::/10, ff00::/8 }"))
                ip6 saddr != @own_addresses ip6 daddr != @node_addresses \(drop(.noBinding))
                meta l4proto 41 @th,48,8 41 @th,368,8 41 @th,688,8 41 @th,1008,8 41 \(drop(.nestedTooDeep))
            }
            chain encapsulated {
                type filter hook output priority -310; policy accept;
                meta l4proto 41 counter name ip6 saddr . ip6 daddr map @sent
            }
            chain clamp_leaving { type filter hook postrouting priority -150; policy accept; }
            chain clamp_arriving { type filter hook prerouting priority -150; policy accept; }
        }

        """
    }

    private func drop(_ reason: DropReason) -> String { "counter name \(reason.rawValue) drop" }

    private func foreign(_ addresses: String) -> String { "ip6 \(addresses) \(drop(.notTunnelled))" }
}
