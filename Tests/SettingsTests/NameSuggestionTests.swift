import Testing

@testable import Settings

@Suite("Suggestions for names")
struct NameSuggestionTests {
    @Test(
        "A slip of the hand finds the name that was meant",
        arguments: [
            ("agnet", "agent"), ("Agent", "agent"), ("adress", "address"), ("prefix", "prefixes"),
            ("life_time", "lifetime"), ("agnets", "agents"), ("lifetimee", "lifetime"),
        ])
    func slip(name: String, meant: String) {
        #expect(NameSuggestion.nearest(to: name, among: SettingReference.names(in: "home")) == meant)
    }

    @Test(
        "A name that resembles none finds none",
        arguments: ["x", "", "colour", "gent_x", String(repeating: "agent", count: 99)])
    func stranger(name: String) {
        #expect(NameSuggestion.nearest(to: name, among: SettingReference.names(in: "home")) == nil)
    }

    @Test("Half of the letters in common are no resemblance")
    func coincidence() {
        #expect(NameSuggestion.nearest(to: "lgging", among: ["engine", "home", "policy"]) == nil)
        #expect(NameSuggestion.nearest(to: "lgging", among: ["engine", "logging"]) == "logging")
    }

    @Test("Distances count letters inserted, removed, replaced and swapped")
    func distances() {
        #expect(NameSuggestion.distance("agent", "agent") == 0)
        #expect(NameSuggestion.distance("agnet", "agent") == 1)
        #expect(NameSuggestion.distance("", "agent") == 5)
        #expect(NameSuggestion.distance("kitten", "sitting") == 3)
    }
}
