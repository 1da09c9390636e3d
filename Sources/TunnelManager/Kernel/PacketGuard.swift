import Forwarding
import MobilityWire

/// The nftables rules that keep the kernel from answering what the engine takes: Mobility Headers and tunnelled packets
/// to the addresses that mobility uses. Other users of those protocols are left alone.
///
/// Without them a kernel that knows neither would send an ICMPv6 Parameter Problem for each packet; packet sockets see
/// the packets before the rules do.
struct PacketGuard: Hashable, Sendable {
    /// Care-of addresses, and addresses of our home agent.
    var localAddresses: Set<IPv6Address> = []
    /// The far ends from which a mobile node is tunnelled to.
    var homeAgents: Set<IPv6Address> = []
    /// Addresses that serve as a home agent: whatever is tunnelled to them is for the engine.
    var servedAddresses: Set<IPv6Address> = []

    /// Anycast addresses that stand for our home agent.
    var anycastAddresses: Set<IPv6Address> = []

    /// Addresses of a mobile node, to which type 2 routing headers lead.
    var routingHeaderAddresses: Set<IPv6Address> = []
    /// Addresses at which Home Address options are understood.
    var optionAddresses: Set<IPv6Address> = []

    /// Whether packets come in through a bridge of this machine, as a home link may be one. Where bridges ask nftables,
    /// which is a matter of the kernel's settings, they do so before the packet is the machine's own, and what is dropped
    /// then reaches nobody; behind the routes it costs a little more to say the same.
    var isBehindBridge = false

    /// Whether the kernel's tunnels take what is tunnelled to us and belongs to one.
    var passesTunnels = false

    static let table = "shisa"

    /// A script for `nft -f`, which replaces the table in one step. Every packet of the machine meets these rules, so
    /// what is most frequent and cheapest to tell comes first.
    var script: String {
        """
        table ip6 \(Self.table)
        delete table ip6 \(Self.table)
        table ip6 \(Self.table) {
            set local_addresses { type ipv6_addr; \(Self.elements(localAddresses.union(servedAddresses))) }
            set mobility_addresses { type ipv6_addr; \(Self.elements(mobilityAddresses)) }
            set home_agents { type ipv6_addr; \(Self.elements(homeAgents)) }
            set served_addresses { type ipv6_addr; \(Self.elements(servedAddresses)) }
            set routing_header_addresses { type ipv6_addr; \(Self.elements(routingHeaderAddresses)) }
            set option_addresses { type ipv6_addr; \(Self.elements(optionAddresses)) }
            set mobility_icmpv6 { type ipv6_addr; \(Self.elements(mobilityICMPv6)) }
            chain \(hook) {
                type filter hook \(hook) priority raw; policy accept;
                \(passesTunnels ? TunnelFilter.passingRule : "")
                meta l4proto \(IPProtocol.ipv6.rawValue) ip6 daddr @served_addresses drop
                meta l4proto \(IPProtocol.ipv6.rawValue) ip6 saddr @home_agents ip6 daddr @local_addresses drop
                meta l4proto \(IPProtocol.mobilityHeader.rawValue) ip6 daddr @mobility_addresses drop
                meta l4proto \(IPProtocol.icmpv6.rawValue) icmpv6 type 144-147 ip6 daddr @mobility_icmpv6 drop
                \(directRules.joined(separator: "\n                "))
            }
            \(answerChains)
        }

        """
    }

    /// What has the headers of route optimisation at its usual place: the kernel's copy goes, the engine's comes back without
    /// them. An authentication header behind covers the option; it is left to kernels that can check that.
    private var directRules: [String] {
        let option = "0xc910"
        let routing =
            routingHeaderAddresses.isEmpty
            ? [] : ["ip6 nexthdr { 0, 43, 60 } rt type 2 ip6 daddr @routing_header_addresses drop"]
        let options =
            optionAddresses.isEmpty
            ? []
            : [
                "ip6 nexthdr 60 @nh,368,16 \(option) @nh,320,8 != 51 ip6 daddr @option_addresses drop",
                "ip6 nexthdr 0 @nh,320,16 0x3c00 @nh,432,16 \(option) @nh,384,8 != 51 ip6 daddr @option_addresses drop",
            ]
        return routing + options
    }

    /// Elsewhere no rule tells a Home Address option from other octets before the kernel has met it. What it answers tells where
    /// it is; that answer goes, for the engine has taken the packet. It has not where an authentication header follows, which
    /// six octets before tell unless there are other options between. Where the rules above have taken the kernel's copy, it
    /// has nothing to answer but what is left to it.
    private var answerChains: String {
        guard !optionAddresses.isEmpty else { return "" }
        let rules = HomeAddressPlaces.all.dropFirst().map { place in
            // What is at 54 behind eight octets of hop-by-hop options is at its usual place.
            let usual = place == 54 ? " @th,112,8 != 0" : ""
            let isUncovered = "@th,\((8 + place - 6) * 8),8 != 51"
            return "@th,32,32 \(place)\(usual) @th,\((8 + place) * 8),16 0xc910 \(isUncovered) drop"
        }
        return """
            chain unknown_option {
                    \(rules.joined(separator: "\n                "))
                }
                chain output {
                    type filter hook output priority raw; policy accept;
                    ip6 nexthdr 58 icmpv6 type parameter-problem icmpv6 code 2 ip6 saddr @option_addresses jump unknown_option
                }
            """
    }

    private var hook: String { isBehindBridge ? "input" : "prerouting" }

    /// Where Mobility Headers are ours, a correspondent's addresses among them.
    var mobilityAddresses: Set<IPv6Address> { localAddresses.union(servedAddresses).union(optionAddresses) }

    /// Where home agent and prefix discovery are ours; the kernel would complain about their Home Address options.
    var mobilityICMPv6: Set<IPv6Address> { localAddresses.union(servedAddresses).union(anycastAddresses) }

    /// A script for `nft -f` that takes the table away, whether or not it is there.
    static let removal = """
        table ip6 \(table)
        delete table ip6 \(table)

        """

    private static func elements(_ addresses: Set<IPv6Address>) -> String {
        guard !addresses.isEmpty else { return "" }
        return "elements = { " + addresses.sorted().map(\.description).joined(separator: ", ") + " };"
    }
}
