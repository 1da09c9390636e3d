import HomeAgentOperation
import Multihoming

extension FuzzTarget {
    /// Files that programs read back after a restart, which a medium may have damaged: a home agent's bindings, with a right
    /// sum and with the one that is there, and accounts of traffic.
    static let stateFiles = FuzzTarget("state-files", limit: 4096) { input in
        let octets = Array(input)
        _ = try? BindingSnapshot(decoding: octets)
        if octets.count > 4 {
            var whole = octets
            var sum = CyclicSum()
            for octet in octets.dropLast(4) { sum.add(octet) }
            for place in 0..<4 {
                whole[octets.count - 4 + place] = UInt8(truncatingIfNeeded: sum.value >> (24 - 8 * place))
            }
            if let snapshot = try? BindingSnapshot(decoding: whole) {
                // At least 10 octets in the file for each.
                hold(snapshot.bindings.count * 10 <= octets.count, "\(snapshot.bindings.count) bindings")
            }
        }
        readAccounts(octets)
        readAccounts(octets + Array("sum \(sumText(of: octets))\n".utf8))
    }

    private static func readAccounts(_ octets: [UInt8]) {
        guard let accounts = try? TrafficAccountFile.decode(octets) else { return }
        hold(
            (try? TrafficAccountFile.decode(TrafficAccountFile.encode(accounts))) == accounts, "written they are others"
        )
    }

    /// FNV-1a of 64 bits, the sum of accounts.
    private static func sumText(of octets: [UInt8]) -> String {
        let sum = octets.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// CRC-32 of IEEE 802.3, bit by bit: the sum of snapshots.
private struct CyclicSum {
    private var register: UInt32 = 0xffff_ffff
    var value: UInt32 { ~register }

    mutating func add(_ octet: UInt8) {
        register ^= UInt32(octet)
        for _ in 0..<8 { register = register & 1 == 0 ? register >> 1 : register >> 1 ^ 0xedb8_8320 }
    }
}
