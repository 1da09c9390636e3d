import HomeAgentOperation
import MobilityCore
import MobilitySocket
import MobilityWire

// What shisactl shows of had besides its bindings: the home agents list, and what waits for its time.

extension HomeAgent {
    var report: ProgramStateReporter.State { .init(homeAgents: homeAgents, timers: pendingTimers) }

    private var homeAgents: [ProgramStateReporter.State.HomeAgent] {
        let own = directory.configuration
        return [
            .init(
                addresses: own.addresses, preference: own.preference, mobileRouters: own.mobileRouters, expiresAt: nil)
        ]
            + directory.list.entries.map { entry in
                .init(
                    addresses: entry.addresses.map(\.address), preference: entry.preference,
                    mobileRouters: entry.mobileRouters, expiresAt: entry.expiresAt)
            }
    }

    private var pendingTimers: [PendingTimer] {
        let pending: [PendingTimer?] =
            HomeAgentMachine.Timer.allCases.map { timer in
                let (waiting, due) = machine.pending(timer)
                return PendingTimer(timer.rawValue, waiting: waiting, due: due)
            } + [
                PendingTimer(
                    "home_agents_list", waiting: directory.list.entries.count, due: directory.nextDeadline),
                PendingTimer("prefix_advertisement", waiting: advertiser.scheduledCount, due: advertiser.nextDeadline),
                PendingTimer(
                    "binding_revocation", waiting: revocation.homeAddresses.count, due: revocation.nextDeadline),
                PendingTimer("home_agent_switch", waiting: switcher.pendingCount, due: switcher.nextDeadline),
            ]
        return pending.compactMap(\.self)
    }
}
