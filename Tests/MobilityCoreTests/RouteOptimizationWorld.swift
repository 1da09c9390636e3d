import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// A mobile node, its home agent as a rule of two lines, correspondents, and a network that loses, repeats and reorders,
/// in virtual time. Traffic runs both ways at all times.
///
///                              ╔══ home agent ══╗
///     mobile ══ cable, radio ══╣                ╠══ correspondents
///                              ╚════════════════╝
///
/// One seed is one story.
struct RouteOptimizationWorld {
    struct Correspondent {
        var machine: CorrespondentMachine
        /// Neither hears nor speaks.
        var isSilent = false
        /// When packets were lost for want of the right binding or route, and no fault of the network's.
        var lostAt: [Instant] = []
        var promisedUntil: Instant?
    }

    private enum Destination: Hashable { case mobile(throughTunnel: Bool), peer(IPv6Address) }

    var mobile: RouteOptimizationMachine
    var correspondents: [IPv6Address: Correspondent] = [:]
    var peers: [IPv6Address] = []
    var now = Sample.start
    var random: RandomNumbers
    /// Of a thousand.
    var loss = 0
    var repetition = 0
    /// Nil when there is no link at all, or the node is at home.
    var careOf: CareOf?
    var isHome = false
    /// Links that work.
    var usable: Set<CareOf> = []
    /// What the home agent has, once its acknowledgement has arrived.
    var homeAgentHas: CareOf?
    private var confirmationAt: Instant?
    private var previousUsable = false
    private var registeredUntil = Sample.start
    private var flying: [(at: Instant, destination: Destination, envelope: MobilityEnvelope)] = []
    private var nextTrafficAt = Sample.start
    private var sentAt: [IPv6Address: [UInt8: [Instant]]] = [:]
    /// What happened, in short: the same for the same seed.
    private(set) var trace: UInt64 = 0

    init(seed: UInt64, peers count: Int = 3, configuration: RouteOptimizationConfiguration = .init()) {
        random = RandomNumbers(seed: seed)
        var octets = (0..<CookieSecret.octetCount).map { UInt8(truncatingIfNeeded: seed >> (UInt64($0) % 8)) }
        octets[0] = 1
        guard let secret = try? CookieSecret(octets) else { fatalError("it has its length") }
        mobile = RouteOptimizationMachine(configuration, secret: secret)
        for number in 0..<count {
            let peer = IPv6Address(high: 0x2001_0db8_000c_0000, low: UInt64(number) + 12)
            peers.append(peer)
            correspondents[peer] = Correspondent(
                machine: CorrespondentMachine(.init(addresses: [peer]), secret: freshSecret()))
        }
    }

    private mutating func freshSecret() -> NodeSecret {
        let octets = (0..<NodeSecret.octetCount).map { _ in UInt8.random(in: 0...255, using: &random) }
        guard let secret = try? NodeSecret(octets) else { fatalError("it has its length") }
        return secret
    }

    // MARK: What can happen

    /// The node changes its care-of address; the home agent confirms after a moment.
    mutating func move(to new: CareOf, oldStillUsable: Bool) {
        guard isHome || new != careOf else { return }
        previousUsable = oldStillUsable && careOf != nil && !isHome
        if let careOf, !oldStillUsable { usable.remove(careOf) }
        usable.insert(new)
        careOf = new
        isHome = false
        confirmationAt = now + .milliseconds(Int64.random(in: 30...400, using: &random))
        report(isConfirmed: false)
    }

    mutating func cutPrevious() {
        usable = usable.filter { $0 == careOf }
        guard previousUsable else { return }
        previousUsable = false
        report(isConfirmed: homeAgentHas == careOf)
    }

    mutating func returnHome() {
        usable = []
        careOf = nil
        isHome = true
        homeAgentHas = nil
        confirmationAt = nil
        perform(mobile.handle(.located(Sample.home, .home(interfaceIndex: 9)), at: now))
    }

    mutating func loseHomeBinding() {
        guard careOf != nil else { return }
        homeAgentHas = nil
        perform(mobile.handle(.located(Sample.home, .unregistered), at: now))
        confirmationAt = now + .seconds(Int64.random(in: 1...10, using: &random))
    }

