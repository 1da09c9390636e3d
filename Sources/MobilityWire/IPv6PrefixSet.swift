/// Addresses, as the fewest prefixes that hold them: a look-up costs the logarithm of their number.
public struct IPv6PrefixSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// In their order; none holds another.
    public let prefixes: [IPv6Prefix]

    public init(_ prefixes: some Sequence<IPv6Prefix> = []) { self.prefixes = IPv6Prefix.merged(prefixes) }

    public init(arrayLiteral prefixes: IPv6Prefix...) { self.init(prefixes) }

    public var isEmpty: Bool { prefixes.isEmpty }

    /// Whether every address of `prefix` is among them.
    public func contains(_ prefix: IPv6Prefix) -> Bool {
        // The last one that does not begin behind it is the only one that can hold it.
        var range = 0..<prefixes.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if prefixes[middle].address <= prefix.address {
                range = middle + 1..<range.upperBound
            } else {
                range = range.lowerBound..<middle
            }
        }
        return range.lowerBound > 0 && prefixes[range.lowerBound - 1].contains(prefix)
    }

    public func contains(_ address: IPv6Address) -> Bool { contains(IPv6Prefix(host: address)) }
}
