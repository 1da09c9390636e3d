/// The received power, in dBm: RSRP of LTE and 5G, RSSI of what went before.
public struct SignalStrength: Hashable, Sendable {
    public var dBm: Int

    public init(dBm: Int) { self.dBm = dBm }

    /// From the number that AT+CSQ and MBIM have, 0 to 31 in steps of 2 dB; 99 is unknown (3GPP TS 27.007 §8.5).
    init?(coded: Int) {
        guard (0...31).contains(coded) else { return nil }
        dBm = -113 + 2 * coded
    }
}
