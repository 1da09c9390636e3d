/// Some of the 256 buckets that flows fall into where several ways share them.
public struct BucketSet: Hashable, Sendable {
    /// Shares come out right to within a few percent with so many.
    public static let count = 256

    /// Bucket 0 is the lowest bit of the first octet; 32 of them, or none where the set is empty.
    public private(set) var octets: [UInt8] = []

    public init() {}

    /// - Returns: nil unless these are 32 octets.
    public init?(octets: [UInt8]) {
        guard octets.count == Self.count / 8 else { return nil }
        if octets.contains(where: { $0 != 0 }) { self.octets = octets }
    }

    public var isEmpty: Bool { octets.isEmpty }

    /// - Parameter bucket: 0 to 255.
    public func contains(_ bucket: Int) -> Bool {
        !octets.isEmpty && octets[bucket / 8] & 1 << UInt8(bucket % 8) != 0
    }

    /// - Parameter bucket: 0 to 255.
    public mutating func insert(_ bucket: Int) {
        if octets.isEmpty { octets = [UInt8](repeating: 0, count: Self.count / 8) }
        octets[bucket / 8] |= 1 << UInt8(bucket % 8)
    }
}