    mutating func restart(_ peer: IPv6Address) {
        let secret = freshSecret()
        correspondents[peer]?.machine = CorrespondentMachine(.init(addresses: [peer]), secret: secret)
        correspondents[peer]?.promisedUntil = nil
    }

    private mutating func report(isConfirmed: Bool) {
        guard let careOf else { return }
        // The home registration is renewed by others.
        if isConfirmed { registeredUntil = now + .seconds(1_000_000) }
        let away = HomeLocation.Away(
            homeAgent: Sample.homeAgent, careOf: careOf, expiresAt: max(registeredUntil, now + .seconds(60)),
            isConfirmed: isConfirmed, previousUsable: previousUsable)
        perform(mobile.handle(.located(Sample.home, .away(away)), at: now))
    }

    // MARK: Time

    mutating func run(for span: Instant.Span) {
        let end = now + span
        var steps = 0
        while let next = nextTime, next <= end {
            now = max(now, next)
            steps += 1
            guard steps < 200_000 else {
                Issue.record("events without end at one time")
                return
            }
            if let confirmation = confirmationAt, confirmation <= now {
                confirmationAt = nil
                homeAgentHas = careOf
                report(isConfirmed: true)
            } else if let index = flying.indices.min(by: { flying[$0].at < flying[$1].at }), flying[index].at <= now {
                let flight = flying.remove(at: index)
                deliver(flight.envelope, to: flight.destination)
            } else if nextTrafficAt <= now {
                nextTrafficAt = now + .milliseconds(500)
                for peer in peers { exchangePackets(with: peer) }
            } else {
                perform(mobile.handle(.timer, at: now))
                for peer in peers { handle(.timer, at: peer) }
            }
            check()
        }
        now = end
    }

    private var nextTime: Instant? {
        let machines = [mobile.nextDeadline] + peers.map { correspondents[$0]?.machine.nextDeadline }
        return (machines.compactMap { $0 } + flying.map(\.at) + [confirmationAt, nextTrafficAt].compactMap { $0 }).min()
    }

    // MARK: The network

    private mutating func happens(_ perThousand: Int) -> Bool {
        Int.random(in: 0..<1000, using: &random) < perThousand
    }

    private mutating func send(_ envelope: MobilityEnvelope, to destination: Destination, hops: Int64) {
        let copies = happens(repetition) ? 2 : 1
        for _ in 0..<copies where !happens(loss) {
            let delay = Int64.random(in: 5...60, using: &random) * hops
            flying.append((now + .milliseconds(delay), destination, envelope))
        }
    }

    private mutating func deliver(_ envelope: MobilityEnvelope, to destination: Destination) {
        switch destination {
        case .peer(let peer):
            handle(.messageReceived(envelope), at: peer)
        case .mobile(let throughTunnel):
            if throughTunnel || isHome {
                guard isHome || homeAgentHas.map(usable.contains) ?? false else { return }
            } else {
                guard usable.contains(where: { $0.address == envelope.destination }) else { return }
            }
            perform(
                mobile.handle(.messageReceived(envelope, throughTunnel: throughTunnel && !isHome), at: now))
        }
    }

    private mutating func handle(_ event: CorrespondentMachine.Event, at peer: IPv6Address) {
        guard let correspondent = correspondents[peer], !correspondent.isSilent || event == .timer else { return }
        for action in correspondents[peer]?.machine.handle(event, at: now) ?? [] {
            switch action {
            case .send(let envelope):
                guard !correspondent.isSilent else { break }
                let isHomeAddress = envelope.destination == Sample.home
                send(envelope, to: .mobile(throughTunnel: isHomeAddress), hops: isHomeAddress ? 2 : 1)
            case .drawSecret: handle(.secret(freshSecret()), at: peer)
            case .install(let binding): correspondents[peer]?.promisedUntil = binding.expiresAt
            case .remove, .count, .log: break
            }
        }
    }

