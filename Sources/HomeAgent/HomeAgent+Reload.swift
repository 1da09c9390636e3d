import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings

extension HomeAgent {
    /// Takes over new settings; bindings that they do not allow end.
    func reload(_ new: HomeAgentSettings) throws(MobilitySecurityAssociationError) {
        let configuration = try HomeAgentConfiguration(new)
        let old = settings
        if isNewToNemonetd(new, configuration) { owesConfiguration = true }
        settings = new
        settings.nodes = []
        let dismissed = dismissed(by: configuration)
        handle(.configurationChanged(configuration))
        for node in dismissed { tell(node) }
        reloadDiscovery(new)
        if new.state != old.state {
            state?.finish()
            state = new.state.map(stateFile)
            state?.noteChange()
        }
        if owesConfiguration { tellOfConfiguration() }
        guard client.hello.addresses != new.addresses else { return }
        client.hello.addresses = new.addresses
        guard client.isConnected else { return }
        client.sayHello()
        announceAll()
    }

    /// Whether nemonetd takes something else from the file than before. To read it again costs nemonetd as much as it costs
    /// had, and what else it does waits meanwhile.
    private func isNewToNemonetd(_ new: HomeAgentSettings, _ configuration: HomeAgentConfiguration) -> Bool {
        guard
            new.addresses == settings.addresses, new.prefixes == settings.prefixes, new.link == settings.link,
            configuration.nodes.count == machine.configuration.nodes.count
        else { return true }
        return zip(configuration.nodes.keys, configuration.nodes.values).contains {
            machine.configuration.nodes[$0]?.prefixes != $1.prefixes
        }
    }

    /// Has nemonetd read the file again. It stays owed until nemonetd has done so: whoever changed the file tells nobody but
    /// had, and a nemonetd that was only out of reach has not read it.
    func tellOfConfiguration() {
        owesConfiguration = false
        client.send(.configurationChanged) { [weak self] refusal in
            guard let self, let refusal else { return }
            owesConfiguration = true
            guard refusal.code != .notConnected else { return }
            log.error("nemonetd keeps its old settings, it may not know all nodes of this file: \(refusal)")
        }
    }
}
