import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// The flow bindings of a home agent (RFC 6089 §5.3).
@Suite struct FlowBindingTests {
    static let voice = TrafficSelector(destinationPorts: 5060...5061, nextHeaders: 17...17)

    static func flow(
        _ identifier: UInt16, priority: UInt16? = nil, to bindings: [UInt16]? = [2],
        _ selector: FlowIdentificationOption.Selector? = .ipv6(voice)
    ) -> MobilityOption {
        .flowIdentification(
            FlowIdentificationOption(
                identifier: identifier, priority: priority ?? identifier * 10, bindings: bindings, selector: selector))
    }

    static func agent(_ flows: [MobilityOption] = []) -> HomeAgentHarness {
        var agent = HomeAgentHarness()
        agent.register(MultipleBindingTests.both, overwrite: true, flows: flows)
        return agent
    }

    func flows(_ agent: HomeAgentHarness) -> [UInt16] {
        agent.machine.cache.flows(of: Sample.home).map(\.rule.identifier)
    }

    @Test("a flow is bound to a binding of the same Binding Update, answered, and told to the engine")
    func adds() {
        let agent = Self.agent([Self.flow(1)])
        #expect(agent.answeredFlows.map(\.status) == [.successful])
        let rule = FlowRule(identifier: 1, priority: 10, selector: Self.voice)
        #expect(agent.machine.cache.flows(of: Sample.home) == [FlowBinding(rule: rule, bindings: [2])])
        #expect(agent.installed.last { $0.identifier == 2 }?.flows == [rule])
        #expect(agent.installed.last { $0.identifier == 1 }?.flows == [])
        #expect(agent.count(.flowBindingAccepted) == 1)
    }

    @Test("flows stand in the order of their priorities, whatever the order they came in")
    func order() {
        let agent = Self.agent([Self.flow(1, priority: 30), Self.flow(2, priority: 10), Self.flow(3, priority: 20)])
        #expect(flows(agent) == [2, 3, 1])
    }

    @Test("what a Binding Update does not name is removed; a summary keeps it as it is")
    func refresh() {
        var agent = Self.agent([Self.flow(1), Self.flow(2)])
        agent.register(MultipleBindingTests.both, flows: [.flowSummary([2, 2]), .flowSummary([2])])
        #expect(flows(agent) == [2])
        #expect(agent.answeredFlows.isEmpty)
        #expect(agent.count(.flowBindingRemoved) == 1)
        agent.register(MultipleBindingTests.both)
        #expect(flows(agent) == [])
        #expect(agent.installed.last { $0.identifier == 2 }?.flows == [])
    }

    @Test("a known flow is changed in what the option names, and keeps the rest")
    func modifies() {
        var agent = Self.agent([Self.flow(1)])
        agent.register(MultipleBindingTests.both, flows: [Self.flow(1, priority: 5, to: [1], nil)])
        let rule = FlowRule(identifier: 1, priority: 5, selector: Self.voice)
        #expect(agent.machine.cache.flows(of: Sample.home) == [FlowBinding(rule: rule, bindings: [1])])
        agent.register(
            MultipleBindingTests.both, flows: [Self.flow(1, priority: 5, to: nil, .ipv6(.everything))])
        #expect(agent.machine.cache.flows(of: Sample.home).first?.rule.selector == .everything)
        #expect(agent.machine.cache.flows(of: Sample.home).first?.bindings == [1])
    }

    @Test(
        "each reason to refuse has its status",
        arguments: [
            (Self.flow(1, to: [2], nil), .malformed), (Self.flow(1, to: nil), .malformed),
            (Self.flow(0, priority: 1), .malformed), (Self.flow(1, priority: 0), .malformed),
            (Self.flow(1, to: [2, 7]), .bindingNotFound), (Self.flow(1, to: [0]), .bindingNotFound),
            (Self.flow(1, .other(format: 1, data: [0, 0, 0, 0])), .formatNotSupported),
            (.unknown(type: 45, data: [0, 1, 0, 1, 0, 0, 2, 1, 0]), .malformed),
            (.unknown(type: 45, data: [0]), .malformed), (.flowSummary([1]), .flowNotFound),
        ] as [(MobilityOption, FlowBindingStatus)])
    func refuses(option: MobilityOption, status: FlowBindingStatus) {
        let agent = Self.agent([option])
        #expect(agent.answeredFlows.map(\.status) == [status])
        #expect(flows(agent) == [])
        #expect(agent.lastAcknowledgement?.status == .accepted)
        #expect(agent.count(.flowBindingRefused) == 1)
    }

    @Test("the same flow twice refuses all; the same priority twice refuses the second")
    func conflicts() {
        var agent = Self.agent([Self.flow(1), Self.flow(2), Self.flow(1)])
        #expect(agent.answeredFlows.map(\.status) == [.rejected, .rejected, .rejected])
        #expect(flows(agent) == [])
        agent = Self.agent([Self.flow(1, priority: 7), Self.flow(2, priority: 7)])
        #expect(agent.answeredFlows.map(\.status) == [.successful, .rejected])
        agent.register(MultipleBindingTests.both, flows: [.flowSummary([1]), Self.flow(3, priority: 7)])
        #expect(agent.answeredFlows.map(\.status) == [.rejected])
    }

    @Test("a node has a limit of flows, and a home agent that allows none says so")
    func limits() {
        var configuration = Sample.homeAgent()
        configuration.multiple.greatestNumberOfFlowsPerNode = 2
        var agent = HomeAgentHarness(configuration)
        agent.register(MultipleBindingTests.both, overwrite: true, flows: [Self.flow(1), Self.flow(2), Self.flow(3)])
        #expect(agent.answeredFlows.map(\.status) == [.successful, .successful, .administrativelyProhibited])
    }

    @Test("a flow without its binding is kept and does nothing, until the binding is back")
    func inactive() {
        var agent = Self.agent([Self.flow(1, to: [2])])
        agent.register([MultipleBindingTests.option(2, nil)], lifetime: 0, flows: [.flowSummary([1])])
        #expect(flows(agent) == [1])
        #expect(agent.machine.cache.bindings(of: Sample.home).allSatisfy { $0.flows.isEmpty })
        agent.register(
            [MultipleBindingTests.option(2, Sample.third)], from: Sample.third, flows: [.flowSummary([1])])
        #expect(agent.installed.last?.flows.map(\.identifier) == [1])
        // With the last binding the flows end.
        agent.update { $0.lifetime = .zero }
        #expect(flows(agent) == [])
        agent.register(MultipleBindingTests.both)
        #expect(flows(agent) == [])
    }

    @Test("a binding that expires takes its flow out of the way, and the others keep theirs")
    func expiry() {
        var agent = Self.agent([Self.flow(1, to: [2]), Self.flow(2, to: [1, 2])])
        agent.pass(.seconds(300))
        agent.register([MultipleBindingTests.both[0]], flows: [.flowSummary([1, 2])])
        agent.pass(.seconds(301))
        #expect(agent.careOfAddresses == [1: Sample.cable.address])
        #expect(agent.machine.cache[Sample.home, 1]?.flows.map(\.identifier) == [2])
        #expect(flows(agent) == [1, 2])
    }

    @Test("flows of a Binding Update without identifiers have nothing to be bound to")
    func plain() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.options = [Self.flow(1, to: [1])] } == .accepted)
        #expect(agent.answeredFlows.map(\.status) == [.bindingNotFound])
    }
}
