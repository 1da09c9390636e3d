import Drives
import MobilityCore
import MobilityWire
import Multihoming

// Nodes that drive: their uplinks behave by `DriveModel`, and the choice among them is judged.

extension World {
    /// A drive that lasts as long as faults happen.
    func beginDrive(_ node: SimulatedNode) {
        let model = DriveModel(
            using: &node.dice, start: Instant(milliseconds: time), seconds: parameters.storm / 1000)
        if node.drive == nil { node.drive = NodeDrive(model: model) }
        node.drive?.model = model
        for uplink in node.uplinks.indices {
            node.drive?.places[uplink] = -1
            nextSpell(node, uplink, at: time)
        }
        guard node.profile.traffic != .none else { return }
        node.drive?.trafficUntil = .max
        nextSample(node, at: time + node.dice.between(1...100))
    }

    private func nextSpell(_ node: SimulatedNode, _ uplink: Int, at time: Int64) {
        node.drive?.nextSpell[uplink] = time
        queue.add(.spell, at: time, node.index, uplink)
    }

    func spell(_ node: SimulatedNode, _ uplink: Int) {
        guard let drive = node.drive, drive.nextSpell[uplink] == time else { return }
        node.drive?.nextSpell[uplink] = .max
        let place = drive.places[uplink] + 1
        node.drive?.places[uplink] = place
        let spells = drive.model.spells[uplink]
        set(node, uplink, spells[place].state)
        guard spells.indices.contains(place + 1), spells[place + 1].from < drive.model.end else { return }
        nextSpell(node, uplink, at: max(time, spells[place + 1].from.milliseconds))
    }

    /// From now on an uplink is as `state` says.
    private func set(_ node: SimulatedNode, _ uplink: Int, _ state: DriveModel.State) {
        let hadCarrier = node.uplinks[uplink].link != nil
        note(node.index, "\(DriveModel.names[uplink]): \(state)")
        node.drive?.states[uplink] = state
        if !state.hasCarrier {
            if hadCarrier { disconnect(node, uplink) }
        } else if !hadCarrier || node.dice.chance(parameters.renumbering) {
            connect(node, uplink, to: node.dice.below(network.links))
        } else {
            disturb(node, .handover)
        }
        node.uplinks[uplink].isAlive = !state.isDead
        node.report()
    }

    /// In the depot all is well.
    func park(_ node: SimulatedNode) {
        for uplink in node.uplinks.indices { node.drive?.nextSpell[uplink] = .max }
        set(node, 0, DriveModel.depot)
        set(node, 1, DriveModel.away)
        set(node, 2, DriveModel.goodCellular)
    }

    // MARK: Traffic

    private func nextSample(_ node: SimulatedNode, at time: Int64) {
        node.drive?.nextSample = time
        queue.add(.sample, at: time, node.index)
    }

    /// A tenth of a second's packets, one in ten milliseconds each way.
    func sample(_ node: SimulatedNode) {
        guard let drive = node.drive, drive.nextSample == time else { return }
        if node.profile.traffic == .bursts, drive.trafficUntil == .max {
            node.drive?.trafficUntil = time + node.dice.between(1_000...60_000)
        }
        if time > drive.trafficUntil {
            node.drive?.trafficUntil = .max
            return nextSample(node, at: time + node.dice.between(1_000...120_000))
        }
        nextSample(node, at: time + Self.samplePeriod)
        guard let row = node.table.active(at: node.now) else { return }
        let out = Int(row.careOf.interfaceIndex) - 2
        node.drive?.samples[out].packetsOut += 10
        var into = out
        if verdict(node, node.profile.correspondents[0]) == .delivered,
            let agent = interception(of: node.profile.home),
            let careOf = homeAgents[agent].forwarding(node.profile.home).first?.careOfAddress
        {
            into = node.uplinks.firstIndex { $0.address == careOf } ?? out
            let passing = (1 - drive.states[out].loss) * (1 - drive.states[into].loss) * 1000
            for _ in 0..<10 where node.dice.chance(Int(passing)) { node.drive?.samples[into].packetsIn += 1 }
        }
        for uplink in Set([out, into]).sorted() {
            if let sample = node.drive?.samples[uplink] { node.count(sample, over: uplink) }
        }
    }

    private static let samplePeriod = PathTunables.samplePeriod.milliseconds

    /// Whether packets flow over the uplink that is to carry them. A way that the registration has left aside has none.
    private func hasTraffic(_ node: SimulatedNode) -> Bool {
        guard let drive = node.drive, drive.nextSample <= time + Self.samplePeriod else { return false }
        return node.table.active(at: node.now)?.careOf.interfaceIndex == drive.active?.index
    }

