import MobilityWire

extension RandomNumbers {
    /// Whether something befalls that does so with this share, from 0 to 1.
    mutating func chance(_ share: Double) -> Bool { share > 0 && Double.random(in: 0..<1, using: &self) < share }
}
