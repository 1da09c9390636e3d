import Examples
import Foundation
import MobilityWire

@testable import Forwarding

/// Two ends of ways past the home agent, and their tables.
enum DirectSample {
    static let home = Sample.homeAddress
    static let careOf = Sample.careOf
    static let peer = Sample.peer
    static let otherHome = Sample.otherHome
    static let otherCareOf = Sample.otherCareOf
    static let stranger = Sample.stranger

    /// Name, frame and expected packets of `Golden/direct.txt`, which scapy wrote.
    struct Row: Sendable, CustomStringConvertible {
        var ends: String
        var name: String
        var frame: [UInt8]
        var packets: [[UInt8]]
        var description: String { "\(ends) \(name)" }
    }

    static let golden: [Row] = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Golden/direct.txt")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ")
            return Row(
                ends: String(words[0]), name: String(words[1]), frame: hex(words[2]),
                packets: words.dropFirst(3).map { hex($0) })
        }
    }()

    static func row(_ ends: String, _ name: String) -> Row? { golden.first { $0.ends == ends && $0.name == name } }

    static func route(
        local: IPv6Address, remote: IPv6Address, localCareOf: IPv6Address? = nil, remoteCareOf: IPv6Address? = nil,
        mtu: Int = 1452
    ) -> DirectRoute {
        DirectRoute(
            local: local, remote: remote, localCareOf: localCareOf, remoteCareOf: remoteCareOf, egress: 3, mtu: mtu,
            counters: TunnelCounters())
    }

    /// A mobile node with the route to a peer, or to another mobile node; its tunnel is there for everything else.
    static func mobile(
        to peer: IPv6Address = peer, at peerCareOf: IPv6Address? = nil, mtu: Int = 1452
    ) -> ForwardingTable {
        ForwardingTable(
            own: [
                .init(homeAddress: home, prefixes: [], active: Sample.tunnel(local: careOf, remote: Sample.homeAgent))
            ], nodes: [],
            direct: DirectRouteTable(
                routes: [
                    route(local: home, remote: peer, localCareOf: careOf, remoteCareOf: peerCareOf, mtu: mtu)
                ], registered: [(careOf, home)], routingHeaderAddresses: [careOf, home],
                optionAddresses: peerCareOf == nil ? [] : [home], hinted: [home],
                passingEgress: peerCareOf == nil ? -1 : 9, seed: 7))
    }

    /// A correspondent with the node's binding; it may be a home agent as well.
    static func correspondent(nodes: [ForwardingTable.Owner] = []) -> ForwardingTable {
        ForwardingTable(
            own: [], nodes: nodes,
            direct: DirectRouteTable(
                routes: [route(local: peer, remote: home, remoteCareOf: careOf)], optionAddresses: [peer],
                passingEgress: 9, seed: 7))
    }

    /// The other mobile node, which is bound with the first and has bound it.
    static func otherMobile() -> ForwardingTable {
        ForwardingTable(
            own: [
                .init(
                    homeAddress: otherHome, prefixes: [],
                    active: Sample.tunnel(local: otherCareOf, remote: Sample.homeAgent))
            ], nodes: [],
            direct: DirectRouteTable(
                routes: [route(local: otherHome, remote: home, localCareOf: otherCareOf, remoteCareOf: careOf)],
                registered: [(otherCareOf, otherHome)], routingHeaderAddresses: [otherCareOf, otherHome],
                optionAddresses: [otherHome], passingEgress: 9, seed: 7))
    }

    /// Who sends what the rows have.
    static func sender(_ ends: String) -> ForwardingTable {
        switch ends {
        case "mobile": mobile()
        case "correspondent": correspondent()
        default: mobile(to: otherHome, at: otherCareOf)
        }
    }

    /// Who gets it.
    static func receiver(_ ends: String) -> ForwardingTable {
        switch ends {
        case "mobile": correspondent()
        case "correspondent": mobile()
        default: otherMobile()
        }
    }
}

/// What becomes of a packet that came in.
enum Arrival: Equatable {
    case delivered([UInt8])
    case notOurs
    case dropped(DropReason)
}

func receive(
    _ packet: [UInt8], virtio: VirtioNetHeader = VirtioNetHeader(), by table: ForwardingTable
) -> (arrival: Arrival, virtio: VirtioNetHeader) {
    var packet = packet
    return packet.withUnsafeMutableBytes { buffer in
        do throws(DropReason) {
            guard let accepted = try DirectReceiver().receive(buffer, virtio: virtio, by: table) else {
                return (.notOurs, virtio)
            }
            return (.delivered(Array(accepted.packet)), accepted.virtio)
        } catch {
            return (.dropped(error), virtio)
        }
    }
}
