import MobilityCore
import MobilityWire

// Duplicate Address Detection before a home address is served for the first time (RFC 6275 §10.3.1). The detection itself
// is somebody else's: here are the registrations that wait for it, and what its answers do.
//
// A home address that has been through it once, since the program's start or before (a restored binding), is served at
// once, and checked beside that: a node that de-registered and comes back does not pay a second for it. Should the
// check find somebody, the binding ends, and the next registration waits.

extension HomeAgentMachine {
    struct DuplicateDetection: Sendable {
        /// The registration of each home address that waits; the latest Binding Update of its node.
        var waiting: [IPv6Address: (request: Request, deadline: Instant)] = [:]
        /// Home addresses that nobody else had: as many at most as the configuration has nodes.
        var verified: Set<IPv6Address> = []
        private var queue = DeadlineHeap<IPv6Address>()

        var nextDeadline: Instant? { queue.earliest }

        /// Puts a registration in wait; whether it is the first of its home address.
        mutating func insert(_ request: Request, deadline: Instant) -> Bool {
            if let earlier = waiting[request.homeAddress] {
                waiting[request.homeAddress] = (request, earlier.deadline)
                return false
            }
            waiting[request.homeAddress] = (request, deadline)
            queue.insert(request.homeAddress, at: deadline)
            return true
        }

        /// The next one whose time is over.
        mutating func takeExpired(at now: Instant) -> Request? {
            while let (deadline, homeAddress) = queue.takeDue(at: now) {
                guard let entry = waiting[homeAddress], entry.deadline == deadline else { continue }
                waiting[homeAddress] = nil
                return entry.request
            }
            return nil
        }
    }

    /// Starts Duplicate Address Detection where the registration needs it; whether it has to wait for the answer.
    mutating func waitsForDetection(_ request: Request, at now: Instant) -> Bool {
        guard configuration.homeNetwork != .virtual, cache[request.homeAddress] == nil else { return false }
        let isKnown = detection.verified.contains(request.homeAddress)
        if !isKnown, !detection.insert(request, deadline: now + Tunables.duplicateDetectionWait) { return true }
        count(.detectionStarted)
        let linkLocal =
            request.update.flags.contains(.linkLocalCompatibility) ? request.homeAddress.linkLocal : nil
        actions.append(.detectDuplicates(homeAddress: request.homeAddress, linkLocal: linkLocal))
        return !isKnown
    }

    mutating func endDetection(of homeAddress: IPv6Address, isDuplicate: Bool, at now: Instant) {
        let request = detection.waiting.removeValue(forKey: homeAddress)?.request
        guard let node = configuration.nodes[homeAddress] else { return }
        if isDuplicate {
            count(.detectionFoundDuplicate)
            log(.warning, "somebody on the home link has the home address of \(node.title)")
            detection.verified.remove(homeAddress)
            remove(homeAddress, .duplicate)
            if let request { answer(request, .duplicateAddressDetectionFailed, at: now) }
            return
        }
        detection.verified.insert(homeAddress)
        guard let request else { return }
        // The configuration or the number of bindings may have changed while it waited.
        if let refusal = refusal(of: request, by: node, at: now) { return answer(request, refusal, at: now) }
        carryOut(request, of: node, at: now)
    }

    /// Refuses what waited too long: without an answer the address cannot be promised (RFC 6275 §10.3.1).
    mutating func endDetections(at now: Instant) {
        while let request = detection.takeExpired(at: now) {
            count(.detectionTimedOut)
            log(.error, "duplicate address detection gives no answer")
            actions.append(.stopDetecting(homeAddress: request.homeAddress))
            answer(request, .reasonUnspecified, at: now)
        }
    }

    mutating func cancelDetection(of homeAddress: IPv6Address) {
        guard detection.waiting.removeValue(forKey: homeAddress) != nil else { return }
        actions.append(.stopDetecting(homeAddress: homeAddress))
    }

    /// After a change of configuration: forgets what it does not name.
    mutating func reviewDetections() {
        for homeAddress in Array(detection.waiting.keys)
        where configuration.nodes[homeAddress] == nil || configuration.homeNetwork == .virtual {
            cancelDetection(of: homeAddress)
        }
        detection.verified = detection.verified.filter { configuration.nodes[$0] != nil }
    }
}

extension IPv6Address {
    /// The link-local address with this address's interface identifier.
    var linkLocal: IPv6Address { IPv6Address(high: 0xfe80_0000_0000_0000, low: low) }
}
