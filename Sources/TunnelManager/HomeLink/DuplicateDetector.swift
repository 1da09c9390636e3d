import MobilityWire

/// Duplicate Address Detection for home addresses on the home link, in place of the nodes that are away (RFC 4862 §5.4,
/// RFC 6275 §10.3.1).
struct DuplicateDetector: Sendable {
    /// DupAddrDetectTransmits (RFC 4862 §5.1).
    static let transmissions = 1
    /// RETRANS_TIMER (RFC 4861 §10).
    static let interval = Instant.Span.seconds(1)
    /// Detections at one time; each listens to a group of its own. More are refused, and their nodes try again.
    static let limit = 256

    enum Event: Hashable, Sendable {
        case start(IPv6Address)
        case stop(IPv6Address)
        /// A Neighbor Solicitation or Advertisement from the link that RFC 4861 §7.1 finds valid.
        case heard(ICMPv6Message, from: IPv6Address)
        case timer
    }

    enum Action: Hashable, Sendable {
        /// Listen to the address's solicited-node group, and no longer.
        case join(IPv6Address)
        case leave(IPv6Address)
        /// Ask for the address, from the unspecified address.
        case solicit(IPv6Address)
        case result(IPv6Address, isDuplicate: Bool)
    }

    private var open: [IPv6Address: (due: Instant, sent: Int)] = [:]

    var nextDeadline: Instant? { open.values.map(\.due).min() }
    var hasRoom: Bool { open.count < Self.limit }

    /// Takes one event and says what is to be done.
    mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        for (address, detection) in open.sorted(by: { $0.key < $1.key }) where detection.due <= now {
            if detection.sent < Self.transmissions {
                open[address] = (now + Self.interval, detection.sent + 1)
                actions.append(.solicit(address))
            } else {
                end(address, isDuplicate: false, &actions)
            }
        }
        switch event {
        case .start(let address):
            guard open[address] == nil, hasRoom else { break }
            open[address] = (now + Self.interval, 1)
            actions += [.join(address), .solicit(address)]
        case .stop(let address):
            if open.removeValue(forKey: address) != nil { actions.append(.leave(address)) }
        case .heard(.neighborAdvertisement(let advertisement), _):
            if open[advertisement.target] != nil { end(advertisement.target, isDuplicate: true, &actions) }
        case .heard(.neighborSolicitation(let target, _), let source):
            // Somebody detects duplicates of the same address; what we send ourselves does not come here.
            if source.isUnspecified, open[target] != nil { end(target, isDuplicate: true, &actions) }
        case .heard, .timer: break
        }
        return actions
    }

    private mutating func end(_ address: IPv6Address, isDuplicate: Bool, _ actions: inout [Action]) {
        open[address] = nil
        actions += [.leave(address), .result(address, isDuplicate: isDuplicate)]
    }
}