    private mutating func perform(_ actions: [RouteOptimizationMachine.Action]) {
        for action in actions {
            guard case .send(let envelope, let path) = action else { continue }
            note(envelope)
            switch path {
            case .homeTunnel:
                guard let careOf, usable.contains(careOf), homeAgentHas == careOf else { break }
                send(envelope, to: .peer(envelope.destination), hops: 2)
            case .direct:
                guard isHome || usable.contains(where: { $0.address == envelope.source }) else { break }
                send(envelope, to: .peer(envelope.destination), hops: 1)
            }
        }
    }

    private mutating func note(_ envelope: MobilityEnvelope) {
        let type = envelope.message[2]
        var times = (sentAt[envelope.destination]?[type] ?? []).filter { $0 > now - .seconds(1) }
        times.append(now)
        #expect(times.count <= SpecificationConstants.maximumUpdateRate, "MAX_UPDATE_RATE")
        sentAt[envelope.destination, default: [:]][type] = times
        for octet in envelope.message { trace = (trace ^ UInt64(octet)) &* 0x100_0000_01b3 }
        trace ^= UInt64(bitPattern: now.milliseconds)
    }

    // MARK: Traffic

    private mutating func exchangePackets(with peer: IPv6Address) {
        guard let correspondent = correspondents[peer], !correspondent.isSilent else {
            perform(mobile.handle(.hint(homeAddress: Sample.home, peer: peer), at: now))
            return
        }
        let pair = RouteOptimizationMachine.Pair(homeAddress: Sample.home, peer: peer)
        perform(mobile.handle(.hint(homeAddress: Sample.home, peer: peer), at: now))
        let key = CorrespondentBindingCache.Key(correspondent: peer, homeAddress: Sample.home)
        // Outwards.
        if let route = mobile.entries[pair]?.route {
            if !usable.contains(route.careOf) {
                correspondents[peer]?.lostAt.append(now)
            } else if correspondent.machine.cache[key]?.careOfAddress != route.careOf.address {
                correspondents[peer]?.lostAt.append(now)
                handle(
                    .bindingMissing(
                        peer: route.careOf.address, homeAddress: Sample.home, correspondent: peer), at: peer)
            }
        }
        // Inwards.
        if let binding = correspondents[peer]?.machine.cache[key] {
            handle(.bindingUsed(homeAddress: Sample.home, correspondent: peer), at: peer)
            if !usable.contains(where: { $0.address == binding.careOfAddress }) {
                correspondents[peer]?.lostAt.append(now)
            }
        }
    }

    // MARK: What must hold at any time

    private func check() {
        if let deadline = mobile.nextDeadline { #expect(deadline >= now, "a timer that is due was not taken") }
        #expect(mobile.entries.count <= mobile.configuration.greatestNumberOfPeers)
        for (pair, entry) in mobile.entries {
            #expect(entry.nextDeadline != nil, "\(entry.phase) has no exit by time")
            if let route = entry.route {
                #expect(route.expiresAt > now)
                #expect(usable.contains(route.careOf), "a route by a link that is gone")
                if mobile.configuration.requestsAcknowledgement,
                    let promised = correspondents[pair.peer]?.promisedUntil
                {
                    #expect(route.expiresAt <= promised, "the mobile believes in more than was granted")
                }
            }
            if entry.phase == .bound { #expect(entry.route?.careOf == careOf) }
        }
        if isHome || homeAgentHas == nil {
            #expect(mobile.entries.values.allSatisfy { $0.route == nil || confirmationAt != nil })
        }
        for correspondent in correspondents.values {
            #expect(correspondent.machine.cache.bindings.allSatisfy { $0.expiresAt >= now })
            #expect(correspondent.machine.cache.count <= 1)
        }
    }

    /// Packets lost within the last `span` although the network carried them.
    func losses(within span: Instant.Span) -> Int {
        correspondents.values.reduce(0) { $0 + $1.lostAt.filter { $0 > now - span }.count }
    }

    var optimizedPeers: Int {
        peers.filter { peer in
            let key = CorrespondentBindingCache.Key(correspondent: peer, homeAddress: Sample.home)
            let route = mobile.entries[.init(homeAddress: Sample.home, peer: peer)]?.route
            return route?.careOf == careOf && correspondents[peer]?.machine.cache[key]?.careOfAddress == careOf?.address
        }.count
    }
}
