/// Why the engine did not forward a packet. Each reason is a counter of nemonetd.
public enum DropReason: String, Error, CaseIterable, Sendable {
    // Going out.
    /// No registration or binding has the packet's address.
    case noBinding = "no_binding"
    /// There is a binding, but nothing that may carry packets now.
    case noActiveTunnel = "no_active_tunnel"
    /// Multicast and link-local traffic stays on its link.
    case notTunnelled = "multicast_or_link_local_not_tunnelled"
    /// The packet does not fit; its source is told by a Packet Too Big (RFC 2473 §7.1).
    case packetTooBig = "packet_too_big"
    /// The packet is one of our own tunnel's: it would go round for ever.
    case recursion = "tunnel_in_itself"
    /// The packet is inside more tunnels than anybody needs: it goes round, as between two routers each behind the other.
    case nestedTooDeep = "nested_too_deep"
    /// Its source is told: the packet may enter no further tunnel (RFC 2473 §4.1.1).
    case encapsulationLimit = "encapsulation_limit"
    /// None of the uplinks that its flow may take is up (`otherwise = "drop"`).
    case flowWithoutUplink = "flow_without_uplink"
    /// The same, and too much waits already (`otherwise = "wait"`).
    case flowQueueFull = "flow_queue_full"
    /// It waited until it was of no use any more.
    case flowWaitedTooLong = "flow_waited_too_long"
    /// An offload of the TUN device that the engine does not know.
    case offloadUnknown = "offload_unknown"
    /// The kernel refused to send the outer packet.
    case sendFailed = "send_failed"

    // Coming in.
    /// Too short, or a length that does not fit what arrived.
    case truncated = "truncated"
    /// The outer packet is damaged or does not carry IPv6.
    case notIPv6 = "inner_not_ipv6"
    /// A fragment of a tunnelled packet that overlaps others or cannot be part of one (RFC 8200 §4.5, RFC 5722).
    case fragmentInvalid = "fragment_invalid"
    /// A tunnelled packet of which fragments came and others did not.
    case fragmentMissing = "fragment_missing"
    /// The inner packet's length does not fit the outer one's.
    case innerLengthWrong = "inner_length_wrong"
    /// No registration or binding has this pair of outer addresses.
    case outerPairNotRegistered = "outer_pair_not_registered"
    /// The outer addresses are known, the inner ones do not belong to them.
    case innerAddressOutsideBinding = "inner_address_outside_binding"
    /// An inner source of our own prefix came from outside.
    case innerSourceSpoofed = "inner_source_spoofed"
    /// None of the uplinks that its flow may take is up, and it came by another one (`otherwise = "drop"`).
    case flowNotTaken = "flow_not_taken"
    /// The outer path marked congestion and the inner transport cannot be told (RFC 6040 §4.2).
    case congestionNotDeliverable = "congestion_not_deliverable"
    /// A type 2 routing header that is none: length, segments left or address (RFC 6275 §11.3.3).
    case routingHeaderInvalid = "routing_header_invalid"
    /// The address in a type 2 routing header is no home address of ours that is registered where the packet came to.
    case routingHeaderForeign = "routing_header_foreign"
    /// A Home Address option of another length than 16, or without a unicast address, or from none (RFC 6275 §9.3.1).
    case homeAddressOptionInvalid = "home_address_option_invalid"
    /// More than one Home Address option (RFC 6275 §6.3).
    case homeAddressOptionRepeated = "home_address_option_repeated"
    /// A Home Address option before the routing header (RFC 6275 §6.3).
    case homeAddressOptionMisplaced = "home_address_option_misplaced"
    /// No binding of the home address has the packet's source as its care-of address (RFC 6275 §9.3.1).
    case homeAddressNotBound = "home_address_not_bound"
    /// Packets came faster than they were taken in, and the kernel had no more room.
    case receiveOverrun = "receive_overrun"
    /// The TUN device did not take the packet.
    case deliveryFailed = "delivery_failed"
}
