import MobilitySocket
import Platform

/// What the uplinks have carried: told when it changed, and never more often than somebody looks.
struct UsageMeter {
    private var told: [UInt32: UplinkUsage] = [:]

    /// Takes the counters of all interfaces.
    ///
    /// - Parameter uplinks: the indices of those that matter.
    /// - Returns: what changed since the last time.
    mutating func take(_ counters: [UInt32: LinkTraffic], uplinks: [UInt32]) -> [UplinkUsage] {
        let current = uplinks.compactMap { index in
            counters[index].map {
                UplinkUsage(interfaceIndex: index, octetsIn: $0.octetsIn, octetsOut: $0.octetsOut)
            }
        }
        let changed = current.filter { told[$0.interfaceIndex] != $0 }
        told = Dictionary(current.map { ($0.interfaceIndex, $0) }) { _, last in last }
        return changed
    }

    /// Tells everything again the next time, for somebody who knows nothing.
    mutating func forget() { told = [:] }
}
