import MobilityWire

// Looking after the preferred home agent while another one serves.

extension HomeAgentSelection {
    mutating func scheduleProbe(at now: Instant) {
        guard let preferred, careOf != nil else {
            probe = nil
            timers[.probe] = nil
            return
        }
        if probe?.address != preferred.address { probe = nil }
        if probe == nil { timers[.probe] = max(preferred.restsUntil ?? now, now + Tunables.preferredProbeInterval) }
    }

    mutating func probeTimer(at now: Instant) {
        guard let preferred, let careOf else { return }
        if let probe, probe.isOpen {
            self.probe = nil
            return probeFailed(probe.address, at: now)
        }
        var next =
            probe
            ?? Probe(
                address: preferred.address, identifier: UInt16(truncatingIfNeeded: random.next() >> 16),
                sequenceNumber: UInt16(truncatingIfNeeded: random.next() >> 16), answers: 0, isOpen: true)
        next.sequenceNumber &+= 1
        next.isOpen = true
        probe = next
        act(.count(.preferredHomeAgentProbed))
        let request = ICMPv6Message.echoRequest(
            identifier: next.identifier, sequenceNumber: next.sequenceNumber, data: [])
        act(
            .send(
                ICMPv6Envelope(
                    source: careOf.address, destination: next.address, interfaceIndex: careOf.interfaceIndex,
                    message: request.emit())))
        timers[.probe] = now + Tunables.preferredProbeInterval
    }

    /// An echo reply, if it is the one to the open probe; anything else is somebody else's.
    mutating func receive(_ envelope: ICMPv6Envelope, at now: Instant) {
        guard var open = probe, open.isOpen, envelope.source == open.address,
            case .echoReply(let identifier, let number, _)? = try? ICMPv6Message.parse(envelope.message.span.bytes),
            identifier == open.identifier, number == open.sequenceNumber
        else { return }
        open.isOpen = false
        open.answers += 1
        probe = open
        if open.answers >= Tunables.preferredProbeAnswers { returnToPreferred(open.address, at: now) }
    }
}
