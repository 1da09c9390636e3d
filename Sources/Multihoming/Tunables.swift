public import MobilityWire

/// Values that this implementation chose.
public enum PathTunables {
    /// How long a better uplink has to be usable without a break before traffic goes back to it: a link that comes and
    /// goes every second must not take the traffic along.
    public static let holdDown = Instant.Span.seconds(2)
}
