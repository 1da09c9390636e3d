import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import RouteOptimization
import Settings
import Testing

@testable import MobileNode
@testable import Roaming

@Suite("mnd optimises routes between nemonetd and its machine")
struct RouteOptimizerTests {
    @Test("traffic through the tunnel becomes a route: tests, a Binding Update, and packets go directly")
    func optimises() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        let entry = try #require(stage.direct[Stage.peer])
        #expect(entry.homeAddress == Stage.home && entry.careOfAddress == Stage.careOf(1))
        #expect(entry.interfaceIndex == 1 && entry.interfaceName == "eth0" && entry.state == .bound)
        #expect(entry.lifetime == 420 && 400_000...420_000 ~= entry.remainingMilliseconds)
        // The home test through the tunnel, the others from the care-of address by its uplink.
        #expect(stage.sent.map(\.source) == [Stage.home, Stage.careOf(1), Stage.careOf(1)])
        #expect(stage.sent.map(\.homeAddressOption) == [nil, nil, Stage.home])
        #expect(stage.sent.map(\.interfaceIndex) == [0, 1, 1])
        let states = stage.messages.compactMap { message in
            if case .routeAdd(let entry) = message { entry.state } else { nil }
        }
        #expect(states == [.testing, .updating, .bound])
        #expect(try stage.run { stage.counter("route_installed") == 1 })
        #expect(stage.events.contains("route_installed"))
        withExtendedLifetime(mnd) {}
    }

    @Test("a hint that comes too early is followed when the registration stands; none leads to the home agent")
    func waits() throws {
        let stage = try Stage()
        let mnd = try stage.mnd()
        try stage.run { stage.messages.contains(.routeSweep) }
        stage.hint()
        #expect(try stage.run { stage.counter("route_optimization_hint_ignored") == 1 })
        #expect(stage.routes.isEmpty && stage.sent.isEmpty)
        stage.report("eth0", .up)
        #expect(try stage.run { stage.direct[Stage.peer] != nil })
        stage.hint(Stage.agent)
        #expect(try stage.run { stage.counter("route_optimization_hint_ignored") == 2 })
        #expect(stage.routes.count == 1)
        withExtendedLifetime(mnd) {}
    }

    @Test("a second uplink, with which the home agent hears of several, leaves a route by the first as it is")
    func secondUplink() throws {
        let stage = try Stage()
        let mnd = try stage.optimised(.init(), .auto)
        stage.forget()
        stage.report("wlan0", .up)
        #expect(
            try stage.run {
                stage.messages.contains { message in
                    guard case .registrationAdd(let entry) = message else { return false }
                    return entry.careOfAddress == Stage.careOf(2) && entry.bindingIdentifier == 2
                        && entry.state == .registered
                }
            })
        try stage.loop.run(for: .milliseconds(50))
        #expect(stage.sent.allSatisfy { $0.destination == Stage.agent })
        #expect(!stage.events.contains("route_removed"))
        withExtendedLifetime(mnd) {}
    }

    @Test("a link that dies takes the route with it, and the peer learns the new address after the home agent")
    func unplanned() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        stage.report("wlan0", .up)
        stage.forget()
        stage.report("eth0", .noCarrier)
        #expect(try stage.run { stage.direct[Stage.peer]?.careOfAddress == Stage.careOf(2) })
        let order = stage.messages.compactMap { message -> String? in
            switch message {
            case .routeAdd(let entry): entry.forwards ? "route" : nil
            case .mobilitySend(let datagram): datagram.destination == Stage.agent ? "home" : nil
            default: nil
            }
        }
        #expect(order.first == "home" && order.last == "route")
        #expect(stage.correspondent.cache.bindings.map(\.careOfAddress) == [Stage.careOf(2)])
        withExtendedLifetime(mnd) {}
    }

    @Test("back home the peer is told to forget the node, from the home address")
    func returnsHome() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        stage.forget()
        stage.report("eth0", .up, atHome: true)
        #expect(try stage.run { stage.correspondent.cache.count == 0 && stage.routes.isEmpty })
        #expect(stage.updates.map(\.lifetime) == [.zero])
        #expect(stage.sent.last?.source == Stage.home && stage.sent.last?.homeAddressOption == nil)
        withExtendedLifetime(mnd) {}
    }

    @Test("when nemonetd comes back it hears the routes again, then the sweep, and nothing is tested anew")
    func nemonetdRestarts() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        try stage.restart()
        #expect(try stage.run { stage.messages.contains(.routeSweep) })
        #expect(stage.direct.keys.map { $0 } == [Stage.peer])
        try stage.loop.run(for: .milliseconds(50))
        #expect(stage.sent.isEmpty)
        withExtendedLifetime(mnd) {}
    }

    /// A route of an earlier program, over eth0.
    static func held(_ sequence: UInt16 = 65535) -> RouteEntry {
        RouteEntry(
            homeAddress: Stage.home, peer: Stage.peer, careOfAddress: Stage.careOf(1), interfaceIndex: 1,
            interfaceName: "eth0", lifetime: 420, remainingMilliseconds: 300_000, state: .bound, forwards: true,
            sequenceNumber: SequenceNumber(rawValue: sequence))
    }

    @Test("the next mnd leaves the routes as they are, tests anew, and goes on counting")
    func adopts() throws {
        let stage = try Stage()
        stage.heldRoutes = [.routeAdd(Self.held())]
        stage.report("eth0", .up)
        let mnd = try stage.mnd()
        #expect(try stage.run { stage.direct[Stage.peer]?.state == .bound })
        #expect(stage.updates.map(\.sequenceNumber.rawValue) == [0])
        // From the first word on it was said that the route goes on, and by the same uplink.
        #expect(
            stage.messages.allSatisfy { message in
                if case .routeAdd(let entry) = message { return entry.forwards && entry.interfaceName == "eth0" }
                if case .routeDelete = message { return false }
                return true
            })
        let add = stage.messages.firstIndex { if case .routeAdd = $0 { true } else { false } }
        #expect((add ?? 99) < (stage.messages.firstIndex(of: .routeSweep) ?? 0))
        withExtendedLifetime(mnd) {}
    }

    @Test("an adopted route's interface has the name that it had until something is heard of that interface")
    func adoptedNames() throws {
        let stage = try Stage()
        stage.heldRoutes = [.routeAdd(Self.held())]
        let mnd = try stage.mnd()
        func name() throws -> String? {
            try stage.restart()
            try stage.run { stage.messages.contains(.routeSweep) && stage.messages.contains(.registrationSweep) }
            return stage.direct[Stage.peer]?.interfaceName
        }
        try stage.run { stage.messages.contains(.routeSweep) }
        #expect(stage.direct[Stage.peer]?.interfaceName == "eth0")
        #expect(try name() == "eth0")
        stage.notify(.uplinkGone(interfaceIndex: 2))
        #expect(try name() == "eth0", "of another one")
        stage.notify(.uplinkGone(interfaceIndex: 1))
        try stage.loop.run(for: .milliseconds(50))
        #expect(try name() == "", "whoever has that index now is another one")
        withExtendedLifetime(mnd) {}
    }

    @Test("the end tells the peers before the home agent, and takes the routes back")
    func stops() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        stage.forget()
        var hasEnded = false
        mnd.stop { hasEnded = true }
        #expect(try stage.run { hasEnded })
        #expect(stage.correspondent.cache.count == 0)
        let destinations = stage.messages.compactMap { message in
            if case .mobilitySend(let datagram) = message { datagram.destination } else { nil }
        }
        #expect(destinations == [Stage.peer, Stage.agent])
        #expect(stage.messages.contains(.routeFlush))
        #expect(stage.events.contains("route_removed"))
    }

    @Test("a home address that is given up is told to its peers")
    func retires() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        stage.forget()
        var other = Stage.settings
        other.address.low += 1
        try mnd.reload(ShisaSettings(homes: [other], uplinks: Stage.uplinks))
        #expect(try stage.run { stage.correspondent.cache.count == 0 })
        #expect(stage.routes.isEmpty)
    }

    @Test("a peer that has lost its binding says so, and gets it again")
    func bindingError() throws {
        let stage = try Stage()
        let mnd = try stage.optimised()
        // Within a second of the acknowledgement it could have crossed it.
        try stage.loop.run(for: .milliseconds(1100))
        stage.forget()
        try stage.restartCorrespondent()
        stage.tellCorrespondent(
            .bindingMissing(peer: Stage.careOf(1), homeAddress: Stage.home, correspondent: Stage.peer))
        #expect(try stage.run { stage.direct[Stage.peer] != nil })
        #expect(stage.events.contains("route_removed") && stage.correspondent.cache.count == 1)
        withExtendedLifetime(mnd) {}
    }

    @Test("a peer without Mobility Headers, one that refuses and one that is forbidden rest, and are told of")
    func rests() throws {
        let stage = try Stage()
        stage.peerAnswers = false
        stage.report("eth0", .up)
        let mnd = try stage.mnd()
        try stage.run { stage.isRegistered }
        stage.hint()
        try stage.run { stage.routes[Stage.peer] != nil }
        stage.notify(.parameterProblem(peer: Stage.peer))
        #expect(try stage.run { stage.rests[IPv6Prefix(host: Stage.peer)] == .unsupported })
        #expect(stage.routes.isEmpty)
        stage.forget()
        stage.hint()
        #expect(try stage.run { stage.counter("route_optimization_hint_resting") == 1 })
        #expect(stage.sent.isEmpty)
        // A person knows better.
        stage.peerAnswers = true
        stage.notify(.routeForget(peer: Stage.peer))
        #expect(try stage.run { stage.direct[Stage.peer] != nil })
        #expect(stage.rests.isEmpty)

        let strict = try Stage(.init(addresses: [Stage.peer], prohibited: [IPv6Prefix(host: Stage.home)]))
        strict.report("eth0", .up)
        let second = try strict.mnd()
        try strict.run { strict.isRegistered }
        strict.hint()
        #expect(try strict.run { strict.rests[IPv6Prefix(host: Stage.peer)] == .refused })
        withExtendedLifetime((mnd, second)) {}
    }

    @Test("never and allow act at once, over what the file says, and are shown")
    func exclusions() throws {
        let stage = try Stage()
        var settings = RouteOptimizationSettings(never: [IPv6Prefix(Stage.agent, length: 64)])
        let mnd = try stage.optimised(settings)
        let range = IPv6Prefix(Stage.peer, length: 64)
        #expect(stage.rests == [settings.never[0]: .excluded])
        stage.notify(.routeExclude(prefix: range, excluded: true))
        #expect(try stage.run { stage.correspondent.cache.count == 0 && stage.direct.isEmpty })
        #expect(stage.rests == [settings.never[0]: .excluded, range: .excluded])
        stage.notify(.routeExclude(prefix: range, excluded: false))
        stage.notify(.routeExclude(prefix: settings.never[0], excluded: false))
        #expect(try stage.run { stage.rests.isEmpty })
        // Nobody waits for nemonetd to tell of the next packet.
        #expect(try stage.run { stage.direct[Stage.peer] != nil })
        settings.never = [range]
        try mnd.reload(
            ShisaSettings(
                homes: [Stage.settings], uplinks: Stage.uplinks, policy: PolicySettings(routeOptimization: settings)))
        #expect(try stage.run { stage.direct.isEmpty && stage.rests == [range: .excluded] })
        settings.isEnabled = false
        try mnd.reload(
            ShisaSettings(
                homes: [Stage.settings], uplinks: Stage.uplinks, policy: PolicySettings(routeOptimization: settings)))
        #expect(try stage.run { stage.direct.isEmpty })
        #expect(try stage.run { stage.rests == [.everything: .excluded] })
    }

    @Test("each setting acts: acknowledgement, lifetime, number of peers, on and off")
    func settings() throws {
        let quick = try Stage()
        let first = try quick.optimised(RouteOptimizationSettings(acknowledge: false, lifetime: 60, peers: 1))
        #expect(quick.updates.first?.flags == [])
        #expect(quick.direct[Stage.peer]?.lifetime == 60)
        var other = Stage.peer
        other.low += 1
        quick.hint(other)
        #expect(try quick.run { quick.counter("route_optimization_hint_refused") == 1 })

        let off = try Stage()
        off.report("eth0", .up)
        let second = try off.mnd(RouteOptimizationSettings(isEnabled: false))
        try off.run { off.isRegistered }
        off.hint()
        #expect(try off.run { off.counter("route_optimization_hint_ignored") == 1 })
        #expect(off.routes.isEmpty)
        withExtendedLifetime((first, second)) {}
    }

    @Test("mrd refuses settings of route optimisation, which it would not obey")
    func router() throws {
        let stage = try Stage()
        let mnd = try stage.mnd()
        var home = Stage.settings
        home.prefixes = [IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)]
        #expect(throws: (any Error).self) {
            try mnd.reload(ShisaSettings(homes: [home], uplinks: Stage.uplinks))
        }
    }
}
