import Multihoming
import Settings
import Testing

@testable import Roaming

@Suite("Defaults")
struct DefaultSettingsTests {
    @Test("the policy that is simulated when nothing is said is the one of a file that says nothing")
    func health() {
        #expect(HealthSettings(ProbeSettings()) == HealthSettings())
    }
}
