import Examples
import Forwarding
import MobilityWire

extension FuzzTarget {
    /// ICMPv6 errors about packets of ours, which anybody may send: they become errors for those who sent what was in them,
    /// or change the path MTU of a tunnel.
    ///
    /// The first octet's lower two bits say which node it is; the message follows, from its type on.
    static let tunnelErrors = FuzzTarget("tunnel-errors", limit: 2048) { input in
        guard let number = input.first else { return }
        let stage = Stage.numbered(number)
        let message = Array(input.dropFirst())
        let now = Instant(milliseconds: 0)
        let invoking = Array(message.dropFirst(8))

        var relay = TunnelErrorRelay()
        if case .send(let packet) = relay.relay(invoking, by: stage.table, at: now) {
            packet.withUnsafeBytes {
                hold($0.count <= ICMPv6Message.minimumMTU, "an error of \($0.count) octets (RFC 4443 §2.4 (c))")
                hold($0.number(at: 4) + 40 == $0.count, "its length is wrong")
            }
            hold(stage.table.node(ofInvoking: invoking) != nil || !stage.own.isEmpty, "an error about nobody's packet")
        }

        var table = PathMTUTable()
        let mtu = message.count >= 8 ? message[4..<8].reduce(0) { $0 << 8 | UInt32($1) } : 0
        _ = table.learn(mtu: mtu, invoking: invoking, by: stage.table, at: now)
        hold(table.count <= 1, "one error, \(table.count) ways")
        for way in stage.tunnels {
            if let known = table.mtu(local: way.local, remote: way.remote) {
                hold(known >= PathMTUTable.leastLink, "a path MTU of \(known)")
            }
        }
        _ = table.expire(at: now + PathMTUTable.lifetime)
        hold(table.count == 0, "a way is remembered for ever")

        var errors = DirectErrors()
        let outcome = errors.restore(
            message, from: Example.peer, by: stage.table, ownAddresses: [Example.homeAddress, Example.careOf], at: now)
        if case .deliver(let packet, _) = outcome {
            hold(packet.count <= message.count + 40, "longer than what came")
            packet.withUnsafeBytes { hold($0.number(at: 4) + 40 == $0.count, "its length is wrong") }
        }
    }
}
