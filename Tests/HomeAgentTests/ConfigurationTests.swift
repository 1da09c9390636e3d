import HomeAgentOperation
import MobilityCore
import MobilityWire
import Settings
import Testing

@testable import HomeAgent

@Suite("From settings to what the machines serve")
struct ConfigurationTests {
    private func configuration(_ change: (inout HomeAgentSettings) -> Void) throws -> HomeAgentConfiguration {
        var settings = Stage.settings
        change(&settings)
        return try HomeAgentConfiguration(settings)
    }

    @Test("limits of all nodes and of one")
    func limits() throws {
        let made = try configuration {
            $0.limits = HomeAgentSettings.Limits(lifetime: 1200, bindings: 7)
            $0.nodes[0].lifetime = 60
            $0.nodes[0].isProhibited = true
        }
        #expect(made.greatestLifetime == .seconds(1200))
        #expect(made.greatestNumberOfBindings == 7)
        #expect(made.nodes[Stage.home]?.greatestLifetime == .seconds(60))
        #expect(made.nodes[Stage.home]?.isProhibited == true)
    }

    @Test("what nodes with several care-of addresses may do")
    func multiple() throws {
        let made = try configuration {
            $0.multiple.isAllowed = false
            $0.multiple.allowsBulk = false
            $0.multiple.bindings = 3
            $0.multiple.flows = 4
        }
        #expect(!made.multiple.isAllowed && !made.multiple.allowsBulkRegistration)
        #expect(made.multiple.greatestNumberOfBindingsPerNode == 3)
        #expect(made.multiple.greatestNumberOfFlowsPerNode == 4)
        #expect(try configuration { _ in }.multiple == MultipleCareOfAddressesPolicy())
    }

    @Test("with a link there is something to detect; refresh is advised only where bindings do not outlive a restart")
    func network() throws {
        #expect(try configuration { _ in }.homeNetwork == .virtual)
        #expect(try configuration { $0.link = "home0" }.homeNetwork == .link)
        #expect(try configuration { $0.limits.refreshAdvice = 300 }.refreshAdvice == .seconds(300))
        let kept = try configuration {
            $0.limits.refreshAdvice = 300
            $0.state = "had.state"
        }
        #expect(kept.refreshAdvice == nil)
    }

    @Test("discovery: rank, prefixes with their lifetimes, and whether routers are served")
    func discovery() {
        var settings = Stage.settings
        settings.preference = 9
        settings.prefixDiscovery.validLifetime = 600
        settings.prefixDiscovery.preferredLifetime = 300
        let made = HomeAgentDirectory.Configuration(settings, interfaceIndex: 4)
        #expect(made.preference == 9 && made.mobileRouters && made.interfaceIndex == 4)
        #expect(made.prefixes.map(\.information.validLifetime) == [600])
        #expect(made.prefixes.map(\.information.preferredLifetime) == [300])
        settings.nodes[0].prefixes = []
        #expect(!HomeAgentDirectory.Configuration(settings, interfaceIndex: 4).mobileRouters)
    }

    @Test("prefix advertisements: whether, to whom, and how often")
    func advertisements() {
        var settings = HomeAgentSettings.PrefixDiscovery()
        #expect(!PrefixAdvertiser.Configuration(settings).isActive)
        settings.isInsecure = true
        settings.leastInterval = 30
        settings.greatestInterval = 60
        let made = PrefixAdvertiser.Configuration(settings)
        #expect(made.isActive && made.leastInterval == .seconds(30) && made.greatestInterval == .seconds(60))
        settings.isEnabled = false
        #expect(!PrefixAdvertiser.Configuration(settings).isActive)
    }
}
