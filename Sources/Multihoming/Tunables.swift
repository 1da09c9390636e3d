public import MobilityWire

/// Values that this implementation chose, with the reason for each. What the configuration file may change is in
/// `HealthSettings` and `PathSettings`; their defaults stand here.
public enum PathTunables {
    // Changing uplinks

    /// How long a better uplink has to be usable without a break before traffic goes back to it: a link that comes and
    /// goes every second must not take the traffic along.
    public static let holdDown = Instant.Span.seconds(2)
    /// How long a loss of carrier may last, until probes are answered again, that does not count as a break: a second for a
    /// radio to go to another access point, and one for five probes.
    public static let briefInterruption = Instant.Span.seconds(2)
    /// How much better a measured path has to be before traffic moves to it, in percent of the path in use and in
    /// milliseconds; the larger of the two counts. Below 50 ms a fifth is what the air does by itself.
    public static let improvementPercent = 20
    public static let improvementMilliseconds = 10.0
    /// What one percent of loss is worth in milliseconds when paths are compared: a lost packet costs an application
    /// about a second, a hundredth of it each.
    public static let lossPenalty = 10.0

    // Flap damping (RFC 2439 §4.2, whose figures are for routes of the whole Internet and so are fifty times longer)

    /// What one failure adds; the unit of the others.
    public static let flapPenalty = 1000.0
    /// What a period of bad quality adds: the link did not go, it was only bad.
    public static let degradationPenalty = 500.0
    /// The penalty halves in this time. Vehicles pass a bad spot in a minute.
    public static let flapHalfLife = Instant.Span.seconds(60)
    /// Above this an uplink is not trusted: any three failures within half a minute.
    public static let suppressThreshold = 2400.0
    /// Below this it is trusted again: three quarters of one failure, so that a single new one does not suppress it.
    public static let reuseThreshold = 750.0
    /// The penalty grows no further: eight times the reuse threshold, so that three half-lives of peace are always
    /// enough.
    public static let penaltyCeiling = 6000.0

    // Probes

    /// The timeout of a probe is the smoothed round trip times this.
    public static let timeoutFactor = 3.0
    /// A radio that slept answers its first packet 100 to 200 ms late; below this every nap would look like a loss.
    public static let leastTimeout = Instant.Span.milliseconds(200)
    /// The timeout before the first answer; the settings may have a smaller one.
    public static let firstTimeout = Instant.Span.seconds(1)
    /// A probe that is open for this many round trips, and this many times the jitter, calls for the next one; it does not
    /// count yet.
    public static let overdueFactor = 1.5
    public static let overdueJitter = 4.0
    /// An answer that comes after its timeout still shows that the path lives, and how slow it is; after this long it is
    /// forgotten.
    public static let latestAnswer = Instant.Span.seconds(10)
    /// Probes without answer that are remembered for one target: those of `latestAnswer` at the fast interval.
    public static let outstandingProbes = 50
    /// For this long a path that does not answer is probed at the fast interval, then at the normal one: a home agent
    /// must not be flooded by those who cannot hear it.
    public static let fastProbing = Instant.Span.seconds(30)
    /// Probes over which loss is counted: 20 s of them, or 4 s while something is wrong.
    public static let lossWindow = 20
    /// Loss is not judged by fewer probes than this: one in ten is the least loss that a threshold can ask for.
    public static let leastJudged = 10
    /// Octets of a probe and its answer together: two times the headers of IPv6 (40) and ICMPv6 echo (8) and 8 octets
    /// of identification.
    public static let probeOctets: UInt64 = 112
    /// Octets a day that probes of a metered uplink may cost where the file says nothing: 30 MB a month, one probe
    /// every ten seconds.
    public static let meteredDailyOctets: UInt64 = 1_000_000
    /// Probes kept back for when something is wrong: two failures found and two returns seen.
    public static let distressProbes: UInt64 = 40
    /// Those of them that only a failure may use, not a link that comes back: four failures.
    public static let failureProbes: UInt64 = 12
    /// Failures in a row that are the end where traffic is not answered and no further probe can be afforded: its silence, and
    /// one probe.
    public static let unaffordableDown = 2
    /// The share of the allowance that regular probes always have.
    public static let regularShare = 0.75
    /// The same as `fastProbing` where octets cost something: 15 probes, so that the reserve outlasts an outage.
    public static let meteredFastProbing = Instant.Span.seconds(3)
    /// Probes of a metered uplink that answered traffic may replace in a row. Never all: two streams that know nothing
    /// of each other look like question and answer, and one of them may be dead.
    public static let replacedProbes = 2
    /// A metered uplink that has not shown yet that it leads anywhere, and cannot be asked for this long, is believed.
    public static let longestUnasked = Instant.Span.seconds(5)
    /// A probe that left so soon after an answer to something else, and is not answered, says that probes are not.
    public static let confirmationCounts = Instant.Span.seconds(5)
    /// How long a target that answers other things and no probe is left out: twice as long each time, from a misfortune up
    /// to what a firewall wants.
    public static let firstMuteness = Instant.Span.seconds(10)
    public static let longestMuteness = Instant.Span.seconds(300)
    /// Targets of one uplink: each costs as much as the first.
    public static let targets = 8

    // What the traffic tells

    /// How often nemonetd tells the counters of a tunnel while they move.
    public static let samplePeriod = Instant.Span.milliseconds(100)
    /// Packets out without one in before that is suspicious: one may be lost, and two may be a goodbye.
    public static let suspiciousPackets: UInt64 = 3
    /// Traffic after a pause of this length is new: as long as regular probes of a metered uplink are apart, so that it costs
    /// no more than they do.
    public static let trafficPause = Instant.Span.seconds(10)
    /// The silence that is suspicious, at least, and in round trips.
    public static let leastSilence = Instant.Span.milliseconds(100)
    public static let silenceFactor = 1.5

    // The signal

    /// The share of a new report in the smoothed signal: one dip of the antenna does not count, two do.
    public static let signalGain = 0.5
    /// From a signal that is weak to one that is good again, in decibels: six are twice the distance.
    public static let signalStep = 6
    /// A dip of the antenna is over after this: what has stood for longer is the signal.
    public static let signalDip = Instant.Span.seconds(2)

    // Accounts

    /// Octets that may be lost from the account when the power goes.
    public static let unsavedOctets: UInt64 = 1_000_000
    /// The account is written down no more often than this, for the sake of the flash.
    public static let leastSaveInterval = Instant.Span.seconds(60)
    /// Percent of the monthly limit at which people are warned, and at which the uplink is used only when no other
    /// works.
    public static let warnPercent: UInt64 = 80
    public static let demotePercent: UInt64 = 100

    // Flows

    /// Selectors that rules may compile to: as many flow bindings fit into one Binding Update.
    public static let selectors = 16
}
