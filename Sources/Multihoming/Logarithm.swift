import MobilityWire

/// Powers and logarithms of two. The pure rooms have no mathematics library.
package enum Logarithm {
    /// 2 to the power of −`exponent`, for what is not negative.
    package static func halved(_ exponent: Double) -> Double {
        guard exponent < 1000 else { return 0 }
        let whole = exponent.rounded(.down)
        // e to the power of −x by its series; x is below 0.7, and twelve terms leave less than a Double shows.
        let x = (exponent - whole) * 0.693_147_180_559_945_3
        var (term, sum) = (1.0, 1.0)
        for place in 1...14 {
            term *= -x / Double(place)
            sum += term
        }
        return Double(sign: .plus, exponent: -Int(whole), significand: sum)
    }

    /// The logarithm to base 2 of what is greater than 0.
    package static func base2(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return -.infinity }
        // ln m = 2 artanh((m − 1) / (m + 1)) for 1 ≤ m < 2.
        let ratio = (value.significand - 1) / (value.significand + 1)
        var (power, sum) = (ratio, 0.0)
        for place in stride(from: 1, through: 35, by: 2) {
            sum += power / Double(place)
            power *= ratio * ratio
        }
        return Double(value.exponent) + 2 * sum / 0.693_147_180_559_945_3
    }
}
