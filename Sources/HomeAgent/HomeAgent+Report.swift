import HomeAgentOperation
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform

// What shisactl shows of had besides its bindings: the home agents list, and what waits for its time.

extension HomeAgent {
    /// The least time between two reports: people do not read faster.
    private static let reportInterval = Instant.Span.seconds(1)

    /// Something may look different; told soon, with what else changes until then.
    func noteReport() {
        guard !isReportDue else { return }
        isReportDue = true
        loop.timer(after: Self.reportInterval) { [weak self] in
            guard let self else { return }
            isReportDue = false
            report()
        }
    }

    /// Tells what there is now, if nemonetd does not know it already.
    func report() {
        guard client.isConnected else { return }
        let now = loop.now
        let agents = homeAgents
        let timers = pendingTimers
        let told = Report(agents: agents, timers: timers)
        guard told != lastReport else { return }
        lastReport = told
        func left(_ instant: Instant) -> UInt64 { UInt64(clamping: max(0, (instant - now).milliseconds)) }
        client.send(
            .programState(
                ProgramState(
                    program: Role.homeAgent.program,
                    homeAgents: agents.map { agent in
                        ProgramState.HomeAgentEntry(
                            addresses: agent.addresses, preference: agent.preference,
                            servesMobileRouters: agent.mobileRouters, isOwn: agent.expiresAt == nil,
                            remainingMilliseconds: agent.expiresAt.map { max(1, left($0)) } ?? 0)
                    },
                    timers: timers.map {
                        .init(name: $0.name, waiting: UInt32(clamping: $0.waiting), remainingMilliseconds: left($0.due))
                    })))
    }

    /// What was told last: by times, so that their passing is no news.
    struct Report: Hashable {
        struct Agent: Hashable {
            var addresses: [IPv6Address]
            var preference: UInt16
            var mobileRouters: Bool
            /// Nil for this one.
            var expiresAt: Instant?
        }

        struct Timer: Hashable {
            var name: String
            var waiting: Int
            var due: Instant
        }

        var agents: [Agent]
        var timers: [Timer]
    }

    private var homeAgents: [Report.Agent] {
        let own = directory.configuration
        return [
            Report.Agent(
                addresses: own.addresses, preference: own.preference, mobileRouters: own.mobileRouters, expiresAt: nil)
        ]
            + directory.list.entries.map { entry in
                Report.Agent(
                    addresses: entry.addresses.map(\.address), preference: entry.preference,
                    mobileRouters: entry.mobileRouters, expiresAt: entry.expiresAt)
            }
    }

    private var pendingTimers: [Report.Timer] {
        let pending: [(String, Int, Instant?)] =
            HomeAgentMachine.Timer.allCases.map { timer in
                let (waiting, due) = machine.pending(timer)
                return (timer.rawValue, waiting, due)
            } + [
                ("home_agents_list", directory.list.entries.count, directory.nextDeadline),
                ("prefix_advertisement", advertiser.scheduledCount, advertiser.nextDeadline),
                ("binding_revocation", revocation.homeAddresses.count, revocation.nextDeadline),
                ("home_agent_switch", switcher.pendingCount, switcher.nextDeadline),
            ]
        return pending.compactMap { name, waiting, due in
            guard waiting > 0, let due else { return nil }
            return Report.Timer(name: name, waiting: waiting, due: due)
        }
    }
}
