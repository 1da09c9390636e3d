import MobilityWire

/// Which targets answer probes at all. A home agent whose firewall takes Binding Updates and no echo requests would make
/// every uplink look dead; so one that answers other things and no probe over any uplink is left out for a while, and then
/// asked again.
///
///     Binding Acknowledgement ✓   probes ╳ ╳ ╳   left out ─ 10 s ─ ? ╳ ╳ ╳ ── 20 s ── ? ╳ ╳ ╳ ──── … 5 minutes
///
/// One that has answered probes before has to do so twice without answering a probe in between: once may be the last that came
/// over a way that died.
struct TargetVoices: Hashable, Sendable {
    private var voices: [IPv6Address: Voice] = [:]

    private struct Voice: Hashable {
        var isHeard = false
        /// How often it has answered something else, and none of the probes that followed at once, since the last one that it
        /// did answer.
        var refusals = 0
        /// When it had answered before the last of them.
        var refusedAfter: Instant?
        var muteUntil: Instant?
        var isTold = false
        /// How long it is left out next time.
        var rest = PathTunables.firstMuteness
    }

    /// Of others nothing is kept.
    mutating func keep(_ targets: [IPv6Address]) { voices = voices.filter { targets.contains($0.key) } }

    /// It has answered a probe.
    ///
    /// - Returns: whether it had been left out.
    mutating func hear(_ target: IPv6Address) -> Bool {
        defer { voices[target] = Voice(isHeard: true) }
        return voices[target]?.muteUntil != nil
    }

    /// It is lost over one uplink.
    ///
    /// - Parameter confirmedAt: When it had answered something else by it, if it has answered none of the probes that followed
    ///   at once.
    /// - Returns: whether it has shown to be mute, and whether for the first time.
    mutating func lose(
        _ target: IPv6Address, confirmedAt: Instant?, at now: Instant
    ) -> (isMute: Bool, isNews: Bool) {
        var voice = voices[target] ?? Voice()
        if let confirmedAt, voice.refusedAfter.map({ confirmedAt >= $0 + PathTunables.latestAnswer }) ?? true {
            voice.refusals += 1
            voice.refusedAfter = confirmedAt
            voices[target] = voice
        }
        guard voice.muteUntil == nil, voice.refusals >= (voice.isHeard ? 2 : 1) else { return (false, false) }
        voice.muteUntil = now + voice.rest
        voice.rest = min(voice.rest + voice.rest, PathTunables.longestMuteness)
        let isNews = !voice.isTold
        voice.isTold = true
        voices[target] = voice
        return (true, isNews)
    }

    func isMute(_ target: IPv6Address) -> Bool { voices[target]?.muteUntil != nil }

    /// When the next one is to be asked again.
    var nextDeadline: Instant? { voices.values.compactMap(\.muteUntil).min() }

    /// Asks again those whose time has come.
    ///
    /// - Returns: whether there are any.
    mutating func forgive(at now: Instant) -> Bool {
        let due = voices.filter { $0.value.muteUntil.map { $0 <= now } ?? false }.keys
        for target in due { voices[target]?.muteUntil = nil }
        return !due.isEmpty
    }

    /// There is another way, by which they may be heard.
    mutating func forgive() {
        for target in voices.keys { voices[target]?.muteUntil = nil }
    }
}
