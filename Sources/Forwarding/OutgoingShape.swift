import MobilityWire

/// What is put around a packet, or into it, on its way out.
protocol OutgoingShape {
    /// Octets that the packet grows by, all before its transport header.
    var overhead: Int { get }
    /// How many octets of the packet must be copied into the header block at least.
    var leadingLength: Int { get }
    /// The largest packet that fits in one piece, before it grows.
    var mtu: Int { get }
    var egress: Int32 { get }

    /// Counts a packet that goes out, by its length before it grew.
    func countSent(octets: Int)

    /// Writes the headers to `block`.
    ///
    /// - Parameters:
    ///   - headers: the beginning of the packet, `leadingLength` octets at least, which goes into the block too.
    ///   - length: of the whole packet before it grows.
    func store(
        _ headers: UnsafeRawBufferPointer, of inner: borrowing InnerPacket, length: Int,
        to block: UnsafeMutableRawBufferPointer)
}

extension OutgoingShape {
    /// The largest packet that is taken: in one piece, or as long as every sender may send it (RFC 2473 §7.1). Where the
    /// headers of route optimisation go into a packet, `mtu` is never the lesser one: see `DirectRoute.isTooNarrow`.
    @inline(__always) var greatestPacket: Int { max(mtu, PathMTUTable.leastLink) }
}

/// A packet inside another (RFC 2473).
struct TunnelShape: OutgoingShape {
    let local: IPv6Address
    let remote: IPv6Address
    /// The largest packet that fits without further headers.
    let tunnelMTU: Int
    let egress: Int32
    /// Goes into a Tunnel Encapsulation Limit option (RFC 2473 §4.1.1); nil without one.
    var limit: UInt8?
    /// Good for as long as somebody holds the tunnel.
    private let counters: Unmanaged<TunnelCounters>

    @inline(__always)
    init(_ tunnel: borrowing Tunnel) {
        local = tunnel.local
        remote = tunnel.remote
        tunnelMTU = tunnel.mtu
        egress = tunnel.egress
        counters = .passUnretained(tunnel.counters)
    }

    @inline(__always) var overhead: Int { OuterHeader.length + furtherLength }
    @inline(__always) var mtu: Int { tunnelMTU - furtherLength }
    /// Octets of what stands behind the outer header.
    @inline(__always) private var furtherLength: Int { limit == nil ? 0 : OuterHeader.limitLength }

    @inline(__always)
    func countSent(octets: Int) { counters._withUnsafeGuaranteedRef { $0.countSent(octets: octets) } }

    @inline(__always) var leadingLength: Int { 0 }

    @inline(__always)
    func store(
        _ headers: UnsafeRawBufferPointer, of inner: borrowing InnerPacket, length: Int,
        to block: UnsafeMutableRawBufferPointer
    ) {
        OuterHeader.store(to: block, inner: inner, local: local, remote: remote)
        if let limit { OuterHeader.store(limit: limit, to: block) }
        OuterHeader.storePayloadLength(length + overhead - OuterHeader.length, to: block)
        guard !headers.isEmpty else { return }
        let copy = block.slice(overhead, headers.count)
        copy.copyMemory(from: headers)
        copy.store(UInt16(truncatingIfNeeded: length - InnerPacket.headerLength), at: 4)
    }
}

/// A packet with the headers of route optimisation in it (RFC 6275 §9.3.2, §11.3.1); or as it is, where there are none.
struct DirectShape: OutgoingShape {
    let localCareOf: IPv6Address?
    let remoteCareOf: IPv6Address?
    let place: DirectPlace
    let overhead: Int
    let mtu: Int
    let egress: Int32
    private let counters: TunnelCounters?

    init(_ route: borrowing DirectRoute, at place: DirectPlace) {
        localCareOf = route.localCareOf
        remoteCareOf = route.remoteCareOf
        self.place = place
        overhead = route.overhead
        mtu = route.mtu
        egress = route.egress
        counters = route.counters
    }

    /// Lets the packet go as it is.
    init(passingThrough egress: Int32) {
        localCareOf = nil
        remoteCareOf = nil
        place = DirectPlace(offset: InnerPacket.headerLength, naming: 6)
        overhead = 0
        mtu = .max
        self.egress = egress
        counters = nil
    }

    var leadingLength: Int { place.offset }

    func countSent(octets: Int) { counters?.countSent(octets: octets) }

    func store(
        _ headers: UnsafeRawBufferPointer, of inner: borrowing InnerPacket, length: Int,
        to block: UnsafeMutableRawBufferPointer
    ) {
        block.copyMemory(from: headers.slice(0, place.offset))
        block.store(UInt16(truncatingIfNeeded: length - InnerPacket.headerLength + overhead), at: 4)
        let next = headers[place.naming]
        var naming = place.naming
        var offset = place.offset
        if let remoteCareOf {
            block.store(remoteCareOf, at: 24)
            block[naming] = IPProtocol.routing.rawValue
            naming = offset
            block[offset + 1] = UInt8(TypeTwoRoutingHeader.length / 8 - 1)
            block[offset + 2] = TypeTwoRoutingHeader.routingType
            block[offset + 3] = 1
            block.store(0 as UInt32, at: offset + 4)
            block.store(inner.destination, at: offset + 8)
            offset += DirectRoute.headerLength
        }
        if let localCareOf {
            block.store(localCareOf, at: 8)
            block[naming] = IPProtocol.destinationOptions.rawValue
            naming = offset
            block[offset + 1] = UInt8(HomeAddressOption.headerLength / 8 - 1)
            // PadN of four octets brings the option to 8n + 6 (RFC 6275 §6.3).
            block.store(0x0102_0000 as UInt32, at: offset + 2)
            block[offset + 6] = HomeAddressOption.type
            block[offset + 7] = 16
            block.store(inner.source, at: offset + 8)
            offset += DirectRoute.headerLength
        }
        block[naming] = next
        let rest = headers.count - place.offset
        if rest > 0 { block.slice(offset, rest).copyMemory(from: headers.slice(place.offset, rest)) }
    }
}