    // MARK: What must hold

    /// The machine that chooses has decided.
    func decided(_ node: SimulatedNode) {
        guard let old = node.drive?.active, let new = node.chooser.decision.active else {
            node.drive?.active = node.chooser.decision.active
            return
        }
        node.drive?.active = new
        defer { if old.index != new.index { node.drive?.failingSince = nil } }
        guard old.index != new.index else { return }
        note(node.index, "\(new.name) carries the traffic instead of \(old.name)")
        node.drive?.book.note(node.chooser, instead: old, at: node.now)
        judgeStillness(node, old, new)
    }

    /// What does not answer any more is left only for what has answered since, and so not at all while the home agent is away.
    private func judgeStillness(_ node: SimulatedNode, _ old: ActivePath, _ new: ActivePath) {
        let (left, taken) = (Int(old.index) - 2, Int(new.index) - 2)
        guard node.uplinks[left].link != nil, node.uplinks[left].address == old.careOfAddress, let drive = node.drive,
            let agent = node.homeAgent
        else { return }
        func isSince(_ instant: Instant?) -> Bool {
            instant.map { $0 >= drive.failingSince ?? Instant(milliseconds: 0) } ?? false
        }
        // One that is metered is believed where its probes are used up, also after one that was lost.
        let isAsked = taken != DriveModel.metered
        if node.chooser.health(of: old.name)?.condition.vitality == .down, isAsked, !isSince(drive.heardAt[taken]) {
            violated(
                .stillness, node.index, "\(old.name) fails and is left for \(new.name), which has not answered since")
        }
        // Who has just turned to it goes by what the one before had answered.
        if isAsked, let awaySince = homeAgents[agent].awaySince,
            time - max(awaySince, drive.targetSince) > Bounds.unheard
        {
            violated(
                .stillness, node.index,
                "\(old.name) is left for \(new.name), and home agent \(agent) is away since \(WorldTime(awaySince))")
        }
    }

    /// Looks at a node after something has happened to it.
    func watch(_ node: SimulatedNode) {
        guard node.drive != nil, node.profile.isJudged else { return }
        if let active = node.chooser.decision.active,
            let since = node.chooser.health(of: active.name)?.condition.failingSince,
            since >= node.chooser.decision.since ?? since
        {
            node.drive?.failingSince = since
        }
        let open = DriveModel.names.indices.map { isOpen(node, $0) }
        node.drive?.book.watch(
            node.chooser, hasTraffic: hasTraffic(node), isAsked: isAsked(node), at: node.now
        ) { !open[$0] }
        if let breach = node.drive?.book.breach { violated(.choice, node.index, breach) }
        judge(verdict(node, node.profile.correspondents[0]), of: node)
    }

    /// Whether the metered uplink is asked, or its traffic is missed and the allowance has a probe for that. While there is
    /// neither there is nothing to do but wait for the next regular one: a stream that wants no answer is not missed. The same
    /// for a while where another home agent has just been gone to, which is asked anew.
    private func isAsked(_ node: SimulatedNode) -> Bool {
        guard let drive = node.drive, let health = node.chooser.health(of: DriveModel.names[DriveModel.metered]),
            time - drive.targetSince > DriveBook.meteredBound
        else { return false }
        let isOpen = drive.probedAt[DriveModel.metered].map { node.now - $0 <= HealthSettings().timeout } ?? false
        return isOpen || health.condition.isSuspected && health.canAsk(at: node.now)
    }

    /// Whether packets get to the home agent in use over an uplink, and back.
    private func isOpen(_ node: SimulatedNode, _ uplink: Int) -> Bool {
        guard let agent = node.homeAgent, homeAgents[agent].isMachineUp, let link = node.uplinks[uplink].link else {
            return false
        }
        return node.uplinks[uplink].isAlive && !network.isBlocked(link, homeAgents[agent].place)
    }

    /// Whether no node and no home agent could have done anything about a packet that was lost on a drive.
    ///
    /// Of an uplink that fades nothing can be asked, and of one that has not shown that it works neither.
    func isExcusedDriving(_ node: SimulatedNode) -> Bool {
        guard let drive = node.drive, let active = node.active else { return true }
        func isGood(_ uplink: Int) -> Bool { isOpen(node, uplink) && drive.states[uplink].loss < Self.fading }
        let carrier = Int(active.interfaceIndex) - 2
        if isGood(carrier) { return false }
        if isOpen(node, carrier) { return true }
        return !DriveModel.names.indices.contains { other in
            other != carrier && isGood(other)
                && node.chooser.health(of: DriveModel.names[other])?.condition.vitality == .up
        }
    }

    /// The loss from which on an uplink fades.
    private static let fading = 0.1
}
